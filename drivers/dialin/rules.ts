import { type BytePattern, digitsOf, matchAt, parsePattern } from './pattern.ts'

/** How a device says who it is. A table, because every maker does it in its own way. */
export type RegistrationRule =
  | {
      readonly name: string
      readonly kind: 'text'
      /** A regular expression on ASCII text from the packet's first byte; group 1 is the identity. */
      readonly pattern: string
      /** `when-quiet`: more text could still belong to it, so a pause has to end it. */
      readonly ends: 'at-match' | 'when-quiet'
      /** Hex of what the device wants to hear; it may wait for that before it says more. */
      readonly reply?: string
    }
  | {
      readonly name: string
      readonly kind: 'bytes'
      /** `AA 01 ##*11 0D`: the digits are the identity. */
      readonly pattern: string
      readonly reply?: string
    }

export interface HeartbeatRule {
  readonly name: string
  /** As in a registration rule of kind `bytes`; `70 69 6E 67` is `ping`. */
  readonly pattern: string
  readonly answer: 'none' | 'echo' | { readonly reply: string }
}

/** For devices that never say who they are: they are let in after a silence, to be asked. */
export interface UnregisteredRule {
  readonly name: string
  /** Less than the time that a login may take. */
  readonly afterMs: number
}

export interface RuleTable {
  readonly registrations: readonly RegistrationRule[]
  readonly heartbeats: readonly HeartbeatRule[]
}

/** What common gateways send as they leave the factory. */
export const defaultRules: RuleTable = {
  registrations: [
    { name: 'reg', kind: 'text', pattern: 'REG:(\\d{12})(?:\\r?\\n)?', ends: 'at-match' },
    { name: 'aa01', kind: 'bytes', pattern: 'AA 01 ##*11 0D' },
    { name: 'teltonika', kind: 'bytes', pattern: '00 0F ##*15', reply: '01' },
    // Some meters never say more than this heartbeat, and it carries their address.
    {
      name: 'dlms-wrapper',
      kind: 'bytes',
      pattern: '00 01 00 01 00 01 00 12 0A 02 0C ##*12 ??*3',
    },
    {
      name: 'digits',
      kind: 'text',
      pattern: '(\\d{8,15})(?!\\d)(?:\\r?\\n)?',
      ends: 'when-quiet',
    },
  ],
  heartbeats: [
    { name: 'ping', pattern: '70 69 6E 67', answer: 'none' },
    {
      name: 'dlms-wrapper',
      pattern: '00 01 00 01 00 01 00 12 0A 02 0C ##*12 ??*3',
      answer: 'none',
    },
  ],
}

/** A registration that was understood. */
export interface Registration {
  readonly rule: string
  readonly identity: string
  /** The packet as it was sent, with what stands between the start and it. */
  readonly packet: Uint8Array
  readonly reply: Uint8Array | null
  readonly endsQuietly: boolean
  /** A gateway's packet sent again is its heartbeat; a frame is left to whoever reads frames. */
  readonly repeats: 'heartbeat' | 'frame'
}

/** Looks for a registration from `start` on; null where none is whole. Called at every chunk. */
export type Registrar = (bytes: Uint8Array, start: number) => Registration | null

export interface Heartbeat {
  readonly name: string
  readonly pattern: BytePattern
  readonly answer: 'none' | 'echo' | Uint8Array
}

export interface CompiledRules {
  readonly registrars: readonly Registrar[]
  readonly heartbeats: readonly Heartbeat[]
}

/** Compiles a table; the text says which rule is wrong and how. */
export function compileRules(table: RuleTable): CompiledRules | string {
  const registrars: Registrar[] = []
  const textOf = textOfLatest()
  for (const rule of table.registrations) {
    const registrar = compileRegistration(rule, textOf)
    if (typeof registrar === 'string') return `registration rule ${rule.name}: ${registrar}`
    registrars.push(registrar)
  }
  const heartbeats: Heartbeat[] = []
  for (const rule of table.heartbeats) {
    const heartbeat = compileHeartbeat(rule)
    if (typeof heartbeat === 'string') return `heartbeat rule ${rule.name}: ${heartbeat}`
    heartbeats.push(heartbeat)
  }
  return { registrars, heartbeats }
}

/** A packet that is a heartbeat when it comes again; as text, which takes the least memory. */
export interface RepeatedPacket {
  readonly text: string
  readonly heartbeat: Pick<Heartbeat, 'answer'>
}

/** The repeated registration packet is a heartbeat, answered as the registration was. */
export function repeatOf({ packet, reply, repeats }: Registration): RepeatedPacket | null {
  if (repeats !== 'heartbeat' || packet.length === 0) return null
  const text = Buffer.from(packet).toString('latin1')
  return { text, heartbeat: reply === null ? UNANSWERED : { answer: reply } }
}

const UNANSWERED = { answer: 'none' } as const

function compileRegistration(rule: RegistrationRule, textOf: TextOf): Registrar | string {
  const reply = rule.reply === undefined ? null : replyBytes(rule.reply)
  if (typeof reply === 'string') return reply
  if (rule.kind === 'text') return compileText(rule, reply, textOf)
  const pattern = parsePattern(rule.pattern)
  if (!pattern) return `"${rule.pattern}" is not hex bytes, ?? or ##, each with *N at most`
  if (!pattern.cells.includes('digit')) return `"${rule.pattern}" has no ## to name the device by`
  return (bytes, start) => {
    const found = matchAt(pattern, bytes, start)
    if (found.kind !== 'full') return null
    return {
      rule: rule.name,
      identity: digitsOf(pattern, bytes, start),
      packet: bytes.slice(start, start + found.lengthBytes),
      reply,
      endsQuietly: false,
      repeats: 'heartbeat',
    }
  }
}

function compileText(
  { name, pattern: source, ends }: RegistrationRule & { readonly kind: 'text' },
  reply: Uint8Array | null,
  textOf: TextOf,
): Registrar | string {
  let pattern: RegExp
  try {
    pattern = new RegExp(source, 'y')
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return (bytes, start) => {
    pattern.lastIndex = start
    const found = pattern.exec(textOf(bytes))
    const identity = found?.[1]
    if (!found || !identity) return null
    const packet = bytes.slice(start, start + found[0].length)
    const endsQuietly = ends === 'when-quiet'
    return { rule: name, identity, packet, reply, endsQuietly, repeats: 'heartbeat' }
  }
}

type TextOf = (bytes: Uint8Array) => string

/** Every rule looks at the same bytes, from each place where a packet may begin. */
function textOfLatest(): TextOf {
  let latest: Uint8Array | null = null
  let text = ''
  return (bytes) => {
    if (bytes === latest) return text
    latest = bytes
    text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    return text
  }
}

function compileHeartbeat(rule: HeartbeatRule): Heartbeat | string {
  const pattern = parsePattern(rule.pattern)
  if (!pattern) return `"${rule.pattern}" is not hex bytes, ?? or ##, each with *N at most`
  const { answer } = rule
  if (typeof answer === 'string') return { name: rule.name, pattern, answer }
  const reply = replyBytes(answer.reply)
  return typeof reply === 'string' ? reply : { name: rule.name, pattern, answer: reply }
}

function replyBytes(hex: string): Uint8Array | string {
  const digits = hex.replaceAll(' ', '')
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits)) return `reply "${hex}" is not hex`
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
