import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { ReadItem, ReadItemPage, ReadItemState, ReadRequestId } from './read-request-types.ts'

const columns = `meter_id, item, position, state, value, unit, measured_at, answered_at,
  readings::text as readings, reason_code, reason_message`

export async function selectItems(db: Db, id: ReadRequestId): Promise<readonly ReadItem[]> {
  const rows = await db.query<ItemRow>(
    `select ${columns} from read_request_item where request_id = $1::uuid
     order by meter_id, position`,
    [id],
  )
  return rows.map(readItem)
}

/** Undefined for a cursor that was not given by this. */
export async function pageOfItems(
  db: Db,
  id: ReadRequestId,
  filter: { readonly state?: ReadItemState; readonly cursor?: string; readonly limit: number },
): Promise<ReadItemPage | undefined> {
  const after = /^(\d{1,10})\.(\d{1,5})$/.exec(filter.cursor ?? '0.0')
  if (!after) return undefined
  const rows = await db.query<ItemRow>(
    `select ${columns} from read_request_item
     where request_id = $1::uuid and (meter_id, position) > ($2::int8, $3::int8)
       and ($4::text is null or state = $4::text)
     order by meter_id, position limit $5::int`,
    [id, after[1], after[2], filter.state ?? null, filter.limit + 1],
  )
  const shown = rows.slice(0, filter.limit)
  const last = shown.at(-1)
  const next = rows.length > filter.limit && last ? `${last.meter_id}.${last.position}` : null
  return { items: shown.map(readItem), next }
}

/** As outcomes are written them. */
const ItemReadings = Type.Array(
  Type.Object({
    register: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
    value: Type.Union([Type.String(), Type.Null()]),
    unit: Type.String(),
    at: Type.Union([Type.Unsafe<Instant>(Type.Integer()), Type.Null()]),
    flag: Type.Union([Type.String(), Type.Null()]),
  }),
)

interface ItemRow {
  readonly meter_id: number
  readonly item: string
  readonly position: number
  readonly state: ReadItemState
  readonly value: string | null
  readonly unit: string | null
  readonly measured_at: Instant | null
  readonly answered_at: Instant | null
  readonly readings: string
  readonly reason_code: string | null
  readonly reason_message: string | null
}

function readItem(row: ItemRow): ReadItem {
  return {
    meterId: idOf(row.meter_id),
    item: row.item,
    state: row.state,
    readings: Value.Parse(ItemReadings, JSON.parse(row.readings)),
    value: row.value,
    unit: row.unit,
    at: row.measured_at,
    answeredAt: row.answered_at,
    reason:
      row.reason_code === null
        ? null
        : { code: row.reason_code, message: row.reason_message ?? row.reason_code },
  }
}
