import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { fail, ok, type Result } from '#src/core'

const closed = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })
const Text = Type.String({ minLength: 1, maxLength: 4_000 })
const Path = Type.String({ pattern: '^[\\w-]+(\\.[\\w-]+)*$', description: 'e.g. data.sid' })
const Words = Type.Array(Type.Union([Type.String(), Type.Number()]), { maxItems: 50 })
const Url = Type.String({ pattern: '^https?://', maxLength: 2_000 })
const Algorithm = Type.Union([Type.Literal('hmac-sha256'), Type.Literal('hmac-sm3')])

/** Where an answer or a receipt says what became of a message. */
const States = closed({
  path: Path,
  delivered: Words,
  failed: Words,
  ref: Type.Optional(Path),
})

/** How a provider of short messages is spoken to over HTTP; secrets are not in here. */
const SmsSettings = closed({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
  url: Url,
  headers: Type.Optional(Type.Record(Type.String(), Text)),
  /** With {to}, {text}, {id} and {timestamp}; written as the content type asks. */
  body: Text,
  timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
  signing: Type.Optional(
    closed({
      algorithm: Algorithm,
      header: Text,
      timestampHeader: Text,
      /** With {timestamp} and {body}. */
      over: Type.Optional(Text),
    }),
  ),
  /** A body that does not say so is a refusal, also behind 200. */
  accepted: closed({ path: Path, words: Words, ref: Type.Optional(Path) }),
  /** Words of a refusal that may pass: too busy, no credit. */
  busy: Type.Optional(Words),
  /** Hours in which the same id twice is one message there. */
  idempotentHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 240 })),
  query: Type.Optional(
    closed({ url: Url, sent: Words, ...States.properties, absentStatus: Type.Integer() }),
  ),
  receipts: Type.Optional(
    closed({
      signatureHeader: Text,
      timestampHeader: Text,
      algorithm: Algorithm,
      /** Of the list of receipts in the body; absent where the body is one. */
      list: Type.Optional(Path),
      path: Path,
      delivered: Words,
      failed: Words,
      ref: Path,
      detail: Type.Optional(Path),
    }),
  ),
})

export type SmsSettings = Static<typeof SmsSettings>

/** The settings in a file's content, or what is wrong with it. */
export function smsSettings(content: unknown): Result<SmsSettings, readonly string[]> {
  if (Value.Check(SmsSettings, content)) return ok(content)
  const mistakes = [...Value.Errors(SmsSettings, content)].map(
    ({ path, message }) => `${path || '/'}: ${message}`,
  )
  return fail(mistakes)
}

/** What stands at `data.sid` of a document; undefined where there is nothing of use. */
export function at(document: unknown, path: string): string | undefined {
  let found: unknown = document
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = Reflect.get(found, name)
  }
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean'
    ? String(found)
    : undefined
}

/** The same for a list. */
export function listAt(
  document: unknown,
  path: string | undefined,
): readonly unknown[] | undefined {
  if (path === undefined) return [document]
  let found: unknown = document
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Reflect.get(found, name)
  }
  return Array.isArray(found) ? found : undefined
}

export const isAmong = (words: readonly (string | number)[], word: string | undefined): boolean =>
  word !== undefined && words.some((one) => String(one) === word)
