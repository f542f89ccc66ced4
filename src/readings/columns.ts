import type { DataClass, ItemCode } from '#protocols/model'

/** Three bits of `decimals` a column, so 21 columns at most fit a positive bigint. */
export const bitsPerColumn = 3n
/** In `decimals`: the value is in reading_item, because the column cannot hold it as it is. */
export const elsewhere = 7n

/** A quantity with a column of its own, as an integer count of 10^-`scale`. */
export interface Column {
  readonly item: ItemCode
  readonly name: string
  readonly scale: number
  readonly type: 'bigint' | 'int' | 'smallint'
}

/** A hypertable with one row for all quantities of a meter at one time. */
export interface WideTable {
  readonly name: 'reading_curve' | 'reading_daily'
  readonly classes: readonly DataClass[]
  /** The order is that of the bits of `decimals` and never changes; new ones go to the end. */
  readonly columns: readonly Column[]
  readonly indexOf: ReadonlyMap<ItemCode, number>
}

const curveColumns: readonly Column[] = [
  { item: '1.8.0', name: 'energy_import', scale: 4, type: 'bigint' },
  { item: '1.8.1', name: 'energy_import_1', scale: 4, type: 'bigint' },
  { item: '1.8.2', name: 'energy_import_2', scale: 4, type: 'bigint' },
  { item: '1.8.3', name: 'energy_import_3', scale: 4, type: 'bigint' },
  { item: '1.8.4', name: 'energy_import_4', scale: 4, type: 'bigint' },
  { item: '2.8.0', name: 'energy_export', scale: 4, type: 'bigint' },
  { item: '3.8.0', name: 'reactive_1', scale: 4, type: 'bigint' },
  { item: '4.8.0', name: 'reactive_2', scale: 4, type: 'bigint' },
  { item: '16.7.0', name: 'power', scale: 4, type: 'int' },
  { item: '36.7.0', name: 'power_a', scale: 4, type: 'int' },
  { item: '56.7.0', name: 'power_b', scale: 4, type: 'int' },
  { item: '76.7.0', name: 'power_c', scale: 4, type: 'int' },
  { item: '131.7.0', name: 'reactive_power', scale: 4, type: 'int' },
  { item: '32.7.0', name: 'voltage_a', scale: 3, type: 'int' },
  { item: '52.7.0', name: 'voltage_b', scale: 3, type: 'int' },
  { item: '72.7.0', name: 'voltage_c', scale: 3, type: 'int' },
  { item: '31.7.0', name: 'current_a', scale: 3, type: 'int' },
  { item: '51.7.0', name: 'current_b', scale: 3, type: 'int' },
  { item: '71.7.0', name: 'current_c', scale: 3, type: 'int' },
  { item: '14.7.0', name: 'frequency', scale: 3, type: 'int' },
  { item: '13.7.0', name: 'power_factor', scale: 4, type: 'smallint' },
]

const dailyColumns: readonly Column[] = [
  { item: '1.8.0', name: 'energy_import', scale: 4, type: 'bigint' },
  { item: '1.8.1', name: 'energy_import_1', scale: 4, type: 'bigint' },
  { item: '1.8.2', name: 'energy_import_2', scale: 4, type: 'bigint' },
  { item: '1.8.3', name: 'energy_import_3', scale: 4, type: 'bigint' },
  { item: '1.8.4', name: 'energy_import_4', scale: 4, type: 'bigint' },
  { item: '2.8.0', name: 'energy_export', scale: 4, type: 'bigint' },
  { item: '2.8.1', name: 'energy_export_1', scale: 4, type: 'bigint' },
  { item: '2.8.2', name: 'energy_export_2', scale: 4, type: 'bigint' },
  { item: '2.8.3', name: 'energy_export_3', scale: 4, type: 'bigint' },
  { item: '2.8.4', name: 'energy_export_4', scale: 4, type: 'bigint' },
  { item: '3.8.0', name: 'reactive_1', scale: 4, type: 'bigint' },
  { item: '4.8.0', name: 'reactive_2', scale: 4, type: 'bigint' },
  { item: '5.8.0', name: 'reactive_q1', scale: 4, type: 'bigint' },
  { item: '6.8.0', name: 'reactive_q2', scale: 4, type: 'bigint' },
  { item: '7.8.0', name: 'reactive_q3', scale: 4, type: 'bigint' },
  { item: '8.8.0', name: 'reactive_q4', scale: 4, type: 'bigint' },
  { item: '15.8.0', name: 'energy_combined', scale: 4, type: 'bigint' },
  { item: '1.6.0', name: 'demand_import', scale: 4, type: 'int' },
  { item: '2.6.0', name: 'demand_export', scale: 4, type: 'int' },
]

const indexed = (columns: readonly Column[]) =>
  new Map(columns.map((column, index) => [column.item, index]))

export const curve: WideTable = {
  name: 'reading_curve',
  classes: ['current', 'interval'],
  columns: curveColumns,
  indexOf: indexed(curveColumns),
}

export const daily: WideTable = {
  name: 'reading_daily',
  classes: ['daily'],
  columns: dailyColumns,
  indexOf: indexed(dailyColumns),
}

const limits = { bigint: 2n ** 63n - 1n, int: 2n ** 31n - 1n, smallint: 2n ** 15n - 1n } as const

/** The column's integer for `digits` × 10^-`scale`, or undefined if it cannot hold it as sent. */
export function scaledTo(column: Column, digits: number, scale: number): bigint | undefined {
  if (scale < 0 || scale > column.scale) return undefined
  const scaled = BigInt(digits) * 10n ** BigInt(column.scale - scale)
  const limit = limits[column.type]
  return scaled > limit || scaled < -limit ? undefined : scaled
}

/** The bits of `decimals` for one column. */
export const decimalBits = (index: number, code: bigint): bigint =>
  code << (BigInt(index) * bitsPerColumn)

/** The code of one column in `decimals`: the decimals the device sent, or `elsewhere`. */
export const decimalsAt = (decimals: bigint, index: number): bigint =>
  (decimals >> (BigInt(index) * bitsPerColumn)) & 7n

/** The column's integer as the device wrote it: its digits and decimals. */
export function asSent(column: Column, value: bigint, decimals: bigint) {
  return { digits: value / 10n ** (BigInt(column.scale) - decimals), scale: Number(decimals) }
}
