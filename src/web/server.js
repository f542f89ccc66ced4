const TOKEN = 'hes.token'
const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 15_000

/** What the server said no with: the code of its problem document. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.title ?? String(status))
    this.status = status
    this.problem = problem
  }
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null

function headers(language) {
  const token = sessionStorage.getItem(TOKEN)
  return {
    accept: 'application/json, application/problem+json',
    'accept-language': language,
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  }
}

async function call(path, language, options = {}) {
  const response = await fetch(path, {
    ...options,
    headers: { ...headers(language), ...options.headers },
    cache: 'no-store',
  })
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})))
  return response.status === 204 ? null : response.json()
}

export const get = (path, language, signal) => call(path, language, { signal })

/** A file that only who is signed in may have, saved under the name the server gives it. */
export async function save(path, language) {
  const response = await fetch(path, { headers: headers(language), cache: 'no-store' })
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})))
  const named = /filename\*=UTF-8''(\S+)/.exec(response.headers.get('content-disposition') ?? '')
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = named ? decodeURIComponent(named[1]) : ''
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Again and again while somebody may look at the page. */
export function whileSeen(ms, run) {
  setInterval(() => {
    if (!document.hidden) run()
  }, ms)
}

export function post(path, body, language) {
  return call(path, language, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export async function signIn(username, password, language) {
  const session = await post('/api/v1/sessions', { username, password }, language)
  sessionStorage.setItem(TOKEN, session.token)
}

/** Forgets the token even where the server cannot be told. */
export async function signOut(language) {
  try {
    await call('/api/v1/sessions/current', language, { method: 'DELETE' })
  } catch {
    // The session then ends by itself when it has been idle.
  }
  sessionStorage.removeItem(TOKEN)
}

/**
 * The live feed over fetch, because EventSource cannot send the bearer. Connects again with a
 * growing pause; a refusal ends it.
 */
export async function follow(language, signal, onLive, onRefused) {
  let pause = RETRY_MIN_MS
  while (!signal.aborted) {
    try {
      const response = await fetch('/api/v1/events', {
        headers: { ...headers(language), accept: 'text/event-stream' },
        cache: 'no-store',
        signal,
      })
      if (response.status === 401 || response.status === 403) {
        onRefused(response.status)
        return
      }
      if (response.ok && response.body) {
        await readEvents(response.body, (name, data) => {
          pause = RETRY_MIN_MS
          if (name === 'live') onLive(data)
        })
      }
    } catch {
      // A lost connection is expected; the page shows how old its data is and tries again.
    }
    await wait(pause, signal)
    pause = Math.min(pause * 2, RETRY_MAX_MS)
  }
}

async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let held = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    held += value
    const blocks = held.split('\n\n')
    held = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      const name = lines.find((line) => line.startsWith('event: '))?.slice(7)
      const data = lines.find((line) => line.startsWith('data: '))?.slice(6)
      if (name && data) onEvent(name, JSON.parse(data))
    }
  }
}

function wait(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
