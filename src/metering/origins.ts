import type { ItemCode } from '#protocols/model'
import type { BusinessDate, Instant } from '#src/core'
import type { Db } from '#src/db'
import { energyText } from './energy.ts'
import type { Installed } from './points.ts'
import type { ValueOrigin } from './types.ts'

export async function placeOf(db: Db, code: string): Promise<number | undefined> {
  const [row] = await db.query<{ id: number }>(`select id from usage_point where code = $1::text`, [
    code,
  ])
  return row?.id
}

export async function meterAddresses(
  db: Db,
  meterIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await db.query<{ id: number; address: string }>(
    `select id, address from meter where id = any($1::int[])`,
    [meterIds],
  )
  return new Map(rows.map(({ id, address }) => [id, address]))
}

export async function storedDay(
  db: Db,
  usagePointId: number,
  register: ItemCode,
  date: BusinessDate,
) {
  const [row] = await db.query<{ energy: bigint; quality: number; computed_at: Instant }>(
    `select energy, quality, computed_at from usage_day
     where usage_point_id = $1::int and register = $2::text and business_date = $3::date`,
    [usagePointId, register, date],
  )
  return row
}

export interface Origins {
  /** Everything there is of a moment; the first of those that count is the one that did. */
  of(installed: Installed, at: Instant): readonly ValueOrigin[]
}

interface SaidRow {
  readonly meter_id: number
  readonly measured_at: Instant
  readonly micro: bigint
  readonly class: string
  readonly source: string
  readonly quality: string
  readonly received_at: Instant
  readonly verdict: string | null
  readonly rule: string | null
  readonly rule_version: number | null
  readonly reason: string | null
  readonly decided_by: string | null
  readonly decided_at: Instant | null
}

interface ValueRow {
  readonly meter_id: number
  readonly measured_at: Instant
  readonly micro: bigint
  readonly kind: string
  readonly method: string | null
  readonly rule: string | null
  readonly rule_version: number | null
  readonly reason: string
  readonly made_by: string
  readonly made_at: Instant
  readonly decided_by: string | null
  readonly decided_at: Instant | null
}

interface EndRow {
  readonly installation_id: number
  readonly at: Instant
  readonly micro: bigint
}

/** What is known of the register at these moments. */
export async function originsOf(
  db: Db,
  register: ItemCode,
  installed: readonly Installed[],
  moments: readonly { readonly meterId: number; readonly at: Instant }[],
): Promise<Origins> {
  const asked = [
    register,
    [...new Set(moments.map(({ meterId }) => meterId))],
    [...new Set(moments.map(({ at }) => at))],
  ]
  const said = await db.query<SaidRow>(
    `select s.meter_id, s.measured_at, s.micro,
       (array['current', 'interval', 'daily', 'monthly'])[s.data_class] as class,
       (array['poll', 'on-demand', 'push', 'import'])[s.source] as source,
       (array['good', 'clock-doubtful', 'suspect', 'estimated'])[s.quality] as quality,
       s.received_at, v.verdict, v.rule, v.rule_version, v.reason, v.decided_by, v.decided_at
     from register_said($2::int[], $1::text,
       (select coalesce(array_agg(to_timestamp(ms / 1000)), '{}') from unnest($3::float8[]) as u (ms))) s
     left join register_verdict v on v.meter_id = s.meter_id and v.register = $1::text
       and v.measured_at = s.measured_at`,
    asked,
  )
  const values = await db.query<ValueRow>(
    `select meter_id, measured_at, floor(digits * 10::numeric ^ (6 - scale))::bigint as micro,
       kind, method, rule, rule_version, reason, made_by, made_at, decided_by, decided_at
     from register_value
     where register = $1::text and meter_id = any($2::int[]) and state = 'in-force'
       and measured_at in (select to_timestamp(ms / 1000) from unnest($3::float8[]) as u (ms))`,
    asked,
  )
  const ends = await db.query<EndRow>(
    `select installation_id, at, micro from installation_ends
     where register = $1::text and installation_id = any($2::int[])`,
    [register, installed.map(({ id }) => id)],
  )
  return {
    of(own, at) {
      const isOf = (row: { readonly meter_id: number; readonly measured_at: Instant }) =>
        row.meter_id === own.meterId && row.measured_at === at
      const all = [
        ...ends.filter((row) => row.installation_id === own.id && row.at === at).map(writtenDown),
        ...said.filter(isOf).map(read),
        ...values.filter(isOf).map(made),
      ]
      const counting = all.findIndex(({ isRejected }) => !isRejected)
      return all.map(({ isRejected, ...origin }, index) => ({
        ...origin,
        counts: index === counting && !isRejected,
      }))
    },
  }
}

type Candidate = Omit<ValueOrigin, 'counts'> & { readonly isRejected: boolean }

const nothing = {
  ...{ dataClass: null, source: null, readingQuality: null, receivedAt: null },
  ...{ verdict: null, method: null, rule: null, ruleVersion: null, reason: null },
  ...{ madeBy: null, madeAt: null, decidedBy: null, decidedAt: null },
}

const writtenDown = ({ at, micro }: EndRow): Candidate => ({
  ...nothing,
  ...{ at, value: energyText(micro), kind: 'installation', isRejected: false },
})

const read = (row: SaidRow): Candidate => ({
  ...nothing,
  ...{ at: row.measured_at, value: energyText(row.micro), kind: 'read' },
  ...{ dataClass: row.class, source: row.source, readingQuality: row.quality },
  ...{ receivedAt: row.received_at, verdict: row.verdict, rule: row.rule },
  ...{ ruleVersion: row.rule_version, reason: row.reason },
  ...{ decidedBy: row.decided_by, decidedAt: row.decided_at },
  isRejected: row.verdict === 'rejected',
})

const made = (row: ValueRow): Candidate => ({
  ...nothing,
  ...{ at: row.measured_at, value: energyText(row.micro), kind: row.kind, method: row.method },
  ...{ rule: row.rule, ruleVersion: row.rule_version, reason: row.reason, madeBy: row.made_by },
  ...{ madeAt: row.made_at, decidedBy: row.decided_by, decidedAt: row.decided_at },
  isRejected: false,
})
