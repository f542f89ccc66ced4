import type { MeterProfile } from '#protocols/model'
import type { HdlcAddress } from './frame.ts'
import type { ZoneRule } from './time.ts'

/** The public client, which asks for no secret. */
const PUBLIC_CLIENT = 16
const UPPER_ONE_MAX = 0x7f
const HALF_MAX = 0x3fff

/** How a meter is reached and spoken to. */
export interface Route {
  readonly framing: 'hdlc' | 'wrapper'
  readonly server: HdlcAddress
  readonly client: number
  readonly zone: ZoneRule
  /** How enciphered APDUs are sent. */
  readonly ciphering: 'service' | 'general'
  /** Long answers in blocks of their service, or of the general block transfer. */
  readonly blocks: 'service' | 'general'
  /** Whether the association is released before the link is ended. */
  readonly releases: 'release' | 'no-release'
}

/**
 * `LOGICAL[/PHYSICAL][/4]` in decimal: the logical device and the physical one behind it; `/4`
 * writes both in four bytes where two would do. Over the wrapper the logical one is the port. Null
 * where it is no such address. The profile is a list of words, `hdlc` and the standard by default.
 */
export function routeOf(meter: MeterProfile): Route | null {
  const words = wordsOf(meter)
  const framing = words.includes('wrapper') ? 'wrapper' : 'hdlc'
  const match = /^(\d{1,5})(?:\/(\d{1,5}))?(\/4)?$/.exec(meter.address)
  if (!match) return null
  const upper = Number(match[1])
  const lower = match[2] === undefined ? null : Number(match[2])
  const server = framing === 'wrapper' ? portOf(upper) : hdlcAddressOf(upper, lower, match[3])
  if (!server) return null
  return {
    framing,
    server,
    client: meter.access?.client ?? PUBLIC_CLIENT,
    zone: words.includes('wall-clock') ? 'wall-clock' : 'deviation',
    ciphering: words.includes('general-glo') ? 'general' : 'service',
    blocks: words.includes('gbt') ? 'general' : 'service',
    releases: words.includes('no-release') ? 'no-release' : 'release',
  }
}

/** What a profile says, word by word. */
export const wordsOf = ({ profile }: MeterProfile) => (profile ?? '').split(/[\s,+]+/)

function portOf(upper: number): HdlcAddress | null {
  return upper <= 0xffff ? { upper, lower: null, bytes: 1 } : null
}

function hdlcAddressOf(
  upper: number,
  lower: number | null,
  width: string | undefined,
): HdlcAddress | null {
  if (upper > HALF_MAX || (lower ?? 0) > HALF_MAX) return null
  const isLong = width !== undefined || upper > UPPER_ONE_MAX || (lower ?? 0) > UPPER_ONE_MAX
  if (isLong) return { upper, lower: lower ?? 0, bytes: 4 }
  return { upper, lower, bytes: lower === null ? 1 : 2 }
}

/** An address as `--address` takes it. */
export function addressText({ upper, lower, bytes }: HdlcAddress): string {
  if (lower === null) return String(upper)
  const isShort = upper <= UPPER_ONE_MAX && lower <= UPPER_ONE_MAX
  return `${upper}/${lower}${bytes === 4 && isShort ? '/4' : ''}`
}

export function sameAddress(left: HdlcAddress, right: HdlcAddress): boolean {
  return left.upper === right.upper && (left.lower ?? 0) === (right.lower ?? 0)
}
