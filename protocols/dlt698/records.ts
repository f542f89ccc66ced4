import {
  type Codec,
  choice,
  leaf,
  list,
  optional,
  sequence,
  uint8,
  writeLength,
} from './codec-parts.ts'
import type { Cursor } from './cursor.ts'
import { darWords } from './dar.ts'
import { data } from './data.ts'
import { attributesOf, type Column, oad, rcsd } from './descriptors.ts'
import type { Data } from './value.ts'

/** A data access result (DAR). */
export const dar: Codec<number> = leaf(uint8Plain(), darWords)

export const getResult = choice({ dar: [0, dar], data: [1, data] })
type GetResult = ReturnType<typeof getResult.read>

/** A-ResultNormal: one attribute. */
export interface NormalResult {
  readonly object: string
  readonly result: GetResult
}

/** Written out, for it is most of what a head-end reads. */
export const normalResult: Codec<NormalResult> = {
  read(from) {
    if (from.trace) return tracedResult.read(from)
    const object = oad.read(from)
    const kind = from.uint8()
    if (kind === 1) return { object, result: { kind: 'data', value: data.read(from) } }
    if (kind !== 0) from.fail()
    return { object, result: { kind: 'dar', value: from.uint8() } }
  },
  write(to, { object, result }) {
    oad.write(to, object)
    getResult.write(to, result)
  },
}

const tracedResult = sequence({ object: oad, result: getResult })

export type Row = readonly Data[]

/** Rows of a record table, or why there are none. */
export type RecordRows =
  | { readonly kind: 'dar'; readonly value: number }
  | { readonly kind: 'rows'; readonly value: readonly Row[] }

/** A-ResultRecord: rows of one record table, with its columns in front. */
export interface RecordResult {
  readonly object: string
  readonly columns: readonly Column[]
  readonly result: RecordRows
}

export const recordResult: Codec<RecordResult> = {
  read(from) {
    const object = oad.read(from)
    return { object, ...readColumnsAndRows(from) }
  },
  write(to, value) {
    oad.write(to, value.object)
    rcsd.write(to, value.columns)
    writeRows(to, value.result)
  },
}

/** Attributes that a server tells beside its answer (跟随上报). */
export const followReport = optional(
  choice({ attributes: [1, list(normalResult)], records: [2, list(recordResult)] }),
)

function readColumnsAndRows(from: Cursor): Omit<RecordResult, 'object'> {
  if (from.trace) from.enter('columns')
  const columns = rcsd.read(from)
  if (from.trace) from.leave()
  const at = from.offset
  const kind = from.uint8()
  from.note(at, kind === 1 ? 'rows' : 'dar')
  if (kind === 1) return { columns, result: { kind: 'rows', value: readRows(from, columns) } }
  if (kind !== 0) from.fail()
  return { columns, result: { kind: 'dar', value: dar.read(from) } }
}

/** As many values in each row as the columns say, without a count. */
function readRows(from: Cursor, columns: readonly Column[]): readonly Row[] {
  const attributes = attributesOf(columns)
  const at = from.offset
  const count = from.count()
  if (from.trace) from.note(at, `${count} rows`)
  if (count > 0 && attributes.length === 0) from.fail()
  const rows: Row[] = []
  for (let index = 0; index < count && !from.failed; index++) {
    const row: Data[] = []
    for (const attribute of attributes) {
      from.subject = attribute
      if (from.trace) from.enter(`row ${index + 1}, ${attribute}`)
      row.push(data.read(from))
      if (from.trace) from.leave()
    }
    rows.push(row)
  }
  return rows
}

function writeRows(to: Parameters<typeof data.write>[0], result: RecordRows): void {
  if (result.kind === 'dar') {
    to.uint8(0).uint8(result.value)
    return
  }
  to.uint8(1)
  writeLength(to, result.value.length)
  for (const row of result.value) for (const value of row) data.write(to, value)
}

/** Without words of its own: the code is told as what it means. */
function uint8Plain(): Codec<number> {
  return { read: (from) => from.uint8(), write: (to, value) => uint8.write(to, value) }
}
