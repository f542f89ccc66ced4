import { decimalText, type ItemCode } from '#protocols/model'
import type { Instant, MeterId } from '#src/core'
import { dataClasses, qualities, sources, timeSources } from './codes.ts'
import { curve, daily, decimalBits, elsewhere, scaledTo, type WideTable } from './columns.ts'
import type { StoredReading } from './types.ts'

/** What all values of a row share, as the tables hold it. */
export interface RowFacts {
  readonly meterId: MeterId
  readonly measuredAt: Instant
  readonly receivedAt: Instant
  readonly dataClass: number
  readonly source: number
  readonly quality: number
  readonly timeSource: number
}

/** One row of a wide table; `readings` are those it stands for, by column. */
export interface WideRow extends RowFacts {
  readonly values: (bigint | null)[]
  decimals: bigint
  readonly readings: (StoredReading | undefined)[]
}

/** One row of reading_item. */
export interface ItemRow extends RowFacts {
  readonly item: ItemCode
  readonly digits: bigint | null
  readonly scale: number | null
  readonly text: string | null
  readonly reading: StoredReading
}

/** A batch sorted into rows; within it every (meter, item, class, time) occurs once. */
export interface BatchPlan {
  readonly wide: readonly { readonly table: WideTable; readonly rows: readonly WideRow[] }[]
  readonly items: readonly ItemRow[]
  readonly repeated: number
  readonly revisions: readonly StoredReading[]
}

/**
 * Sorts readings into rows. Of two values for the same key the first is kept; the second is a
 * repetition or a revision. Rows come out in the order of their keys, so that concurrent writers
 * take their locks in the same order.
 */
export function planBatch(batch: readonly StoredReading[]): BatchPlan {
  // Rows of one key but of two classes meet only in the table, where the first one has the row.
  const wide = {
    current: { table: curve, rows: new Map<string, WideRow>() },
    interval: { table: curve, rows: new Map<string, WideRow>() },
    daily: { table: daily, rows: new Map<string, WideRow>() },
  } as const
  const items = new Map<string, ItemRow>()
  const revisions: StoredReading[] = []
  let repeated = 0
  const settle = (kept: StoredReading, other: StoredReading) => {
    if (sameValue(kept, other)) repeated += 1
    else revisions.push(other)
  }
  for (const reading of batch) {
    const place = reading.dataClass === 'monthly' ? undefined : wide[reading.dataClass]
    const index = place?.table.indexOf.get(reading.item)
    if (place === undefined || index === undefined) {
      const key = itemKey(reading)
      const kept = items.get(key)
      if (kept === undefined) items.set(key, itemRowOf(reading))
      else settle(kept.reading, reading)
      continue
    }
    const { table, rows } = place
    const row = rowOf(table, rows, reading)
    const kept = row.readings[index]
    if (kept !== undefined) settle(kept, reading)
    else if (!put(table, row, index, reading)) items.set(itemKey(reading), itemRowOf(reading))
  }
  return {
    wide: Object.values(wide).map(({ table, rows }) => ({
      table,
      rows: [...rows.values()].sort(byKey),
    })),
    items: [...items.values()].sort(byKey),
    repeated,
    revisions,
  }
}

/** True if two readings say the same; trailing zeros do not differ. */
function sameValue(a: StoredReading, b: StoredReading): boolean {
  if (a.value.kind === 'text' || b.value.kind === 'text') {
    return a.value.kind === 'text' && b.value.kind === 'text' && a.value.text === b.value.text
  }
  return sameNumber(
    { digits: BigInt(a.value.digits), scale: a.value.scale },
    { digits: BigInt(b.value.digits), scale: b.value.scale },
  )
}

export interface ExactNumber {
  readonly digits: bigint
  readonly scale: number
}

export function sameNumber(a: ExactNumber, b: ExactNumber): boolean {
  return a.digits * 10n ** BigInt(b.scale) === b.digits * 10n ** BigInt(a.scale)
}

export function itemRowOf(reading: StoredReading): ItemRow {
  const { value } = reading
  return {
    ...factsOf(reading),
    item: reading.item,
    digits: value.kind === 'number' ? BigInt(value.digits) : null,
    scale: value.kind === 'number' ? value.scale : null,
    text: value.kind === 'text' ? value.text : null,
    reading,
  }
}

const itemKey = (reading: StoredReading): string =>
  `${reading.meterId} ${reading.item} ${reading.dataClass} ${reading.measuredAt}`

export const revisionText = ({ value }: StoredReading): string =>
  value.kind === 'text' ? value.text : decimalText(value.digits, value.scale)

export function factsOf(reading: StoredReading): RowFacts {
  return {
    meterId: reading.meterId,
    measuredAt: reading.measuredAt,
    receivedAt: reading.receivedAt,
    dataClass: dataClasses.of(reading.dataClass),
    source: sources.of(reading.source),
    quality: qualities.of(reading.quality),
    timeSource: timeSources.of(reading.timeSource),
  }
}

function rowOf(table: WideTable, rows: Map<string, WideRow>, reading: StoredReading): WideRow {
  const key = `${reading.meterId} ${reading.measuredAt}`
  const known = rows.get(key)
  if (known !== undefined) return known
  const row = emptyRow(table, reading)
  rows.set(key, row)
  return row
}

function emptyRow(table: WideTable, reading: StoredReading): WideRow {
  return {
    ...factsOf(reading),
    values: table.columns.map(() => null),
    decimals: 0n,
    readings: table.columns.map(() => undefined),
  }
}

/**
 * Puts a value into its column, or leaves a mark there that it is in reading_item: because the
 * column cannot hold it, or because its quality is not that of the row.
 */
function put(table: WideTable, row: WideRow, index: number, reading: StoredReading): boolean {
  const column = table.columns[index]
  const { value } = reading
  const scaled =
    column !== undefined && value.kind === 'number' && qualities.of(reading.quality) === row.quality
      ? scaledTo(column, value.digits, value.scale)
      : undefined
  row.readings[index] = reading
  if (scaled === undefined || value.kind !== 'number') {
    row.decimals |= decimalBits(index, elsewhere)
    return false
  }
  row.values[index] = scaled
  row.decimals |= decimalBits(index, BigInt(value.scale))
  return true
}

function byKey(a: RowFacts, b: RowFacts): number {
  return a.meterId - b.meterId || a.measuredAt - b.measuredAt
}
