import type { MeterTime } from '#protocols/model'
import type { Calendar } from './calendar.ts'

const BROADCAST_LIMIT_MS = 300_000

/** From a moment on the clock shows the moment plus `offsetMs`, and drifts. */
export interface ClockSetting {
  readonly fromMs: number
  readonly offsetMs: number
  /** Who set it (操作者代码); absent where the time was broadcast, or nobody asked. */
  readonly by?: string
}

export interface ClockSpec {
  /** How far the clock was off at `anchorMs`, and how fast it runs away. */
  readonly offsetMs: number
  readonly ppm: number
  readonly anchorMs: number
}

/**
 * The meter's own clock (时钟). *Moment* is true time, epoch milliseconds; what the clock shows is
 * a wall time of its zone. Settings are kept so that the past stays what it was.
 */
export class MeterClock {
  readonly #calendar: Calendar
  readonly #ppm: number
  readonly #settings: ClockSetting[]

  constructor(calendar: Calendar, spec: ClockSpec, settings: readonly ClockSetting[]) {
    this.#calendar = calendar
    this.#ppm = spec.ppm
    // The first setting holds for all time before it as well: its drift runs backwards.
    this.#settings = [{ fromMs: spec.anchorMs, offsetMs: spec.offsetMs }, ...settings]
  }

  /** What was set since the beginning, to be handed back after a restart. */
  get settings(): readonly ClockSetting[] {
    return this.#settings.slice(1)
  }

  /** What the clock shows, as the moment at which a right clock would show it. */
  shownAt(ms: number): number {
    const { setting } = this.#settingAt(ms)
    return ms + offsetAt(setting, this.#ppm, ms)
  }

  wallAt(ms: number): MeterTime {
    return this.#calendar.wallAt(this.shownAt(ms))
  }

  /** The moment at which the clock showed (a right clock's) `shownMs`. */
  momentShowing(shownMs: number): number {
    for (let index = this.#settings.length - 1; index >= 0; index--) {
      const setting = this.#settings[index]
      if (!setting) break
      const drifted = (shownMs - setting.fromMs - setting.offsetMs) / (1 + this.#ppm / 1_000_000)
      const moment = Math.round(setting.fromMs + drifted)
      // A time that a later setting jumped over was reached at the jump.
      const next = this.#settings[index + 1]
      if (next && moment >= next.fromMs) return next.fromMs
      if (index === 0 || moment >= setting.fromMs) return moment
    }
    return shownMs
  }

  momentOfWall(time: MeterTime): number {
    return this.momentShowing(this.#calendar.momentOf(time))
  }

  set(time: MeterTime, ms: number, by?: string): void {
    const offsetMs = this.#calendar.momentOf(time) - ms
    this.#settings.push({ fromMs: ms, offsetMs, ...(by === undefined ? {} : { by }) })
  }

  /**
   * 广播校时: obeyed once a day and only where it moves the clock by at most five minutes, so that
   * nobody can shift a tariff period by shouting.
   */
  setByBroadcast(time: MeterTime, ms: number): boolean {
    const today = this.#calendar.dayAt(this.shownAt(ms)).number
    const last = this.#settings.at(-1)
    const obeyedToday =
      this.#settings.length > 1 &&
      last !== undefined &&
      this.#calendar.dayAt(this.shownAt(last.fromMs)).number === today
    const moves = Math.abs(this.#calendar.momentOf(time) - this.shownAt(ms))
    if (obeyedToday || moves > BROADCAST_LIMIT_MS) return false
    this.set(time, ms)
    return true
  }

  #settingAt(ms: number): { readonly setting: ClockSetting } {
    const found = this.#settings.findLast((setting) => setting.fromMs <= ms)
    const first = this.#settings[0]
    return { setting: found ?? first ?? { fromMs: ms, offsetMs: 0 } }
  }
}

function offsetAt(setting: ClockSetting, ppm: number, ms: number): number {
  return Math.round(setting.offsetMs + ((ms - setting.fromMs) * ppm) / 1_000_000)
}
