import { writeData } from '#protocols/gdw376'
import type { MeterTime, Value } from '#protocols/model'
import type { SimulatedMeter, Site } from '#simulators/meter'
import { FirmwareShelf, versionOf } from './firmware.ts'
import { Rounds } from './gdw376-rounds.ts'

const POINTERS = 256
const EVENTS_MAX = 255
const HALF_HOUR_MS = 1_800_000
const METERS_FN = 10
const COUNT_BYTES = 2
export const METER_ENTRY_BYTES = 27
/** In an entry of the list: three bits of speed, five of port. */
const SPEED_AND_PORT_AT = 4
const PORT_BITS = 0x1f
const BAUD_SHIFT = 5

/** A meter behind a terminal, at its metering point. */
export interface MeteringPoint {
  readonly point: number
  readonly meter: SimulatedMeter
  /** The terminal has never had an answer of it: what it sends of it is empty. */
  readonly isUnread?: boolean
}

/** A record of an event, from its code to its last byte. */
type EventRecord = Uint8Array

/**
 * What a terminal remembers: its clock, what was set, whether supply is kept, and events. It is
 * lost with the terminal, but for what the meters keep themselves.
 */
export class TerminalMemory {
  readonly #site: Site
  readonly #set = new Map<string, Uint8Array>()
  readonly #events: Record<'important' | 'general', EventRecord[]> = { important: [], general: [] }
  #counts = { important: 0, general: 0 }
  #seen = 0
  #clockOffsetMs = 0
  #keptUntilMs = 0
  readonly rounds: Rounds
  readonly firmware = new FirmwareShelf('V1.0', versionOf)
  /** The dunning alarm is in force (催费告警). */
  duns = false

  constructor(site: Site, points: readonly MeteringPoint[]) {
    this.#site = site
    this.rounds = new Rounds(points)
    this.#setDefaults(points)
  }

  /** What the terminal's own clock shows. */
  wallAt(nowMs: number): MeterTime {
    return this.#site.calendar.wallAt(nowMs + this.#clockOffsetMs)
  }

  /** The moment at which the terminal's clock shows a time. */
  momentOf(time: MeterTime): number {
    return this.#site.calendar.momentOf(time) - this.#clockOffsetMs
  }

  setClock(time: MeterTime, nowMs: number): void {
    this.#clockOffsetMs = this.#site.calendar.momentOf(time) - nowMs
  }

  /** Speeds of the meters that the list (04 F10) has at a port, as their numbers; none: no such port. */
  baudsAt(port: number): readonly number[] {
    const list = this.parameter(METERS_FN, 0) ?? new Uint8Array(0)
    const bauds: number[] = []
    for (let at = COUNT_BYTES; at + METER_ENTRY_BYTES <= list.length; at += METER_ENTRY_BYTES) {
      const byte = list[at + SPEED_AND_PORT_AT] ?? 0
      if ((byte & PORT_BITS) === port) bauds.push(byte >> BAUD_SHIFT)
    }
    return bauds
  }

  keepsSupplyAt(nowMs: number): boolean {
    return nowMs < this.#keptUntilMs
  }

  /** So many half hours, or without end (保电). */
  keepSupply(halfHours: number, nowMs: number): void {
    this.#keptUntilMs =
      halfHours === 0 ? Number.POSITIVE_INFINITY : nowMs + halfHours * HALF_HOUR_MS
  }

  keepSupplyNoLonger(): void {
    this.#keptUntilMs = 0
  }

  parameter(fn: number, pn: number): Uint8Array | undefined {
    return this.#set.get(`${fn}/${pn}`)
  }

  setParameter(fn: number, pn: number, data: Uint8Array): void {
    const isList = fn === METERS_FN && pn === 0
    this.#set.set(`${fn}/${pn}`, isList ? this.#listWith(data) : data)
  }

  /** The list of meters with these entries at their numbers; metering point 0 takes one out. */
  #listWith(data: Uint8Array): Uint8Array {
    const entries = new Map<number, Uint8Array>()
    for (const list of [this.parameter(METERS_FN, 0) ?? new Uint8Array(0), data]) {
      for (let at = COUNT_BYTES; at + METER_ENTRY_BYTES <= list.length; at += METER_ENTRY_BYTES) {
        const entry = list.slice(at, at + METER_ENTRY_BYTES)
        const [low = 0, high = 0, pointLow = 0, pointHigh = 0] = entry
        if (pointLow === 0 && pointHigh === 0) entries.delete(low | (high << 8))
        else entries.set(low | (high << 8), entry)
      }
    }
    const sorted = [...entries].sort(([left], [right]) => left - right).map(([, entry]) => entry)
    const head = Uint8Array.of(entries.size & 0xff, entries.size >> 8)
    return Uint8Array.from([head, ...sorted].flatMap((part) => [...part]))
  }

  /** Parameters and events as they left the works; supply is no longer kept. */
  clear(): void {
    this.#set.clear()
    this.#events.important = []
    this.#events.general = []
    this.keepSupplyNoLonger()
    this.duns = false
  }

  record(kind: 'important' | 'general', erc: number, data: readonly number[], nowMs: number): void {
    const wall = this.wallAt(nowMs)
    const stamp = [wall.minute, wall.hour, wall.day, wall.month, wall.year % 100].map(bcdPair)
    const events = this.#events[kind]
    events.push(Uint8Array.of(erc, stamp.length + data.length, ...stamp, ...data))
    if (events.length > EVENTS_MAX) events.shift()
    this.#counts[kind] = (this.#counts[kind] + 1) % POINTERS
  }

  get counters(): { readonly important: number; readonly general: number } {
    return this.#counts
  }

  /** True while important events were recorded that nobody fetched: ACD. */
  get waits(): boolean {
    return this.#seen !== this.#counts.important
  }

  /** The records from one pointer up to, not with, another; null where there are none. */
  records(kind: 'important' | 'general', from: number, to: number): readonly EventRecord[] | null {
    const events = this.#events[kind]
    const first = (this.#counts[kind] - events.length + POINTERS) % POINTERS
    const wanted = (to - from + POINTERS) % POINTERS
    const at = (from - first + POINTERS) % POINTERS
    const found = events.slice(at, at + wanted)
    if (kind === 'important' && found.length > 0) this.#seen = this.#counts.important
    return found.length > 0 ? found : null
  }

  #setDefaults(points: readonly MeteringPoint[]): void {
    const put = (fn: number, pn: number, values: readonly Value[]) => {
      const data = writeData(0x0a, fn, values)
      if (data) this.setParameter(fn, pn, data)
    }
    put(1, 0, [number(10), number(0), text('0003'), text('07'), number(5)])
    put(3, 0, [text('127.0.0.1'), number(9700), text('127.0.0.1'), number(9700), text('CMNET')])
    put(9, 0, [text('F'.repeat(16)), text('0000000000008010')])
    put(10, 0, [number(points.length), ...points.flatMap(meterEntry)])
    for (const { point, meter } of points) put(25, point, pointValues(meter))
  }
}

/** A meter as parameter F10 lists it: 2,400 baud at port 1, DL/T 645-2007, four rates. */
function meterEntry({ point, meter }: MeteringPoint): readonly Value[] {
  const address = /^\d{12}$/.test(meter.spec.address) ? meter.spec.address : '0'.repeat(12)
  return [
    number(point),
    number(point),
    text('61'),
    number(30),
    text(address),
    text('0'.repeat(12)),
    number(4),
    text('09'),
    text('0'.repeat(12)),
    text(meter.spec.phases === 3 ? '21' : '51'),
  ]
}

function pointValues(meter: SimulatedMeter): readonly Value[] {
  const decimal = (digits: number, scale: number): Value => ({ kind: 'number', digits, scale })
  const wiring = text(meter.spec.phases === 3 ? '02' : '03')
  const { nominalDeciV } = meter.spec
  return [
    number(1),
    number(1),
    decimal(nominalDeciV, 1),
    decimal(50, 1),
    decimal(110_000, 4),
    wiring,
  ]
}

function bcdPair(value: number): number {
  return (Math.trunc(value / 10) << 4) | (value % 10)
}

const text = (value: string): Value => ({ kind: 'text', text: value })
const number = (digits: number): Value => ({ kind: 'number', digits, scale: 0 })
