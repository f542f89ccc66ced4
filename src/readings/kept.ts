import { decimalText, type ItemCode, itemOf } from '#protocols/model'
import { type Instant, idOf } from '#src/core'
import { dataClasses, qualities, sources, timeSources } from './codes.ts'
import { asSent, decimalsAt, type WideTable } from './columns.ts'
import type { KeptReading } from './types.ts'

/** What every stored row has. */
interface StoredRow {
  readonly meter_id: number
  readonly measured_at: Instant
  readonly received_at: Instant
  readonly data_class: number
  readonly source: number
  readonly quality: number
  readonly time_source: number
}

/** A wide row as selected: its value columns come as bigint or null. */
export type WideStoredRow = StoredRow & {
  readonly decimals: bigint
} & { readonly [column: string]: unknown }

export interface ItemStoredRow extends StoredRow {
  readonly item: ItemCode
  readonly digits: bigint | null
  readonly scale: number | null
  readonly text_value: string | null
}

/** The columns that `readingsOf` needs. */
export const wideSelect = (table: WideTable): string =>
  `meter_id, measured_at, received_at, data_class, source, quality, time_source, decimals,
   ${table.columns.map(({ name }) => `${name}::bigint as ${name}`)}`

export const itemSelect = `meter_id, measured_at, received_at, data_class, source, quality,
  time_source, item, digits, scale, text_value`

/** The readings that a wide row stands for, in the order of its columns. */
export function readingsOf(table: WideTable, row: WideStoredRow): KeptReading[] {
  return table.columns.flatMap((column, index) => {
    const value = row[column.name]
    if (typeof value !== 'bigint') return []
    const { digits, scale } = asSent(column, value, decimalsAt(row.decimals, index))
    return [keptReading(row, column.item, decimalText(digits, scale))]
  })
}

export function readingOf(row: ItemStoredRow): KeptReading {
  const value =
    row.digits === null || row.scale === null
      ? (row.text_value ?? '')
      : decimalText(row.digits, row.scale)
  return keptReading(row, row.item, value)
}

function keptReading(row: StoredRow, register: ItemCode, value: string): KeptReading {
  return {
    meterId: idOf(row.meter_id),
    register,
    value,
    unit: itemOf(register)?.unit ?? '',
    dataClass: dataClasses.word(row.data_class),
    at: row.measured_at,
    receivedAt: row.received_at,
    quality: qualities.word(row.quality),
    source: sources.word(row.source),
    timeSource: timeSources.word(row.time_source),
  }
}
