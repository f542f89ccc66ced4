import { type ItemCode, itemOf } from './items.ts'

/**
 * A meter's wall clock as it was sent: no zone, month 1 to 12, four-digit year. It may be
 * impossible (31 February); only the function that takes the site's zone decides that.
 */
export interface MeterTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** When a device says a value was: its wall clock, or an instant where the device sends one. */
export type Stamp =
  | { readonly kind: 'wall'; readonly time: MeterTime }
  | { readonly kind: 'epoch'; readonly ms: number }

/** Why a field carries no value: all F or all E, not decimal, or an impossible date. */
export type MissingFlag = 'absent' | 'not-bcd' | 'out-of-range'

/**
 * What a device sent for one item. A number is the integer on the wire and its decimals
 * (`digits` × 10^-`scale`), so that it prints exactly as sent; `digits` is a safe integer.
 */
export type Value =
  | { readonly kind: 'number'; readonly digits: number; readonly scale: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing'; readonly flag: MissingFlag }

/**
 * Which series of the meter a value belongs to (数据类): the present value, a load profile
 * (负荷曲线), a daily freeze (日冻结), a monthly freeze or settlement day (月冻结、结算日).
 */
export type DataClass = 'current' | 'interval' | 'daily' | 'monthly'

/** What a task reads (任务): values of a series, or what happened. */
export type TaskClass = DataClass | 'event'

/** One value of one item. `at` is null where the frame carries no time. */
export interface Reading {
  /** Null for what the protocol knows and the register model does not. */
  readonly item: ItemCode | null
  /** The protocol's own id: `00010000`, `0x0048`, a JSON path. */
  readonly dataId: string
  /** English name, also for items outside the register model. */
  readonly name: string
  readonly unit: string
  readonly value: Value
  readonly dataClass: DataClass
  readonly at: Stamp | null
}

/**
 * True for what a device says of now. Where such a reading carries no time, it is of the moment of
 * the answer; a frozen value or a maximum demand without one is of no known moment.
 */
export function isPresent({ dataClass, item }: Reading): boolean {
  return dataClass === 'current' && (item === null || itemOf(item)?.kind !== 'demand')
}

/**
 * Whether a reading is what was asked for: a code, the protocol's own id, or a block of them, in
 * which FF stands for every number (`0001FF00`). `06040002:4` asks for four records of `06040002`,
 * `7:1.0.99.1.0.255:2@…` for rows of a table whose columns are named behind a stroke.
 */
export function isOf({ item: code, dataId }: Reading, asked: string): boolean {
  if (code === asked || dataId === asked) return true
  const { table, rows, id, pairs } = askedAs(asked)
  if (dataId === table || dataId.startsWith(rows) || dataId === id) return true
  if (pairs === null || dataId.length !== id.length) return false
  return pairs.every((pair, index) => pair === 'FF' || dataId.startsWith(pair, 2 * index))
}

/** What an item that was asked for may stand for. */
interface Asked {
  readonly table: string
  readonly rows: string
  readonly id: string
  /** Of an identifier of eight hex digits; null for any other. */
  readonly pairs: readonly string[] | null
}

/** Those of the plans, which each reading of each visit is held against. */
const ASKED_MAX = 1_024
const askedBefore = new Map<string, Asked>()

function askedAs(asked: string): Asked {
  const before = askedBefore.get(asked)
  if (before) return before
  const [table = ''] = asked.split(/[@#]/)
  const [id = ''] = asked.toUpperCase().split(':')
  const pairs = /^[\dA-F]{8}$/.test(id) ? (id.match(/../g) ?? []) : null
  const read: Asked = { table, rows: `${table}/`, id, pairs }
  // A moment is asked for once: it would only push out those that come again.
  if (!asked.includes('@') && askedBefore.size < ASKED_MAX) askedBefore.set(asked, read)
  return read
}

/** `digits` × 10^-`scale` with all its decimals: (-1234, 3) is `-1.234`, (0, 2) is `0.00`. */
export function decimalText(digits: number | bigint, scale: number): string {
  const negative = digits < 0
  const magnitude = String(negative ? -digits : digits).padStart(scale + 1, '0')
  const whole = magnitude.slice(0, magnitude.length - scale)
  const text = scale === 0 ? whole : `${whole}.${magnitude.slice(-scale)}`
  return negative ? `-${text}` : text
}

/** The contract's `value`: a decimal string, a text, or null where the field holds none. */
export function valueText(value: Value): string | null {
  switch (value.kind) {
    case 'number':
      return decimalText(value.digits, value.scale)
    case 'text':
      return value.text
    case 'missing':
      return null
  }
}

/** `2026-11-21T22:30:00`: a wall clock in ISO 8601 without an offset. */
export function meterTimeText(time: MeterTime): string {
  const pad = (value: number, width = 2) => String(value).padStart(width, '0')
  const date = `${pad(time.year, 4)}-${pad(time.month)}-${pad(time.day)}`
  return `${date}T${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}`
}
