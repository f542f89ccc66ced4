import { type FieldRow, type Resident, residentOf } from '#simulators/fleet'
import { type MeterSpec, noise } from '#simulators/meter'
import {
  drawn,
  type FaultSet,
  type LinkKind,
  linkKindNamed,
  linkKinds,
  type MeterKind,
  meterKindNamed,
  meterKinds,
  type Speech,
} from './kinds.ts'
import { unseenBehind } from './unseen.ts'

/** A region as plain data: all that is drawn by chance follows from it. */
export interface RegionSpec {
  readonly seed: number
  readonly concentrators: number
  readonly metersEach: number
  readonly faults: FaultSet
  /** Shares of answers that no line brings, and of those that it brings damaged. */
  readonly loss: number
  readonly damage: number
  readonly zone: string
}

export interface PlannedMeter {
  readonly kind: MeterKind | null
  /** What hangs there. */
  readonly spec: MeterSpec
  /** What the archive says hangs there. */
  readonly archive: Resident['archive']
}

export interface PlannedConcentrator {
  readonly nth: number
  readonly speech: Speech
  readonly kind: LinkKind | null
  /** What the archive calls it, and what it calls itself. */
  readonly address: string
  readonly identity: string
  readonly name: string
  readonly seed: number
  meters(): readonly PlannedMeter[]
  /** Meters that hang here and that the archive has behind the neighbour. */
  guests(): readonly PlannedMeter[]
}

const DRAW = { speech: 11, link: 12, meter: 13, seed: 14, identity: 15, offset: 16 }
const FIRST_YEAR = 2022
const DAY_MS = 86_400_000
const MINUTES_OFF_MAX_MS = 600_000
/** As many days as most months have, and years. */
const MONTH_MS = 31 * DAY_MS
const YEAR_MS = 365 * DAY_MS
const UTC_BEHIND_MS = 8 * 3_600_000
/** So much a year that six digits before the point begin anew after some years. */
const ROLLING_KWH = 300_000
const DISPLAYED_KWH = 1_000_000

export function concentratorOf(spec: RegionSpec, nth: number): PlannedConcentrator {
  const draw = (what: number) => noise(spec.seed, nth, what)
  const speech = speechAt(spec, nth)
  const kind = linkKindOf(spec, nth)
  const address = addressOf(speech, nth)
  return {
    nth,
    speech,
    kind,
    address,
    identity: identityOf(kind, speech, nth, draw(DRAW.identity)),
    name: `${nth + 1}号集中器`,
    seed: Math.floor(draw(DRAW.seed) * 0x1_0000_0000),
    meters: () => metersOf(spec, nth),
    guests: () =>
      nth === 0
        ? []
        : metersOf(spec, nth - 1).filter(({ kind }) => nextDoor.includes(kind?.name ?? '')),
  }
}

/** Where the archive has one concentrator and the field the next. */
const nextDoor: readonly string[] = ['next-door', 'moved-street']
/** Kinds of two neighbours that speak alike, and of so many in a row. */
const ofPairs: readonly string[] = ['exchanged', 'borrowed-name']
const ofRows: readonly string[] = ['mains-cut', 'mast-down']
const ROW = 4

function linkKindOf(spec: RegionSpec, nth: number): LinkKind | null {
  const ofRow = drawnLink(spec, nth - (nth % ROW))
  if (ofRow && ofRows.includes(ofRow.name)) return ofRow
  const first = nth - (nth % 2)
  const isPair =
    first + 1 < spec.concentrators && speechAt(spec, first) === speechAt(spec, first + 1)
  const ofPair = isPair ? drawnLink(spec, first) : null
  if (ofPair?.name === 'borrowed-name' && nth === first) return linkKindNamed('lent-name')
  if (ofPair && ofPairs.includes(ofPair.name)) return ofPair
  const own = drawnLink(spec, nth)
  if (!own || ofPairs.includes(own.name) || ofRows.includes(own.name)) return null
  return own.name === 'street-moved' && !canHangAt(spec, nth + 1) ? null : own
}

/** Behind the next concentrator a meter can only hang where there is one that would read it. */
function canHangAt(spec: RegionSpec, nth: number): boolean {
  return (
    nth < spec.concentrators &&
    speechAt(spec, nth) === 'dlt645-2007' &&
    !linkKindOf(spec, nth)?.cause
  )
}

function drawnLink(spec: RegionSpec, nth: number): LinkKind | null {
  const draw = noise(spec.seed, nth, DRAW.link)
  return drawn(linkKinds, spec.faults, speechAt(spec, nth), draw)
}

function speechAt({ seed }: RegionSpec, nth: number): Speech {
  const draw = noise(seed, nth, DRAW.speech)
  if (draw < 0.6) return 'dlt645-2007'
  return draw < 0.8 ? 'gdw376' : 'dlt698'
}

function addressOf(speech: Speech, nth: number): string {
  const number = String(nth + 1)
  switch (speech) {
    case 'dlt645-2007':
      return `3302${number.padStart(8, '0')}`
    case 'gdw376':
      return `3302-${(nth + 1).toString(16).toUpperCase().padStart(4, '0')}`
    case 'dlt698':
      return `330290${number.padStart(6, '0')}`
  }
}

function identityOf(kind: LinkKind | null, speech: Speech, nth: number, draw: number): string {
  const address = addressOf(speech, nth)
  switch (kind?.name) {
    case 'exchanged':
      return addressOf(speech, nth % 2 === 0 ? nth + 1 : nth - 1)
    case 'borrowed-name':
      return addressOf(speech, nth - (nth % 2))
    case 'region-turned':
      return address.replace(/^(..)(..)/, '$2$1')
    case 'backwards':
      return (address.match(/../g) ?? []).toReversed().join('')
    case 'says-imei':
      return `86${String(Math.floor(draw * 1e13)).padStart(13, '0')}`
    case 'misspelt':
      return misspelt(address)
    case 'nameless':
      return address.replaceAll(/[\dA-F]/g, '0')
    case 'renamed':
      return speech === 'gdw376'
        ? `3301-${Math.floor(0x8000 + draw * 0x7fff)
            .toString(16)
            .toUpperCase()}`
        : `3301${String(Math.floor(draw * 99_999_999)).padStart(8, '0')}`
    default:
      return address
  }
}

/** The last two different neighbours change places, or the last digit another. */
function misspelt(address: string): string {
  for (let at = address.length - 2; at > 4; at--) {
    const [left = '', right = ''] = [address[at], address[at + 1]]
    if (left !== right) return address.slice(0, at) + right + left + address.slice(at + 2)
  }
  return `${address.slice(0, -1)}9`
}

function metersOf(spec: RegionSpec, nth: number): readonly PlannedMeter[] {
  return Array.from({ length: spec.metersEach }, (_, index) =>
    meterOf(spec, nth, nth * spec.metersEach + index + 1),
  )
}

function meterOf(spec: RegionSpec, nth: number, number: number): PlannedMeter {
  const kind = meterKindOf(spec, nth, number)
  const area = nth + 1
  const need = { phases: null, area, address: (nth: number) => `3303${pad(nth, 8)}` }
  const scenario = { seed: spec.seed, firstYear: FIRST_YEAR }
  const resident = residentOf(scenario, number, need)
  const draw = noise(spec.seed, number, DRAW.offset)
  return { kind, spec: changed(resident.spec, kind, draw), archive: resident.archive }
}

function meterKindOf(spec: RegionSpec, nth: number, number: number): MeterKind | null {
  const behind = unseenBehind.get(linkKindOf(spec, nth)?.name ?? '')
  const left = (nth + 1) * spec.metersEach - number
  if (behind && left < behind.share * spec.metersEach) return meterKindNamed(behind.meter)
  const draw = noise(spec.seed, number, DRAW.meter)
  const kind = drawn(meterKinds, spec.faults, speechAt(spec, nth), draw)
  if (kind?.name !== 'next-door') return kind
  return canHangAt(spec, nth + 1) ? kind : null
}

function changed(spec: MeterSpec, kind: MeterKind | null, draw: number): MeterSpec {
  const off = (offsetMs: number): MeterSpec => ({ ...spec, clock: { ...spec.clock, offsetMs } })
  switch (kind?.name) {
    case 'swapped':
      return { ...spec, address: `3309${pad(Math.floor(draw * 99_999_999), 8)}` }
    case 'days-behind':
    case 'misled':
      return off(-Math.floor(2 + draw * 20) * DAY_MS)
    case 'days-ahead':
      return off(Math.floor(2 + draw * 20) * DAY_MS)
    case 'year-2000':
      return off(BEGINNING_MS - spec.clock.anchorMs)
    case 'month-off':
      return off((draw < 0.5 ? -1 : 1) * MONTH_MS)
    case 'year-off':
      return off((draw < 0.5 ? -1 : 1) * YEAR_MS)
    case 'shows-utc':
      return off(-UTC_BEHIND_MS)
    case 'mistyped':
      return { ...spec, address: misentered(spec.address) }
    case 'minutes-off':
      return off(Math.round((2 * draw - 1) * MINUTES_OFF_MAX_MS))
    case 'rolls-over':
      return { ...spec, annualKwh: ROLLING_KWH, rollsOverAtKwh: DISPLAYED_KWH }
    default:
      return spec
  }
}

/** Third and fourth digit, so that no other meter has the number. */
function misentered(address: string): string {
  return address.replace(/^(..)(.)(.)/, '$1$3$2')
}

/** 2000-01-01, where clocks begin that forgot everything. */
const BEGINNING_MS = 946_684_800_000

export type ArchiveLine = Omit<FieldRow, 'line' | 'ct' | 'pt' | 'validFrom'>

/** What the archive says of a meter. */
export function archiveLine(
  concentrator: PlannedConcentrator,
  meter: PlannedMeter,
  index: number,
): ArchiveLine {
  const { address, name, speech } = concentrator
  const { line: _line, ct: _ct, pt: _pt, validFrom: _validFrom, ...archive } = meter.archive
  return {
    ...archive,
    // A head-end names a meter of 376.1 by the terminal and the metering point.
    meterAddress: speech === 'gdw376' ? `${address}/${index + 1}` : archive.meterAddress,
    concentrator: address,
    concentratorName: name,
    channel: `dialin-${address}`,
    channelKind: 'dialin',
    channelSettings: { identity: address },
    protocol: speech,
    profile: null,
    model: meter.spec.phases === 1 ? 'SIM-1P' : 'SIM-3P',
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
