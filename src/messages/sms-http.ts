import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock, fail, hours, type Instant, minutes, ok, type Result, seconds } from '#src/core'
import { at, isAmong, listAt, type SmsSettings } from './sms-settings.ts'
import type { Provider, QueryOutcome, Receipt, SendOutcome, SignedCall } from './types.ts'

/** Fetches from the network. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>

const TIMEOUT_USUALLY = 10
const ANSWER_BYTES_MAX = 64 * 1_024
/** A callback older or newer than this may be an old one that somebody sends again. */
const CALLBACK_AGE_MAX = minutes(10)
const DETAIL_MAX = 200

/** What certainly did not leave this machine, or did not reach the other. */
const neverArrived: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

/** A provider of short messages over HTTP (短信网关), as its settings describe it. */
export function smsOverHttp(
  settings: SmsSettings,
  secret: string | null,
  clock: Clock,
  get: Fetch = fetch,
): Provider {
  const { signing, accepted, busy = [], query, receipts } = settings
  const timeoutMs = seconds(settings.timeoutSeconds ?? TIMEOUT_USUALLY)
  const contentType = headerOf(settings.headers ?? {}, 'content-type') ?? 'application/json'

  function signed(body: string, timestamp: string): Record<string, string> {
    if (signing === undefined) return {}
    const text = filled(signing.over ?? '{timestamp}.{body}', { timestamp, body }, (one) => one)
    return {
      [signing.timestampHeader]: timestamp,
      [signing.header]: macOf(signing.algorithm, secret ?? '', text),
    }
  }

  async function call(
    url: string,
    method: 'GET' | 'POST',
    body: string,
    signal: AbortSignal,
  ): Promise<Heard> {
    const timestamp = String(Math.floor(clock.now() / 1_000))
    const headers = { ...settings.headers, ...signed(body, timestamp) }
    try {
      const response = await get(url, {
        method,
        headers: method === 'POST' ? { 'content-type': contentType, ...headers } : headers,
        ...(method === 'POST' ? { body } : {}),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      const { status } = response
      return {
        kind: 'heard',
        status,
        retryAfter: response.headers.get('retry-after'),
        document: await documentOf(response),
      }
    } catch (error) {
      // What the network did is an outcome: whether the message left is what counts.
      const code = codeOf(error)
      return { kind: 'lost', left: !neverArrived.has(code), reason: code }
    }
  }

  return {
    name: settings.name,
    idempotentFor: settings.idempotentHours === undefined ? null : hours(settings.idempotentHours),
    async send({ id, recipient, body }, signal): Promise<SendOutcome> {
      const timestamp = String(Math.floor(clock.now() / 1_000))
      const write = contentType.includes('json') ? inJson : encodeURIComponent
      const text = filled(settings.body, { to: recipient, text: body, id, timestamp }, write)
      const heard = await call(settings.url, 'POST', text, signal)
      if (heard.kind === 'lost') {
        if (heard.left) return { kind: 'unknown', reason: heard.reason }
        return { kind: 'refused', reason: heard.reason, again: 'later', after: null }
      }
      const { status, document } = heard
      const word = at(document, accepted.path)
      const reason = `HTTP ${status}${word === undefined ? '' : `, ${word.slice(0, DETAIL_MAX)}`}`
      if (status >= 200 && status < 300) {
        if (isAmong(accepted.words, word)) {
          const ref = accepted.ref === undefined ? undefined : at(document, accepted.ref)
          return { kind: 'accepted', ref: ref ?? null }
        }
        if (word === undefined) return { kind: 'unknown', reason: `${reason}, no ${accepted.path}` }
        const again = isAmong(busy, word) ? 'later' : 'never'
        return { kind: 'refused', reason, again, after: null }
      }
      if (status === 429 || (status === 503 && heard.retryAfter !== null)) {
        const waits = Number(heard.retryAfter ?? Number.NaN)
        const after = Number.isFinite(waits) ? seconds(Math.max(0, Math.min(waits, 3_600))) : null
        return { kind: 'refused', reason, again: 'later', after }
      }
      // Behind a gateway's 5xx the message may be on its way.
      if (status >= 500 || status === 408) return { kind: 'unknown', reason }
      // Keys and rights are ours to mend: the message is not to blame.
      const again = status === 401 || status === 403 ? 'later' : 'never'
      return { kind: 'refused', reason, again, after: null }
    },
    query:
      query === undefined
        ? null
        : async ({ id, providerRef }, signal): Promise<QueryOutcome> => {
            const ref = providerRef ?? id
            const url = filled(query.url, { id, ref }, encodeURIComponent)
            const heard = await call(url, 'GET', '', signal)
            if (heard.kind === 'lost') return { kind: 'unknown', reason: heard.reason }
            const { status, document } = heard
            if (status === query.absentStatus) return { kind: 'absent', ref: null }
            const word = at(document, query.path)
            const known = (query.ref === undefined ? undefined : at(document, query.ref)) ?? null
            if (status >= 200 && status < 300) {
              if (isAmong(query.delivered, word)) return { kind: 'delivered', ref: known }
              if (isAmong(query.failed, word))
                return { kind: 'failed', ref: known, reason: word ?? '' }
              if (isAmong(query.sent, word)) return { kind: 'sent', ref: known }
            }
            return { kind: 'unknown', reason: `HTTP ${status}, ${word ?? `no ${query.path}`}` }
          },
    receipts(callback, now) {
      if (receipts === undefined || secret === null) return fail('forged')
      const timestamp = callback.header(receipts.timestampHeader) ?? ''
      const given = callback.header(receipts.signatureHeader) ?? ''
      if (!isFresh(timestamp, now)) return fail('forged')
      const expected = macOf(receipts.algorithm, secret, `${timestamp}.${callback.body}`)
      if (!isSame(given, expected)) return fail('forged')
      return receiptsIn(callback, receipts)
    },
  }
}

type Heard =
  | {
      readonly kind: 'heard'
      readonly status: number
      readonly retryAfter: string | null
      readonly document: unknown
    }
  | { readonly kind: 'lost'; readonly left: boolean; readonly reason: string }

function receiptsIn(
  { body }: SignedCall,
  { list, path, delivered, failed, ref, detail }: NonNullable<SmsSettings['receipts']>,
): Result<readonly Receipt[], 'malformed'> {
  const found = listAt(parsed(body), list)
  if (found === undefined) return fail('malformed')
  const told: Receipt[] = []
  for (const one of found) {
    const [word, number] = [at(one, path), at(one, ref)]
    if (word === undefined || number === undefined || number === '') return fail('malformed')
    const text = (detail === undefined ? undefined : at(one, detail)) ?? word
    const outcome = isAmong(delivered, word) ? 'delivered' : isAmong(failed, word) ? 'failed' : null
    // Anything between, such as "accepted by the network", is no end.
    if (outcome !== null) told.push({ ref: number, outcome, detail: text.slice(0, DETAIL_MAX) })
  }
  return ok(told)
}

async function documentOf(response: Response): Promise<unknown> {
  const text = await response.text()
  return parsed(text.slice(0, ANSWER_BYTES_MAX))
}

function parsed(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text)
    return document
  } catch {
    // What is no JSON says nothing: the caller finds none of its words in it.
    return undefined
  }
}

function macOf(algorithm: 'hmac-sha256' | 'hmac-sm3', secret: string, text: string): string {
  const hash = algorithm === 'hmac-sm3' ? 'sm3' : 'sha256'
  return createHmac(hash, secret).update(text).digest('hex')
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given.toLowerCase()), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function isFresh(timestamp: string, now: Instant): boolean {
  return (
    /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1_000 - now) <= CALLBACK_AGE_MAX
  )
}

function filled(
  template: string,
  values: Readonly<Record<string, string>>,
  write: (value: string) => string,
): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value === undefined ? whole : write(value)
  })
}

/** Between the quotes of a JSON text. */
const inJson = (value: string): string => JSON.stringify(value).slice(1, -1)

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'network'
  const cause = error.cause instanceof Error ? error.cause : error
  const code: unknown = Reflect.get(cause, 'code')
  return typeof code === 'string' ? code : cause.name
}
