import { BEGIN, DAYS, HISTORY, LAST, steady, times } from './scene-parts.ts'
import type { Pen } from './world.ts'

export function nights(pen: Pen, kWh: number): void {
  pen.used(BEGIN - HISTORY, steady(HISTORY - 10))
  night(pen, BEGIN - 10, 12, 0.03)
  night(pen, BEGIN + 2, DAYS - 2, kWh)
}

/** Twelve quarters from two to five, then the day. */
export function night(pen: Pen, from: number, days: number, kWh: number): void {
  for (let nth = from; nth < from + days; nth += 1) {
    pen.said(nth, 2, [{ step: 0 }, ...times(12, { step: kWh })])
    pen.used(nth, [10 + (nth % 5) / 10])
  }
}

/** Nothing frozen for some days, and then again. */
export function gap(pen: Pen, days: number): void {
  const before = HISTORY + DAYS - 1 - days
  pen.used(BEGIN - HISTORY, steady(before))
  pen.jump(10 * days)
  pen.used(LAST, [10.2])
}

export function opened(pen: Pen, after: number): void {
  pen.used(BEGIN - HISTORY, steady(HISTORY))
  pen.event(BEGIN, 'cover-open')
  pen.used(BEGIN, [10, ...steady(6, after)])
}

export function fell(pen: Pen, kWh: number): void {
  pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 1))
  pen.jump(kWh)
  pen.used(LAST + 1, [])
  pen.used(LAST, [10.2 + (kWh < 0 ? kWh - 10.2 : 0)])
}

export function ratio(pen: Pen, last: number): void {
  pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 1, 5))
  pen.used(LAST, [last])
}

/** Four rates of the last day; the first has more than the total knows of. */
export function rates(pen: Pen, more: number): void {
  pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 1))
  const total = pen.shows()
  pen.used(LAST, [10])
  for (const register of ['1.8.1', '1.8.2', '1.8.3', '1.8.4'] as const) {
    const isFirst = register === '1.8.1'
    pen.jump((isFirst ? total - 75 : 25) - pen.shows(register), register)
    pen.used(LAST, [isFirst ? 2.5 + more : 2.5], register)
  }
}
