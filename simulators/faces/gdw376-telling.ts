import { toHex } from '#protocols/bytes'
import { type Frame, type InfoClass, infoClasses, type Unit, writeData } from '#protocols/gdw376'
import { type MeterTime, meterTimeText } from '#protocols/model'
import { join } from './dlt645-bytes.ts'
import { isKept, type Moment, supplyValues, valuesOf } from './gdw376-data.ts'
import { METER_ENTRY_BYTES, type MeteringPoint, type TerminalMemory } from './gdw376-memory.ts'

const CONFIGURATION = 0x09
const QUERY = 0x0a
const CURRENT = 0x0c
const EVENTS = 0x0e
/** Bits of 0C F5. */
const KEEPS_SUPPLY = 1
const DUNS = 4
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DAYS_KEPT = 62
/** Twelve months. */
const MONTH_DAYS_KEPT = 366

/** Milliseconds between the points of a curve by its density. */
const densityMs: Readonly<Record<number, number>> = {
  1: 900_000,
  2: 1_800_000,
  3: 3_600_000,
  254: 300_000,
  255: 60_000,
}

const classes = new Map(infoClasses.map((info) => [`${info.afn}/${info.fn}`, info]))

/** What a question carries: a time, and density and number of the points of a curve. */
export interface Question {
  readonly stamp: string | null
  readonly numbers: readonly number[]
}

/** What a terminal has to say of its meters and itself, for one unit of a question. */
export class Telling {
  readonly #points: readonly MeteringPoint[]
  readonly #memory: TerminalMemory

  constructor(points: readonly MeteringPoint[], memory: TerminalMemory) {
    this.#points = points
    this.#memory = memory
  }

  /** The data of a unit; undefined where the terminal has none. */
  dataOf(frame: Frame, unit: Unit, nowMs: number): Uint8Array | undefined {
    const { fn } = unit.id
    const { afn } = frame
    if (afn === EVENTS) return this.#events(fn, numbersIn(unit))
    if (afn === QUERY) return this.#parameter(frame, unit)
    return this.classOf(afn, unit.id, { stamp: textIn(unit), numbers: numbersIn(unit) }, nowMs)
  }

  /** The data of a class of configuration, of now or of the past. */
  classOf(afn: number, id: Unit['id'], asked: Question, nowMs: number): Uint8Array | undefined {
    const { fn, pn } = id
    const info = classes.get(`${afn}/${fn}`)
    if (!info) return undefined
    if (afn === CONFIGURATION)
      return fn === 1 ? version(this.#memory.firmware.versionAt(nowMs)) : undefined
    if (info.isTerminal) return this.#ofTerminal(info, nowMs)
    const found = this.#points.find(({ point }) => point === pn)
    const moment = isKept(info.layout) ? this.#momentOf(info, asked, nowMs) : null
    if (!found || !moment) return undefined
    const isSupply = afn === CURRENT && fn === SUPPLY_FN
    const values = isSupply
      ? supplyValues(found.meter, moment)
      : valuesOf(info.layout, found.meter, { ...moment, isUnread: found.isUnread ?? false })
    return writeData(afn, fn, values)
  }

  #ofTerminal(info: InfoClass, nowMs: number): Uint8Array | undefined {
    const { important, general } = this.#memory.counters
    if (info.afn !== CURRENT) return undefined
    const wall = meterTimeText(this.#memory.wallAt(nowMs))
    if (info.fn === 2) return writeData(CURRENT, 2, [{ kind: 'text', text: wall }])
    if (info.fn === 5 || info.fn === 6) return this.#controls(info.fn, nowMs)
    return info.fn === 7 ? Uint8Array.of(important, general) : undefined
  }

  /** What is in force, and which rounds are tripped; no groups are controlled. */
  #controls(fn: 5 | 6, nowMs: number): Uint8Array | undefined {
    const { rounds, duns } = this.#memory
    const kept = this.#memory.keepsSupplyAt(nowMs) ? KEEPS_SUPPLY : 0
    const words = fn === 5 ? [kept | (duns ? DUNS : 0)] : [rounds.stateAt(nowMs), duns ? 1 : 0]
    const values = words.map(
      (word) => ({ kind: 'text', text: toHex(Uint8Array.of(word)) }) as const,
    )
    return writeData(CURRENT, fn, [...values, { kind: 'number', digits: 0, scale: 0 }])
  }

  /** The moment a question is about; null where the terminal keeps none such. */
  #momentOf(info: InfoClass, asked: Question, nowMs: number): Moment | null {
    const read = this.#memory.wallAt(nowMs)
    const now = { ms: nowMs, read, stamp: null, density: 0, points: [], nowMs }
    const [first] = info.layout
    if (info.afn === CURRENT) {
      const isNow = first?.kind !== 'stamp' || first.stamp === 'read'
      return isNow ? now : null
    }
    const { stamp } = asked
    if (first?.kind !== 'stamp' || stamp === null) return null
    switch (first.stamp) {
      case 'day': {
        const end = this.#memory.momentOf(timeOf(`${stamp}T23:59`)) + MINUTE_MS
        return this.#frozen({ ...now, stamp }, end, DAYS_KEPT)
      }
      case 'month': {
        const end = this.#memory.momentOf(monthAfter(timeOf(`${stamp}-01T00:00`)))
        return this.#frozen({ ...now, stamp }, end, MONTH_DAYS_KEPT)
      }
      case 'curve': {
        const [density = 0, count = 0] = asked.numbers
        const step = densityMs[density]
        const from = this.#memory.momentOf(timeOf(stamp))
        if (!step || nowMs - from > DAYS_KEPT * DAY_MS) return null
        const points = Array.from({ length: count }, (_, index) => from + index * step)
        return { ...now, stamp, density, points }
      }
      default:
        return null
    }
  }

  /** As it was when a day or a month ended; read in the last minute of it. */
  #frozen(moment: Moment, endMs: number, daysKept: number): Moment | null {
    if (endMs > moment.nowMs || moment.nowMs - endMs > daysKept * DAY_MS) return null
    return { ...moment, ms: endMs, read: this.#memory.wallAt(endMs - MINUTE_MS) }
  }

  /** The whole parameter, and of the list of meters those that were asked for by number. */
  #parameter({ body }: Frame, unit: Unit): Uint8Array | undefined {
    const { fn, pn } = unit.id
    const whole = this.#memory.parameter(fn, pn)
    const asked = body.subarray(unit.dataFrom, unit.to)
    if (fn !== METERS_FN || !whole || asked.length < 2) return whole
    const wanted = new Set<number>()
    for (let at = 2; at + 1 < asked.length; at += 2) wanted.add(wordAt(asked, at))
    const entries: Uint8Array[] = []
    for (let at = 2; at + METER_ENTRY_BYTES <= whole.length; at += METER_ENTRY_BYTES) {
      if (wanted.has(wordAt(whole, at))) entries.push(whole.subarray(at, at + METER_ENTRY_BYTES))
    }
    return join([Uint8Array.of(entries.length & 0xff, entries.length >> 8), ...entries])
  }

  #events(fn: number, [from = 0, to = 0]: readonly number[]): Uint8Array | undefined {
    const records = this.#memory.records(fn === 1 ? 'important' : 'general', from, to)
    const { important, general } = this.#memory.counters
    return records ? join([Uint8Array.of(important, general, from, to), ...records]) : undefined
  }
}

const METERS_FN = 10
/** Supply by remote control (0C F161). */
const SUPPLY_FN = 161

/** `2026-11-21T22:30` with or without seconds. */
export function timeOf(text: string): MeterTime {
  const [year = 2000, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (
    text.match(/\d+/g) ?? []
  ).map(Number)
  return { year, month, day, hour, minute, second }
}

function monthAfter(time: MeterTime): MeterTime {
  if (time.month < 12) return { ...time, month: time.month + 1 }
  return { ...time, year: time.year + 1, month: 1 }
}

function textIn({ leaves }: Unit): string | null {
  const value = leaves[0]?.value
  return value?.kind === 'text' ? value.text : null
}

function numbersIn({ leaves }: Unit): readonly number[] {
  return leaves.flatMap(({ value }) => (value.kind === 'number' ? [value.digits] : []))
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

function version(software: string): Uint8Array | undefined {
  const texts = ['OHES', 'SIM00001', software, '2026-11-01', '16M', '3761', 'H1.0', '2026-11-01']
  return writeData(
    CONFIGURATION,
    1,
    texts.map((text) => ({ kind: 'text', text })),
  )
}
