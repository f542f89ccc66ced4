export interface Answer<T> {
  readonly status: number
  readonly body: T
}

/** The head-end as its users reach it: HTTP, signed in. */
export interface Api {
  readonly url: string
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown, type?: string): Promise<Answer<T>>
  /** Any other method. */
  send<T>(method: 'PUT' | 'DELETE' | 'PATCH', path: string, body?: unknown): Promise<Answer<T>>
  /** A stream that is left open. */
  open(path: string): Promise<Response>
}

export interface MeterView {
  readonly id: number
  readonly address: string
  readonly protocol: string
  readonly usagePoint: string
  readonly account: string
  readonly channel: string
  readonly channelKind: string
}

export interface ReadingView {
  readonly register: string
  readonly value: string
  readonly unit: string
  readonly at: string
  readonly receivedAt: string
  readonly quality: string
  readonly source: string
  readonly dataClass: string
  readonly timeSource: string
}

export interface ReadView {
  readonly id: string
  readonly state: string
  readonly items: readonly {
    readonly meter: number
    readonly item: string
    readonly state: string
    readonly value: string | null
    readonly readings: readonly unknown[]
    readonly reason: { readonly code: string; readonly message: string } | null
  }[]
}

export interface PageView<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** Of the administrator, who is signed in by it. */
export async function tokenOf(url: string, password: string): Promise<string> {
  const session = await call<{ token: string }>(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  return session.body.token
}

export async function signIn(url: string, password: string): Promise<Api> {
  const authorization = `Bearer ${await tokenOf(url, password)}`
  return {
    url,
    async get<T>(path: string) {
      const { status, body } = await call<T>(`${url}${path}`, { headers: { authorization } })
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
      return body
    },
    send: (method, path, body) =>
      call(`${url}${path}`, {
        method,
        headers: body === undefined ? { authorization } : { authorization, ...json },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    open: (path) => fetch(`${url}${path}`, { headers: { authorization } }),
    post: (path, body, type = 'application/json') =>
      call(`${url}${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

const json = { 'content-type': 'application/json' }

async function call<T>(url: string, init: RequestInit): Promise<Answer<T>> {
  const response = await fetch(url, init)
  const text = await response.text()
  const body: T = JSON.parse(text)
  return { status: response.status, body }
}

/** Every item of a paged list. */
export async function listAll<T>(api: Api, path: string): Promise<readonly T[]> {
  const items: T[] = []
  const first = `${path}${path.includes('?') ? '&' : '?'}limit=1000`
  let next: string | null = ''
  while (next !== null) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`
    const page: PageView<T> = await api.get(`${first}${cursor}`)
    items.push(...page.items)
    next = page.next
  }
  return items
}

/** What /metrics counts, by name and labels as Prometheus writes them. */
export async function metricsOf(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    rows.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))] as const
    }),
  )
}
