import { decimalText } from '#protocols/model'
import {
  type CivilTime,
  type Clock,
  fail,
  type Instant,
  idOf,
  instant,
  ok,
  type Result,
} from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import { AHEAD } from './bringing.ts'
import { lockMeters, proposeBills } from './estimates.ts'
import { limitOf } from './limits.ts'
import type {
  Also,
  DeskRefusal,
  Value,
  ValueFilter,
  ValueKind,
  ValueState,
  Written,
} from './types.ts'
import { parseValue } from './written.ts'

interface ValueRow {
  readonly id: bigint
  readonly meter_id: number
  readonly address: string
  readonly register: string
  readonly measured_at: Instant
  readonly digits: bigint
  readonly scale: number
  readonly kind: ValueKind
  readonly method: string | null
  readonly state: ValueState
  readonly reason: string
  readonly made_by: string
  readonly made_at: Instant
  readonly decided_by: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

const select = `
  select v.id, v.meter_id, m.address, v.register, v.measured_at, v.digits, v.scale, v.kind,
    v.method, v.state, v.reason, v.made_by, v.made_at, v.decided_by, v.detail
  from register_value v join meter m on m.id = v.meter_id`

const valueIn = (row: ValueRow): Value => ({
  id: row.id,
  meterId: idOf(row.meter_id),
  meterAddress: row.address,
  register: row.register,
  at: row.measured_at,
  value: decimalText(row.digits, row.scale),
  kind: row.kind,
  method: row.method,
  state: row.state,
  reason: row.reason,
  madeBy: row.made_by,
  madeAt: row.made_at,
  decidedBy: row.decided_by,
  detail: row.detail,
})

/** Newest first, before an id. */
export async function listValues(
  db: Db,
  { meterId, state, kind }: ValueFilter,
  before: bigint | null,
  limit: number,
): Promise<readonly Value[]> {
  const rows = await db.query<ValueRow>(
    `${select} where ($1::int is null or v.meter_id = $1::int)
       and ($2::text is null or v.state = $2::text) and ($3::text is null or v.kind = $3::text)
       and ($4::bigint is null or v.id < $4::bigint)
     order by v.id desc limit $5::int`,
    [meterId ?? null, state ?? null, kind ?? null, before, limit],
  )
  return rows.map(valueIn)
}

async function getValue(db: Db, id: bigint): Promise<Value | undefined> {
  const rows = await db.query<ValueRow>(`${select} where v.id = $1::bigint for update of v`, [id])
  return rows.map(valueIn)[0]
}

/**
 * A value that a person writes over what is there. It waits for another person, unless it moves no
 * more energy than one person may.
 */
export async function proposeEdit(
  db: Database,
  civil: CivilTime,
  clock: Clock,
  edit: Written & { readonly reason: string; readonly by: string },
  also: Also,
): Promise<Result<Value, DeskRefusal>> {
  const parsed = parseValue(edit.value)
  if (parsed === undefined || !/^[1-8]\.8\.\d{1,2}$/.test(edit.register)) {
    return fail({ kind: 'bad-reading', message: 'no value of an energy register' })
  }
  if (edit.at > instant(clock.now() + AHEAD)) {
    return fail({ kind: 'bad-reading', message: 'the moment is still to come' })
  }
  return await db.transaction(async (tx) => {
    await lockMeters(tx, [edit.meterId])
    const refusal = await refusalOf(tx, edit, parsed)
    if (refusal !== undefined) return fail(refusal)
    await tx.query(
      `update register_value set state = 'superseded', decided_by = $4::text,
         decided_at = $5::timestamptz
       where meter_id = $1::int and register = $2::text and measured_at = $3::timestamptz
         and kind = 'edited' and state = 'proposed'`,
      [edit.meterId, edit.register, timestamptz(edit.at), edit.by, timestamptz(clock.now())],
    )
    const rows = await tx.query<{ id: bigint; moved: string | null }>(
      `with present as (${present})
       insert into register_value (meter_id, register, measured_at, digits, scale, kind, state,
         reason, made_by, made_at, detail)
       values ($1::int, $2::text, $3::timestamptz, $4::bigint, $5::smallint, 'edited', 'proposed',
         $6::text, $7::text, $8::timestamptz,
         jsonb_strip_nulls(jsonb_build_object('before', (select value::text from present))))
       returning id, (select trim_scale(abs(value - $4::numeric / 10::numeric ^ $5::smallint)
         * coalesce((select i.numerator / i.denominator from metered_installation i
           where i.meter_id = $1::int and i.valid_from <= $3::timestamptz
             and i.valid_to >= $3::timestamptz limit 1), 1))::text from present) as moved`,
      [
        edit.meterId,
        edit.register,
        timestamptz(edit.at),
        parsed.digits,
        parsed.scale,
        edit.reason,
        edit.by,
        timestamptz(clock.now()),
      ],
    )
    const made = rows[0]
    if (made === undefined) throw new Error('an edit that was made is there')
    const alone = Number(await limitOf(tx, 'edit-alone-kwh'))
    if (made.moved !== null && Number(made.moved) <= alone && alone > 0) {
      await putInForce(tx, civil, clock.now(), made.id, edit.by)
    }
    await also(tx, { value: String(made.id), moved: made.moved })
    const value = await getValue(tx, made.id)
    if (value === undefined) throw new Error('an edit that was made is there')
    return ok(value)
  })
}

/** What cannot be written at all. */
async function refusalOf(
  tx: Db,
  { meterId, register, at, by }: Written & { readonly by: string },
  { digits, scale }: { readonly digits: bigint; readonly scale: number },
): Promise<DeskRefusal | undefined> {
  const [row] = await tx.query<{ hangs: boolean; is_wide: boolean; waits: boolean }>(
    `select exists (select from installation i where i.meter_id = l.meter_id
         and i.valid_from <= $3::timestamptz
         and (i.valid_to is null or i.valid_to >= $3::timestamptz)) as hangs,
       coalesce($4::bigint < l.width / 1000000 * 10::numeric ^ $5::smallint, true) as is_wide,
       exists (select from register_value v where v.meter_id = l.meter_id
         and v.register = $2::text and v.measured_at = $3::timestamptz
         and v.kind = 'edited' and v.state = 'proposed' and v.made_by <> $6::text) as waits
     from meter_limits l where l.meter_id = $1::int`,
    [meterId, register, timestamptz(at), digits, scale, by],
  )
  if (row === undefined) return { kind: 'no-meter', message: 'there is no such meter' }
  if (!row.hangs) return { kind: 'bad-reading', message: 'the meter hung nowhere at that moment' }
  if (!row.is_wide) return { kind: 'bad-reading', message: 'the register has not so many digits' }
  if (!row.waits) return undefined
  return { kind: 'not-now', message: 'an edit by somebody else waits for that moment' }
}

/** What counts at the moment, in the register's unit. */
const present = `
  select coalesce(
    (select v.digits / 10::numeric ^ v.scale from register_value v where v.meter_id = $1::int
      and v.register = $2::text and v.measured_at = $3::timestamptz and v.state = 'in-force'),
    (select r.value / 10000::numeric from register_reading r where r.meter_id = $1::int
      and r.register = $2::text and r.measured_at = $3::timestamptz
      order by r.data_class desc limit 1)) as value`

/** Another person than who wrote it puts it in force, or not. */
export async function settleValue(
  db: Database,
  civil: CivilTime,
  clock: Clock,
  settled: {
    readonly id: bigint
    readonly verdict: 'approve' | 'refuse'
    readonly reason: string
    readonly by: string
  },
  also: Also,
): Promise<Result<Value, DeskRefusal>> {
  const { id, verdict, reason, by } = settled
  return await db.transaction(async (tx) => {
    const about = await tx.query<{ meter_id: number }>(
      'select meter_id from register_value where id = $1::bigint',
      [id],
    )
    await lockMeters(
      tx,
      about.map(({ meter_id }) => meter_id),
    )
    const value = await getValue(tx, id)
    if (value === undefined) return fail({ kind: 'not-found', message: 'there is no such value' })
    if (value.state !== 'proposed' || value.kind !== 'edited') {
      return fail({ kind: 'not-now', message: 'the value does not wait for approval' })
    }
    if (verdict === 'approve' && value.madeBy === by) {
      return fail({ kind: 'second-person', message: 'another person approves an edit' })
    }
    if (verdict === 'approve') await putInForce(tx, civil, clock.now(), id, by)
    else {
      await tx.query(
        `update register_value set state = 'refused', decided_by = $2::text,
           decided_at = $3::timestamptz, detail = detail || jsonb_build_object('refusal', $4::text)
         where id = $1::bigint`,
        [id, by, timestamptz(clock.now()), reason],
      )
    }
    await also(tx, { value: String(id), verdict, reason })
    const after = await getValue(tx, id)
    if (after === undefined) throw new Error('a value that was settled is there')
    return ok(after)
  })
}

/** What the meter said at that moment no longer counts, and neither does a value before it. */
async function putInForce(
  tx: Db,
  civil: CivilTime,
  now: Instant,
  id: bigint,
  by: string,
): Promise<void> {
  const at = timestamptz(now)
  await tx.query(
    `update register_value o set state = 'superseded', decided_by = $2::text,
       decided_at = $3::timestamptz
     from register_value v where v.id = $1::bigint and o.meter_id = v.meter_id
       and o.register = v.register and o.measured_at = v.measured_at and o.state = 'in-force'`,
    [id, by, at],
  )
  const [row] = await tx.query<{ meter_id: number; measured_at: Instant }>(
    `update register_value set state = 'in-force', decided_by = $2::text,
       decided_at = $3::timestamptz where id = $1::bigint returning meter_id, measured_at`,
    [id, by, at],
  )
  await tx.query(
    `insert into register_verdict (meter_id, register, measured_at, verdict, reason, decided_by,
       decided_at)
     select v.meter_id, v.register, v.measured_at, 'rejected', 'edited', $2::text, $3::timestamptz
     from register_value v where v.id = $1::bigint and exists (
       select from register_reading r where r.meter_id = v.meter_id and r.register = v.register
         and r.measured_at = v.measured_at)
     on conflict (meter_id, register, measured_at) do update set verdict = 'rejected', rule = null,
       rule_version = null, reason = 'edited', decided_by = excluded.decided_by,
       decided_at = excluded.decided_at`,
    [id, by, at],
  )
  await tx.query(
    `update validation_finding f set state = 'corrected', decided_by = $2::text,
       decided_at = $3::timestamptz, reason = v.reason
     from register_value v where v.id = $1::bigint and f.meter_id = v.meter_id
       and f.register = v.register and f.measured_at = v.measured_at and f.state = 'open'`,
    [id, by, at],
  )
  // What somebody brought for that moment waits for nobody any more.
  await tx.query(
    `update register_value o set state = 'refused', decided_by = $2::text,
       decided_at = $3::timestamptz, detail = o.detail || jsonb_build_object('refusal', 'edited')
     from register_value v where v.id = $1::bigint and o.meter_id = v.meter_id
       and o.register = v.register and o.measured_at = v.measured_at and o.state = 'proposed'
       and o.kind <> 'edited'`,
    [id, by, at],
  )
  if (row !== undefined) await proposeBills(tx, civil, now, [row], 'edit')
}
