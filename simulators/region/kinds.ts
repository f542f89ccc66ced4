import { blindLinks, blindMeters } from './blind.ts'
import { unseenLinks, unseenMeters } from './unseen.ts'

/** What becomes of the day's readings of a meter, and whose fault that is. */
export type Cause =
  | 'no-network'
  | 'device-off'
  | 'login-refused'
  | 'flapping'
  | 'garbage'
  | 'meter-silent'
  | 'wrong-address'
  | 'wrong-protocol'
  | 'refusal'
  | 'clock-wrong'
  | 'duplicate-address'

/** What a concentrator speaks to the head-end: it passes DL/T 645 through, or its own. */
export type Speech = 'dlt645-2007' | 'gdw376' | 'dlt698'

/**
 * A kind of fault: how many have it, and why a meter that has it cannot be read; null where it can
 * be, by a head-end that is patient. Whoever writes rules of diagnosis looks at the kinds of the
 * set `known` only: those of the others are there to find out what the rules are worth.
 */
interface Kind<Name extends string> {
  readonly name: Name
  readonly set: 'known' | 'kept-back' | 'both' | 'blind' | 'unseen'
  /** Of all that could have it, 0 to 1. */
  readonly share: number
  readonly cause: Cause | null
  /** On which kinds of bus it can happen. */
  readonly among: readonly Speech[]
}

const all: readonly Speech[] = ['dlt645-2007', 'gdw376', 'dlt698']
const buses: readonly Speech[] = ['dlt645-2007', 'dlt698']
const transparent: readonly Speech[] = ['dlt645-2007']

type LinkName =
  | (typeof links)[number][0]
  | (typeof blindLinks)[number][0]
  | (typeof unseenLinks)[number][0]
type MeterName =
  | (typeof meters)[number][0]
  | (typeof blindMeters)[number][0]
  | (typeof unseenMeters)[number][0]

// Of concentrators: name, set, share, cause, among.
const links = [
  // It never calls: no SIM card, no network, no power.
  ['never-calls', 'known', 0.02, 'no-network', all],
  // It logs in and says nothing more (半开连接).
  ['mute', 'known', 0.01, 'device-off', all],
  // It says the identity of nobody: two digits of its own have changed places.
  ['misspelt', 'known', 0.01, 'login-refused', all],
  // Everything behind it comes at another baud rate.
  ['garbled', 'known', 0.01, 'garbage', transparent],
  // It goes and comes all day.
  ['flaps', 'both', 0.03, null, all],
  // A day behind: what it has of the day that is asked for is nothing.
  ['calendar-behind', 'known', 0.01, 'clock-wrong', ['gdw376']],
  // It hung up once and was never heard again, as a device does that loses its power.
  ['gone', 'kept-back', 0.015, 'device-off', all],
  // It answers heartbeats of its own module only, and passes on nothing.
  ['deaf', 'kept-back', 0.01, 'device-off', all],
  // As it left the works.
  ['nameless', 'kept-back', 0.01, 'login-refused', all],
  // Its number of before it was moved here.
  ['renamed', 'kept-back', 0.01, 'login-refused', all],
  // Interference on the bus: bits of all answers are turned, many of them.
  ['interfered', 'kept-back', 0.01, 'garbage', transparent],
  // Comes seldom and stays shortly, until it stays away.
  ['fades', 'kept-back', 0.01, 'no-network', all],
] as const

// Of meters, behind concentrators that are well.
const meters = [
  ['unpowered', 'both', 0.005, 'meter-silent', buses],
  // Another meter hangs in its place (换表未登记).
  ['swapped', 'both', 0.004, 'wrong-address', buses],
  ['other-edition', 'known', 0.004, 'wrong-protocol', transparent],
  ['no-freeze', 'known', 0.004, 'refusal', transparent],
  ['days-behind', 'known', 0.003, 'clock-wrong', buses],
  ['noisy', 'known', 0.003, 'garbage', transparent],
  ['collides', 'both', 0.003, 'duplicate-address', transparent],
  // Minutes off, some of them across midnight: its freeze comes late or early, and comes.
  ['minutes-off', 'both', 0.02, null, all],
  ['rolls-over', 'both', 0.005, null, all],
  // The same number hangs behind another concentrator as well; nobody is disturbed.
  ['number-elsewhere', 'both', 0.003, null, transparent],
  // A battery that is empty: the clock begins anew with every failure of supply.
  ['year-2000', 'kept-back', 0.003, 'clock-wrong', buses],
  ['days-ahead', 'kept-back', 0.003, 'clock-wrong', buses],
  ['speaks-698', 'kept-back', 0.004, 'wrong-protocol', transparent],
  ['refuses-all', 'kept-back', 0.004, 'refusal', transparent],
  ['cut-short', 'kept-back', 0.003, 'garbage', transparent],
  ['odd-parity', 'kept-back', 0.003, 'garbage', transparent],
] as const

function kinds<Name extends string>(
  rows: readonly (readonly [Name, Kind<Name>['set'], number, Cause | null, readonly Speech[]])[],
): readonly Kind<Name>[] {
  return rows.map(([name, set, share, cause, among]) => ({ name, set, share, cause, among }))
}

export type LinkKind = Kind<LinkName>
export type MeterKind = Kind<MeterName>

export const linkKinds: readonly LinkKind[] = kinds<LinkName>([
  ...links,
  ...blindLinks,
  ...unseenLinks,
])
export const meterKinds: readonly MeterKind[] = kinds<MeterName>([
  ...meters,
  ...blindMeters,
  ...unseenMeters,
])

/** The kind that a draw of 0 to 1 means; null for none. */
export function drawn<Name extends string>(
  all_: readonly Kind<Name>[],
  faults: FaultSet,
  speech: Speech,
  draw: number,
): Kind<Name> | null {
  let left = draw
  for (const kind of all_) {
    if (!isIn(kind.set, faults) || !kind.among.includes(speech)) continue
    left -= kind.share
    if (left < 0) return kind
  }
  return null
}

/** Which kinds of faults a region has. */
export type FaultSet = 'none' | 'known' | 'kept-back' | 'blind' | 'unseen'

export function linkKindNamed(name: LinkKind['name']): LinkKind | null {
  return linkKinds.find((kind) => kind.name === name) ?? null
}

/** The kind of a meter that a concentrator's fault brings with it. */
export function meterKindNamed(name: MeterKind['name']): MeterKind | null {
  return meterKinds.find((kind) => kind.name === name) ?? null
}

function isIn(set: Kind<string>['set'], faults: FaultSet): boolean {
  return set === faults || (set === 'both' && (faults === 'known' || faults === 'kept-back'))
}
