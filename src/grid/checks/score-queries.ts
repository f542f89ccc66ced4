import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { type ArchiveRule, archiveRules, type RuleSubject, subjectRows } from './rules.ts'
import type { ArchiveGap, AreaScore, ChangeDay, CheckPage, RuleResult, ScoreDay } from './types.ts'

interface Counted {
  readonly rule: ArchiveRule
  /** Of each area; null: of what is in none. */
  readonly counts: readonly { area: number | null; checked: number; failed: number }[]
}

/** Every rule of a subject in one pass over its rows. */
export async function countRules(db: Db, subject: RuleSubject, at: Instant): Promise<Counted[]> {
  const rules = archiveRules.filter((rule) => rule.subject === subject)
  const about = rules.map((rule) => `count(*) filter (where ${rule.about})`)
  const broken = rules.map((rule) => `count(*) filter (where (${rule.about}) and (${rule.broken}))`)
  const rows = await db.query<{
    area: number | null
    checked: readonly string[]
    failed: readonly string[]
  }>(
    `select area, array[${about}]::text[] as checked, array[${broken}]::text[] as failed
     from (${subjectRows[subject]}) one group by area`,
    [timestamptz(at)],
  )
  return rules.map((rule, index) => ({
    rule,
    counts: rows.map(({ area, checked, failed }) => ({
      area,
      checked: Number(checked[index]),
      failed: Number(failed[index]),
    })),
  }))
}

export async function replaceScores(
  tx: Db,
  date: BusinessDate,
  counted: readonly Counted[],
): Promise<void> {
  const all = counted.map(({ rule, counts }) => ({
    rule: rule.code,
    checked: counts.reduce((sum, one) => sum + one.checked, 0),
    failed: counts.reduce((sum, one) => sum + one.failed, 0),
  }))
  await tx.query('delete from archive_score_day where business_date = $1::date', [date])
  await tx.query(
    `insert into archive_score_day (business_date, rule, checked, failed)
     select $1::date, s.* from unnest($2::text[], $3::int[], $4::int[]) s`,
    [date, all.map((one) => one.rule), all.map((one) => one.checked), all.map((one) => one.failed)],
  )
  const byArea = counted.flatMap(({ rule, counts }) =>
    counts.flatMap(({ area, checked, failed }) =>
      area === null || checked === 0 ? [] : [{ area, rule: rule.code, checked, failed }],
    ),
  )
  // Most areas are as they were the day before.
  await tx.query(
    `with counted as materialized (
       select * from unnest($1::int[], $2::text[], $3::int[], $4::int[])
         as u (node_id, rule, checked, failed)),
     gone as (
       delete from archive_score_area a where not exists (
         select from counted c where c.node_id = a.node_id and c.rule = a.rule))
     insert into archive_score_area (node_id, rule, checked, failed)
     select c.* from counted c where not exists (
       select from archive_score_area a where a.node_id = c.node_id and a.rule = c.rule
         and a.checked = c.checked and a.failed = c.failed)
     on conflict (node_id, rule) do update
       set checked = excluded.checked, failed = excluded.failed`,
    [
      byArea.map((one) => one.area),
      byArea.map((one) => one.rule),
      byArea.map((one) => one.checked),
      byArea.map((one) => one.failed),
    ],
  )
}

interface ScoreRow {
  readonly rule: string
  readonly checked: number
  readonly failed: number
}

/** Rules that are gone since are left out. */
const resultsOf = (rows: readonly ScoreRow[]): RuleResult[] =>
  archiveRules.flatMap((rule) => {
    const row = rows.find((one) => one.rule === rule.code)
    if (row === undefined) return []
    const { code, subject, en, zh, weight } = rule
    return [{ rule: code, subject, en, zh, weight, checked: row.checked, failed: row.failed }]
  })

export async function selectLastScore(
  db: Db,
): Promise<{ readonly date: BusinessDate | null; readonly rules: RuleResult[] }> {
  const rows = await db.query<ScoreRow & { readonly date: BusinessDate }>(
    `select business_date::text as date, rule, checked, failed from archive_score_day
     where business_date = (select max(business_date) from archive_score_day)`,
  )
  return { date: rows[0]?.date ?? null, rules: resultsOf(rows) }
}

/** Null where there is no such area. */
export async function selectAreaScore(db: Db, code: string): Promise<RuleResult[] | null> {
  const rows = await db.query<Partial<ScoreRow>>(
    `select s.rule, s.checked, s.failed from grid_node n
     left join archive_score_area s on s.node_id = n.id
     where n.kind = 'area' and n.code = $1::text`,
    [code],
  )
  if (rows.length === 0) return null
  return resultsOf(
    rows.flatMap(({ rule, checked, failed }) =>
      rule === undefined || checked === undefined || failed === undefined
        ? []
        : [{ rule, checked, failed }],
    ),
  )
}

const weights = () => [
  archiveRules.map(({ code }) => code),
  archiveRules.map(({ weight }) => weight),
]
/** Of all that is looked at, by weight: what is right. In percent. */
const score = `round(100 * (1 - sum(w.weight::numeric * s.failed)
  / nullif(sum(w.weight::numeric * s.checked), 0)), 2)`
const weighed = `unnest($1::text[], $2::int[]) as w (rule, weight)`

export async function scoreOf(db: Db, rules: readonly RuleResult[]): Promise<string | null> {
  const [row] = await db.query<{ score: string | null }>(
    `select ${score} as score
     from unnest($1::int[], $2::int[], $3::int[]) as s (weight, checked, failed)
     cross join lateral (values (s.weight)) as w (weight)`,
    [
      rules.map((one) => one.weight),
      rules.map((one) => one.checked),
      rules.map((one) => one.failed),
    ],
  )
  return row?.score ?? null
}

export async function selectWorstAreas(db: Db, limit: number): Promise<AreaScore[]> {
  return await db.query<AreaScore>(
    `select n.id, n.code, n.name, ${score} as score, sum(s.failed)::int as failed
     from archive_score_area s join ${weighed} on w.rule = s.rule
     join grid_node n on n.id = s.node_id
     group by n.id order by 4, n.id limit $3::int`,
    [...weights(), limit],
  )
}

export async function selectScoreDays(
  db: Db,
  from: BusinessDate,
  to: BusinessDate,
): Promise<ScoreDay[]> {
  return await db.query<ScoreDay>(
    `select s.business_date::text as date, ${score} as score, sum(s.failed)::int as failed
     from archive_score_day s join ${weighed} on w.rule = s.rule
     where s.business_date between $3::date and $4::date
     group by s.business_date order by s.business_date`,
    [...weights(), from, to],
  )
}

export async function selectGaps(
  db: Db,
  rule: ArchiveRule,
  area: string | null,
  at: Instant,
  { after, limit }: CheckPage,
): Promise<ArchiveGap[]> {
  const rows = await db.query<{ id: number; key: string; area: string | null }>(
    `select gap.id, gap.key, n.code as area
     from (select * from (${subjectRows[rule.subject]}) one
       where (${rule.about}) and (${rule.broken})) gap
     left join grid_node n on n.id = gap.area
     where gap.id > $2::int and ($3::text is null or n.kind = 'area' and n.code = $3::text)
     order by gap.id limit $4::int`,
    [timestamptz(at), after, area, limit],
  )
  return rows.map((row) => ({ ...row, subject: rule.subject }))
}

export async function selectChangeDays(
  db: Db,
  zone: string,
  from: BusinessDate,
  to: BusinessDate,
): Promise<ChangeDay[]> {
  return await db.query<ChangeDay>(
    `select (c.changed_at at time zone $1::text)::date::text as date, c.subject, c.action,
       count(*)::int as changes
     from archive_change c left join archive_import i on i.id = c.import_id
     where (c.import_id is null or i.state = 'applied')
       and c.changed_at >= $2::date::timestamp at time zone $1::text
       and c.changed_at < ($3::date + 1)::timestamp at time zone $1::text
     group by 1, 2, 3 order by 1, 2, 3`,
    [zone, from, to],
  )
}
