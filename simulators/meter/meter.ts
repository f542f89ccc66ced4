import type { MeterTime } from '#protocols/model'
import { MeterBook } from './book.ts'
import { type CivilDay, SLOT_MS } from './calendar.ts'
import { type Demands, highestDemand, joinDemands, noDemand } from './demand.ts'
import { Load, type MeterLoad } from './load.ts'
import { MeterClock } from './meter-clock.ts'
import type { MeterMemory, MeterSpec } from './meter-spec.ts'
import { type Momentary, momentaryOf } from './momentary.ts'
import { noiseBetween } from './noise.ts'
import { Recent } from './recent.ts'
import {
  type LoadCharacter,
  loadCharacter,
  type Registers,
  registersOf,
  rolledOver,
} from './registers.ts'
import type { RelayPlace } from './relay.ts'
import type { Direction, Site } from './site.ts'
import { SupplySwitch } from './supply-switch.ts'
import { RATES, ratesOf } from './tariff-periods.ts'
import { wiredWrongly } from './wiring.ts'

/** A moment the meter recorded, and what its own clock showed then. */
export interface Recorded {
  readonly ms: number
  /** The moment its clock made of it. */
  readonly shownMs: number
  readonly wall: MeterTime
}

const freshMemory: MeterMemory = { clockSettings: [], openPeriods: [] }

/** The meter keeps as many daily freezes (日冻结) and days of load profile (负荷记录). */
export const DAYS_KEPT = 62
const SETTLEMENTS_KEPT = 12
const DAY_DEMANDS_MAX = 400
const MILLIWH_PER_DECIW_SLOT = 25
const MINUTE_MS = 60_000
/** A current above this holds a trip back (继电器拉闸控制电流门限值), for a day at most. */
const PROTECT_MILLIA = 30_000
const HOLD_MAX_MS = 1_440 * MINUTE_MS
const TRIP_DELAY_ID = '04001401' // 跳闸延时时间

/**
 * A meter that only knows its registers, its clock and its relay. It has no memory but its
 * `MeterMemory`: whatever is asked of it, also of the past, is computed for that moment. Tariff
 * periods follow true time; freezes, profile records and settlements follow its own clock.
 */
export class SimulatedMeter {
  readonly spec: MeterSpec
  readonly clock: MeterClock
  readonly book: MeterBook
  readonly supply: SupplySwitch
  readonly #site: Site
  readonly #load: MeterLoad
  readonly #character: LoadCharacter
  #dayDemands: Recent<Demands> | null = null
  #movesSeen = 0

  /** `load`: the customer's own that the spec tells of, unless something else flows through it. */
  constructor(
    site: Site,
    spec: MeterSpec,
    memory: MeterMemory = freshMemory,
    load: MeterLoad = new Load(site, spec),
  ) {
    this.spec = spec
    this.#site = site
    this.clock = new MeterClock(site.calendar, spec.clock, memory.clockSettings)
    this.#load = load
    this.#character = loadCharacter(this.#load.profile, spec.phases, (low, high, what) =>
      noiseBetween(low, high, spec.seed, 0, what),
    )
    this.supply = new SupplySwitch(memory.openPeriods, memory.relay, () => this.#place())
    this.book = new MeterBook(memory.book ?? {})
  }

  get memory(): MeterMemory {
    return {
      clockSettings: this.clock.settings,
      openPeriods: this.supply.periods,
      relay: this.supply.relay,
      book: this.book.memory,
    }
  }

  /** Where it answers: as it was made, or as somebody set it since. */
  get address(): string {
    return this.book.address ?? this.spec.address
  }

  /** What went through it by a moment, in mWh by rate, whatever its registers were set to. */
  passedAt(direction: Direction, ms: number): readonly number[] {
    this.supply.settle(ms)
    return this.#passed(direction, ms)
  }

  /** All registers at a moment, in units of `milliWhPerUnit` (10,000 is 0.01 kWh). */
  registersAt(ms: number, milliWhPerUnit: number): Registers {
    const imported = this.#counted('import', ms)
    const exported = this.#counted('export', ms)
    const all = registersOf(imported, exported, this.#character, milliWhPerUnit)
    return rolledOver(all, this.spec.rollsOverAtKwh, milliWhPerUnit)
  }

  momentaryAt(ms: number): Momentary {
    return this.#momentary(ms, this.isClosedAt(ms))
  }

  #momentary(ms: number, isClosed: boolean): Momentary {
    const net = this.#slotMilliWh('import', ms) - this.#slotMilliWh('export', ms)
    const { exportReactivePermille, reactivePermille } = this.#character
    const { seed, nominalDeciV, wiring } = this.spec
    const right = momentaryOf({
      ...{ seed, ms, nominalDeciV, character: this.#character },
      activeDeciW: isClosed ? Math.round(net / MILLIWH_PER_DECIW_SLOT) : 0,
      reactivePermille:
        net < 0 ? exportReactivePermille : (reactivePermille[this.#rateAt(ms)] ?? 0),
    })
    return wiring ? wiredWrongly(right, wiring) : right
  }

  /** Average power of the last 15 minutes, in 0.1 W. */
  presentDemandDeciW(ms: number): number {
    const now = sum(this.#counted('import', ms))
    return Math.round((now - sum(this.#counted('import', ms - SLOT_MS))) / MILLIWH_PER_DECIW_SLOT)
  }

  /** Highest quarter hours from `fromMs` to `toMs` (最大需量), with when each of them ended. */
  demandsBetween(fromMs: number, toMs: number): Demands {
    let demands = noDemand
    let day = this.#site.calendar.dayAt(fromMs)
    while (day.startMs < toMs) {
      const from = Math.max(fromMs, day.startMs)
      const to = Math.min(toMs, day.endMs)
      const whole = from === day.startMs && to === day.endMs
      const ofDay = whole ? this.#wholeDayDemands(day) : this.#demandsOf(day, from, to)
      demands = joinDemands(demands, ofDay)
      day = this.#site.calendar.dayNumbered(day.number + 1)
    }
    return demands
  }

  /** The n-th last midnight of the meter's clock, 1 being the latest; null beyond its memory. */
  dailyFreeze(nth: number, nowMs: number): Recorded | null {
    if (nth < 1 || nth > DAYS_KEPT) return null
    const today = this.#site.calendar.dayAt(this.clock.shownAt(nowMs))
    return this.#recorded(this.#site.calendar.dayNumbered(today.number - nth + 1).startMs)
  }

  /** The start of the meter's current month (nth 0) or of the n-th before it: 结算日. */
  settlement(nth: number, nowMs: number): Recorded | null {
    if (nth < 0 || nth > SETTLEMENTS_KEPT) return null
    let day = this.#site.calendar.dayAt(this.clock.shownAt(nowMs))
    for (let month = 0; ; month++) {
      day = this.#site.calendar.dayNumbered(day.number - day.day + 1)
      if (month === nth) return this.#recorded(day.startMs)
      day = this.#site.calendar.dayNumbered(day.number - 1)
    }
  }

  /** Full quarter hours of the meter's clock after `fromMs`, the load profile's moments. */
  profileAfter(fromMs: number, nowMs: number, countMax: number): readonly Recorded[] {
    const latest = Math.floor(this.clock.shownAt(nowMs) / SLOT_MS) * SLOT_MS
    const oldest = latest - DAYS_KEPT * 96 * SLOT_MS
    const after = Math.floor(this.clock.shownAt(fromMs) / SLOT_MS) * SLOT_MS
    const records: Recorded[] = []
    for (let shown = Math.max(after, oldest) + SLOT_MS; shown <= latest; shown += SLOT_MS) {
      if (records.length === countMax) break
      const record = this.#recorded(shown)
      if (record) records.push(record)
    }
    return records
  }

  isClosedAt(ms: number): boolean {
    return this.supply.isClosedAt(ms)
  }

  /** The switch is thrown by hand: no delay, no answer. */
  openRelay(ms: number): void {
    this.supply.throwOpen(ms)
  }

  closeRelay(ms: number): void {
    this.supply.throwClosed(ms)
  }

  #place(): RelayPlace {
    const delay = this.book.written(TRIP_DELAY_ID) ?? '0000'
    return {
      isInside: true,
      tripDelayMs: Number(delay.slice(2, 4) + delay.slice(0, 2)) * MINUTE_MS,
      holdMaxMs: HOLD_MAX_MS,
      owes: false,
      isHighAt: (ms) =>
        this.#momentary(ms, true).currentMilliA.some((each) => Math.abs(each) > PROTECT_MILLIA),
    }
  }

  #recorded(shownMs: number): Recorded | null {
    const wall = this.#site.calendar.wallAt(shownMs)
    if (wall.year < this.spec.firstYear) return null
    return { ms: this.clock.momentShowing(shownMs), shownMs, wall }
  }

  /** What the registers hold: nothing that was before they were cleared. */
  #counted(direction: Direction, ms: number): readonly number[] {
    this.supply.settle(ms)
    const { meterMs } = this.book.clearings
    const passed = this.#passed(direction, ms)
    if (meterMs === null) return passed
    if (ms <= meterMs) return passed.map(() => 0)
    const before = this.#passed(direction, meterMs)
    return passed.map((energy, rate) => energy - (before[rate] ?? 0))
  }

  /** What went through the meter since its first day. */
  #passed(direction: Direction, ms: number): readonly number[] {
    const counted = this.#load.countedAt(direction, ms)
    if (this.supply.periods.length === 0) return counted
    const missed = [0, 0, 0, 0]
    for (const { fromMs, toMs } of this.supply.periods) {
      if (fromMs >= ms) continue
      const from = this.#load.countedAt(direction, fromMs)
      const to = this.#load.countedAt(direction, Math.min(ms, toMs ?? ms))
      for (let rate = 0; rate < RATES; rate++) {
        missed[rate] = (missed[rate] ?? 0) + (to[rate] ?? 0) - (from[rate] ?? 0)
      }
    }
    return counted.map((energy, rate) => energy - (missed[rate] ?? 0))
  }

  /** What the whole quarter hour around `ms` takes, were the relay closed. */
  #slotMilliWh(direction: Direction, ms: number): number {
    const from = Math.floor(ms / SLOT_MS) * SLOT_MS
    const before = sum(this.#load.countedAt(direction, from))
    return sum(this.#load.countedAt(direction, from + SLOT_MS)) - before
  }

  #rateAt(ms: number): number {
    const day = this.#site.calendar.dayAt(ms)
    const quarter = day.quarters[Math.floor((ms - day.startMs) / SLOT_MS)] ?? 0
    return ratesOf(this.#load.profile.periods, day.month)[quarter >> 2] ?? 0
  }

  #wholeDayDemands(day: CivilDay): Demands {
    if (this.#movesSeen !== this.supply.moves) this.#dayDemands = null
    this.#movesSeen = this.supply.moves
    this.#dayDemands ??= new Recent<Demands>(DAY_DEMANDS_MAX)
    return this.#dayDemands.get(String(day.number), () =>
      this.#demandsOf(day, day.startMs, day.endMs),
    )
  }

  /** Of the full quarter hours between two moments of one day. */
  #demandsOf(day: CivilDay, fromMs: number, toMs: number): Demands {
    const first = Math.ceil((fromMs - day.startMs) / SLOT_MS)
    const last = Math.max(first, Math.floor((toMs - day.startMs) / SLOT_MS))
    const startMs = day.startMs + first * SLOT_MS
    const rates = ratesOf(this.#load.profile.periods, day.month)
    const slots = {
      startMs,
      imported: this.#totals('import', day, first, last),
      exported: this.#totals('export', day, first, last),
      rates: day.quarters.slice(first, last).map((quarter) => rates[quarter >> 2] ?? 0),
      reactivePermille: this.#character.reactivePermille,
    }
    return highestDemand(slots, (ms) => this.clock.wallAt(ms))
  }

  /** Counted by the start of each slot from `first` to `last`, all rates together. */
  #totals(direction: Direction, day: CivilDay, first: number, last: number): Float64Array {
    if (this.supply.periods.length === 0) {
      return this.#load.slotTotals(direction, day).subarray(first, last + 1)
    }
    return Float64Array.from({ length: last - first + 1 }, (_, index) =>
      sum(this.#counted(direction, day.startMs + (first + index) * SLOT_MS)),
    )
  }
}

function sum(energies: readonly number[]): number {
  return energies.reduce((total, energy) => total + energy, 0)
}
