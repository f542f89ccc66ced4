import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { assert, type Instant, idOf } from '#src/core'
import type { Database, Db } from '#src/db'
import type {
  NewReadRequest,
  ReadItem,
  ReadItemOutcome,
  ReadItemState,
  ReadRequest,
  ReadRequestId,
  ReadRequestState,
  ReadRequests,
} from './read-request-types.ts'

export function createReadRequests(db: Database): ReadRequests {
  return {
    async create(request, also = async () => {}) {
      assert(request.meterIds.length > 0 && request.items.length > 0, 'a request asks something')
      return await db.transaction(async (tx) => {
        if (await insertRequest(tx, request)) await insertItems(tx, request)
        const [created] = await selectRequests(tx, [request.id])
        assert(created !== undefined, 'a request that was written is there')
        await also(tx)
        return created
      })
    },
    async get(id) {
      return (await selectRequests(db, [id]))[0]
    },
    async start(id, meterIds) {
      await db.transaction(async (tx) => {
        await lockRequest(tx, id)
        await markRunning(tx, id, meterIds)
        await settle(tx, id)
      })
    },
    async record(id, outcomes) {
      if (outcomes.length === 0) return
      await db.transaction(async (tx) => {
        await lockRequest(tx, id)
        await writeOutcomes(tx, id, outcomes)
        await settle(tx, id)
      })
    },
    async unfinished() {
      const rows = await db.query<{ id: ReadRequestId }>(
        `select id from read_request where state in ('requested', 'running')
         order by requested_at, id`,
      )
      return await selectRequests(
        db,
        rows.map(({ id }) => id),
      )
    },
    async retain(before) {
      const rows = await db.query(
        `delete from read_request where finished_at < to_timestamp($1::float8 / 1000) returning 1`,
        [before],
      )
      return rows.length
    },
  }
}

/** False if the id is known: the same request came again. */
async function insertRequest(tx: Db, request: NewReadRequest): Promise<boolean> {
  const rows = await tx.query(
    `insert into read_request (id, requested_by, requested_at)
     values ($1::uuid, $2::text, to_timestamp($3::float8 / 1000))
     on conflict (id) do nothing returning 1`,
    [request.id, request.requestedBy, request.requestedAt],
  )
  return rows.length > 0
}

async function insertItems(tx: Db, request: NewReadRequest): Promise<void> {
  await tx.query(
    `insert into read_request_item (request_id, meter_id, item, position)
     select $1::uuid, m.id, i.item, i.position
     from unnest($2::int[]) as m (id)
     cross join unnest($3::text[]) with ordinality as i (item, position)
     on conflict do nothing`,
    [request.id, [...new Set(request.meterIds)], [...new Set(request.items)]],
  )
}

async function lockRequest(tx: Db, id: ReadRequestId): Promise<void> {
  await tx.query(`select from read_request where id = $1::uuid for update`, [id])
}

async function markRunning(tx: Db, id: ReadRequestId, meterIds: readonly number[]): Promise<void> {
  await tx.query(
    `update read_request_item set state = 'running'
     where request_id = $1::uuid and meter_id = any($2::int[]) and state = 'waiting'`,
    [id, meterIds],
  )
}

/** The first outcome of an item counts. */
async function writeOutcomes(
  tx: Db,
  id: ReadRequestId,
  outcomes: readonly ReadItemOutcome[],
): Promise<void> {
  const readings = (outcome: ReadItemOutcome) =>
    outcome.kind === 'answered' ? outcome.readings : []
  /** The reading of an item that has exactly one. */
  const only = (outcome: ReadItemOutcome) => {
    const [first, ...others] = readings(outcome)
    return others.length === 0 ? first : undefined
  }
  const failure = (outcome: ReadItemOutcome) => (outcome.kind === 'failed' ? outcome : undefined)
  await tx.query(
    `update read_request_item i set state = u.state, value = u.value, unit = u.unit,
       measured_at = to_timestamp(u.measured_ms / 1000),
       answered_at = to_timestamp(u.answered_ms / 1000),
       reason_code = u.code, reason_message = u.message, readings = u.readings::jsonb
     from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[],
         $8::float8[], $9::text[], $10::text[], $11::text[])
       as u (meter_id, item, state, value, unit, measured_ms, answered_ms, code, message,
         readings)
     where i.request_id = $1::uuid and i.meter_id = u.meter_id and i.item = u.item
       and i.answered_at is null`,
    [
      id,
      outcomes.map(({ meterId }) => meterId),
      outcomes.map(({ item }) => item),
      outcomes.map(({ kind }) => kind),
      outcomes.map((outcome) => only(outcome)?.value ?? null),
      outcomes.map((outcome) => only(outcome)?.unit ?? null),
      outcomes.map((outcome) => only(outcome)?.at ?? null),
      outcomes.map(({ answeredAt }) => answeredAt),
      outcomes.map((outcome) => failure(outcome)?.code ?? null),
      outcomes.map((outcome) => failure(outcome)?.message ?? null),
      outcomes.map((outcome) => JSON.stringify(readings(outcome))),
    ],
  )
}

/** The request's state follows from its items. */
async function settle(tx: Db, id: ReadRequestId): Promise<void> {
  await tx.query(
    `update read_request r set
       state = case
         when i.open = i.total then case when i.running > 0 then 'running' else 'requested' end
         when i.open > 0 then 'running'
         when i.answered = i.total then 'done'
         when i.answered = 0 then 'failed'
         else 'partial' end,
       finished_at = case when i.open = 0 then i.last end
     from (
       select count(*) as total, max(answered_at) as last,
         count(*) filter (where answered_at is null) as open,
         count(*) filter (where state = 'running') as running,
         count(*) filter (where state = 'answered') as answered
       from read_request_item where request_id = $1::uuid) as i
     where r.id = $1::uuid`,
    [id],
  )
}

/** As `writeOutcomes` writes them. */
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

interface RequestRow {
  readonly id: ReadRequestId
  readonly state: ReadRequestState
  readonly requested_by: string
  readonly requested_at: Instant
  readonly finished_at: Instant | null
}

interface ItemRow {
  readonly request_id: ReadRequestId
  readonly meter_id: number
  readonly item: string
  readonly state: ReadItemState
  readonly value: string | null
  readonly unit: string | null
  readonly measured_at: Instant | null
  readonly answered_at: Instant | null
  readonly readings: string
  readonly reason_code: string | null
  readonly reason_message: string | null
}

async function selectRequests(db: Db, ids: readonly ReadRequestId[]): Promise<ReadRequest[]> {
  if (ids.length === 0) return []
  const requests = await db.query<RequestRow>(
    `select id, state, requested_by, requested_at, finished_at from read_request
     where id = any($1::uuid[]) order by requested_at, id`,
    [ids],
  )
  const items = await db.query<ItemRow>(
    `select request_id, meter_id, item, state, value, unit, measured_at, answered_at,
       readings::text as readings, reason_code, reason_message
     from read_request_item where request_id = any($1::uuid[]) order by meter_id, position`,
    [ids],
  )
  const itemsOf = Map.groupBy(items, ({ request_id }) => request_id)
  return requests.map((row) => ({
    id: row.id,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    finishedAt: row.finished_at,
    items: (itemsOf.get(row.id) ?? []).map(readItem),
  }))
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
