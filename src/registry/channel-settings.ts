import { protocolNames } from '#protocols/model'
import { fail, ok, type Result } from '#src/core'
import type { ChannelKind, ChannelSettings } from './types.ts'

type Shape =
  | { readonly kind: 'text' }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly of: readonly (string | number)[] }

interface Key {
  readonly name: string
  readonly shape: Shape
  readonly required: boolean
}

const text: Shape = { kind: 'text' }
const port: Shape = { kind: 'number', min: 1, max: 65_535 }
const must = (name: string, shape: Shape): Key => ({ name, shape, required: true })
const may = (name: string, shape: Shape): Key => ({ name, shape, required: false })

const line: readonly Key[] = [
  must('path', text),
  may('baud', { kind: 'number', min: 300, max: 921_600 }),
  may('parity', { kind: 'choice', of: ['none', 'even', 'odd'] }),
  may('dataBits', { kind: 'choice', of: [7, 8] }),
  may('stopBits', { kind: 'choice', of: [1, 2] }),
]
const socket: readonly Key[] = [must('host', text), must('port', port)]

/** What a channel of each kind may be told. */
const keysOf: Readonly<Record<ChannelKind, readonly Key[]>> = {
  // With a protocol, a device that logs in by another is not let in.
  dialin: [may('identity', text), may('protocol', { kind: 'choice', of: protocolNames })],
  tcp: socket,
  serial: line,
  'modbus-tcp': [must('host', text), may('port', port)],
  'modbus-rtu-tcp': socket,
  'modbus-serial': line,
  mqtt: [],
}

/** Reads `host=10.0.0.5;port=26`; the error is a sentence that says what is allowed. */
export function parseChannelSettings(
  kind: ChannelKind,
  written: string,
): Result<ChannelSettings, string> {
  const settings: Record<string, string | number> = {}
  const keys = keysOf[kind]
  for (const part of written.split(';').map((piece) => piece.trim())) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim()
    const key = keys.find((candidate) => candidate.name === name)
    if (at < 1 || key === undefined) {
      return fail(takes(kind))
    }
    const value = read(key.shape, part.slice(at + 1).trim())
    if (value === undefined) return fail(`${name} must be ${allowed(key.shape)}`)
    settings[name] = value
  }
  const missing = keys.find((key) => key.required && settings[key.name] === undefined)
  return missing === undefined
    ? ok(settings)
    : fail(`a channel of kind ${kind} needs ${missing.name} (${allowed(missing.shape)})`)
}

/** What a channel may be told, as a sentence. */
function takes(kind: ChannelKind): string {
  const keys = keysOf[kind]
  if (keys.length > 0) {
    return `a channel of kind ${kind} takes ${describe(keys)}, written key=value;key=value`
  }
  return `a channel of kind ${kind} takes no settings: every topic of a known form is read`
}

/** Settings that a channel of this kind has and that nobody reads. */
export function unreadSettings(kind: ChannelKind, settings: ChannelSettings): readonly string[] {
  return Object.keys(settings).filter((name) => !keysOf[kind].some((key) => key.name === name))
}

function read(shape: Shape, value: string): string | number | undefined {
  switch (shape.kind) {
    case 'text':
      return value === '' ? undefined : value
    case 'number': {
      const number = /^\d{1,7}$/.test(value) ? Number(value) : Number.NaN
      return number >= shape.min && number <= shape.max ? number : undefined
    }
    case 'choice':
      return shape.of.find((choice) => String(choice) === value)
  }
}

const describe = (keys: readonly Key[]): string =>
  keys.map(({ name, required }) => (required ? name : `[${name}]`)).join(', ')

function allowed(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return 'a text'
    case 'number':
      return `a number from ${shape.min} to ${shape.max}`
    case 'choice':
      return `one of ${shape.of.join(', ')}`
  }
}
