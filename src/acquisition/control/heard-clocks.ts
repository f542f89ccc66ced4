import type { MeterProfile, Reading } from '#protocols/model'
import { meterTimeText, valueText } from '#protocols/model'
import { type CivilTime, type Instant, idOf, type MeterId } from '#src/core'
import { compareClocks } from '../field/clock.ts'
import {
  broughtBy,
  type HeardReading,
  type MeterReader,
  type MeterReadout,
} from '../readers/index.ts'

const CLOCK = '0.0.1.0.0'
const DATE = '0.9.2'
const TIME = '0.9.1'
/** By any name that a plan may have for the meter's own time. */
const names: ReadonlySet<string> = new Set([
  ...[CLOCK, DATE, TIME, '04000101', '04000102', '0400010C', 'C010', 'C011', '40000200'],
  '8:0.0.1.0.0.255:2',
])
/** A metering point of 376.1 tells what its terminal read some time ago. */
const telling: ReadonlySet<string> = new Set(['dlt645-2007', 'dlt645-1997', 'dlt698', 'dlms'])

export interface HeardClock {
  readonly measuredAt: Instant
  /** Null for an impossible time. */
  readonly offsetMs: number | null
  readonly uncertaintyMs: number
}

/** Who wants to know the time of meters that are visited for something else. */
export interface ClockEar {
  /** True where the meter's turn has come: then its clock is asked for at the end of a visit. */
  isDue(meter: MeterId): boolean
  /** True where it would be of use if it came by itself. */
  isWelcome(meter: MeterId): boolean
  heard(meter: MeterId, clock: HeardClock): void
  /** It was asked for and did not come. */
  missed(meter: MeterId): void
}

/**
 * A reader that measures clocks by the way: from what a plan reads anyway, without a frame more, or
 * by one item at the end of a visit to a meter whose turn has come. Whoever asked for the visit
 * sees nothing of that.
 */
export function hearingClocks(reader: MeterReader, ear: ClockEar, civil: CivilTime): MeterReader {
  if (!telling.has(reader.name)) return reader
  const told = new WeakMap<readonly string[], boolean>()
  const tells = (items: readonly string[]) => {
    const known = told.get(items)
    if (known !== undefined) return known
    const found = items.some((item) => names.has(item))
    told.set(items, found)
    return found
  }
  return {
    ...reader,
    async read(line, meter, items, limits, signal, hints) {
      const id = archiveId(meter)
      const isTold = tells(items)
      const isAsked = id !== null && !isTold && ear.isDue(id)
      if (id === null || (!isAsked && !(isTold && ear.isWelcome(id)))) {
        return await reader.read(line, meter, items, limits, signal, hints)
      }
      const all = isAsked ? [...items, CLOCK] : items
      const readout = await reader.read(line, meter, all, limits, signal, hints)
      const clock = clockIn(readout.readings, civil)
      if (clock) ear.heard(id, clock)
      else if (isAsked) ear.missed(id)
      return isAsked ? without(readout, items) : readout
    },
  }
}

/** Only meters of the archive have one. */
function archiveId(meter: MeterProfile): MeterId | null {
  return 'id' in meter && typeof meter.id === 'number' ? idOf<'meter'>(meter.id) : null
}

/** Null where no time was told, or not all of it at a moment that is known. */
function clockIn(readings: readonly HeardReading[], civil: CivilTime): HeardClock | null {
  const now = readings.filter(({ dataClass }) => dataClass === 'current')
  const whole = now.find(({ item }) => item === CLOCK)
  if (whole?.said) return seen(textOf(whole), whole.said, civil)
  const time = now.find(({ item }) => item === TIME)
  const date = now.find(({ item }) => item === DATE)
  if (!time?.said || !date) return null
  const text = textOf(time)
  // Near midnight the date may be that of another day.
  if (/^(?:00:0|23:5)/.test(text)) return null
  return seen(`${textOf(date)}T${text}`, time.said, civil)
}

function seen(text: string, said: NonNullable<HeardReading['said']>, civil: CivilTime): HeardClock {
  const asked = { sentAt: said.from, heardAt: said.to }
  const { ourAt, offsetMs, uncertaintyMs } = compareClocks(text.slice(0, 19), asked, civil)
  return { measuredAt: ourAt, offsetMs, uncertaintyMs }
}

function textOf({ value, at }: Reading): string {
  return valueText(value) ?? (at?.kind === 'wall' ? meterTimeText(at.time) : '')
}

/** As if nobody had asked for the clock; its silence is no failure of what was brought before. */
function without(readout: MeterReadout, items: readonly string[]): MeterReadout {
  const readings = readout.readings.filter(({ item }) => item === null || !clockItems.has(item))
  const isWhole = items.every(
    (item) => readout.unsupported.includes(item) || broughtBy(readings, item),
  )
  return {
    ...readout,
    readings,
    unsupported: readout.unsupported.filter((item) => item !== CLOCK),
    ...(isWhole ? { refusals: [], failure: null } : {}),
  }
}

const clockItems: ReadonlySet<string> = new Set([CLOCK, DATE, TIME])
