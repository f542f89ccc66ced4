import { type FieldRow, type Resident, residentOf } from '#simulators/fleet'
import { type MeterSpec, noise } from '#simulators/meter'
import {
  drawn,
  type FaultSet,
  type LinkKind,
  linkKinds,
  type MeterKind,
  meterKinds,
  type Speech,
} from './kinds.ts'

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
}

const DRAW = { speech: 11, link: 12, meter: 13, seed: 14, identity: 15, offset: 16 }
const FIRST_YEAR = 2022
const DAY_MS = 86_400_000
const MINUTES_OFF_MAX_MS = 600_000
/** So much a year that six digits before the point begin anew after some years. */
const ROLLING_KWH = 300_000
const DISPLAYED_KWH = 1_000_000

export function concentratorOf(spec: RegionSpec, nth: number): PlannedConcentrator {
  const draw = (what: number) => noise(spec.seed, nth, what)
  const speech = speechOf(draw(DRAW.speech))
  const kind = drawn(linkKinds, spec.faults, speech, draw(DRAW.link))
  const address = addressOf(speech, nth)
  return {
    nth,
    speech,
    kind,
    address,
    identity: identityOf(kind, speech, address, draw(DRAW.identity)),
    name: `${nth + 1}号集中器`,
    seed: Math.floor(draw(DRAW.seed) * 0x1_0000_0000),
    meters: () =>
      Array.from({ length: spec.metersEach }, (_, index) =>
        meterOf(spec, speech, nth * spec.metersEach + index + 1, nth + 1),
      ),
  }
}

function speechOf(draw: number): Speech {
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

function identityOf(kind: LinkKind | null, speech: Speech, address: string, draw: number): string {
  switch (kind?.name) {
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

function meterOf(spec: RegionSpec, speech: Speech, number: number, area: number): PlannedMeter {
  const kind = drawn(meterKinds, spec.faults, speech, noise(spec.seed, number, DRAW.meter))
  const need = { phases: null, area, address: (nth: number) => `3303${pad(nth, 8)}` }
  const scenario = { seed: spec.seed, firstYear: FIRST_YEAR }
  const resident = residentOf(scenario, number, need)
  const draw = noise(spec.seed, number, DRAW.offset)
  return { kind, spec: changed(resident.spec, kind, draw), archive: resident.archive }
}

function changed(spec: MeterSpec, kind: MeterKind | null, draw: number): MeterSpec {
  const off = (offsetMs: number): MeterSpec => ({ ...spec, clock: { ...spec.clock, offsetMs } })
  switch (kind?.name) {
    case 'swapped':
      return { ...spec, address: `3309${pad(Math.floor(draw * 99_999_999), 8)}` }
    case 'days-behind':
      return off(-Math.floor(2 + draw * 20) * DAY_MS)
    case 'days-ahead':
      return off(Math.floor(2 + draw * 20) * DAY_MS)
    case 'year-2000':
      return off(BEGINNING_MS - spec.clock.anchorMs)
    case 'minutes-off':
      return off(Math.round((2 * draw - 1) * MINUTES_OFF_MAX_MS))
    case 'rolls-over':
      return { ...spec, annualKwh: ROLLING_KWH, rollsOverAtKwh: DISPLAYED_KWH }
    default:
      return spec
  }
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
