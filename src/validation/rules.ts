import { type Clock, fail, type Instant, idOf, ok, type Result } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import type { Act, Also, CustomerClass, Rule, RuleChange, RuleRefusal, Severity } from './types.ts'

interface RuleRow {
  readonly id: number
  readonly kind: 'rule' | 'method'
  readonly code: string
  readonly version: number
  readonly customer_class: CustomerClass | null
  readonly group_name: string | null
  readonly act: Act
  readonly severity: Severity
  readonly parameters: Readonly<Record<string, unknown>>
  readonly position: number | null
  readonly valid_from: Instant
  readonly valid_to: Instant | null
  readonly made_by: string
  readonly reason: string
}

const select = `
  select r.id, r.kind, r.code, r.version, r.customer_class, g.name as group_name, r.act, r.severity,
    r.parameters, r.position, r.valid_from, r.valid_to, r.made_by, r.reason
  from validation_rule r left join meter_group g on g.id = r.group_id`

const ruleOf = (row: RuleRow): Rule => ({
  id: idOf(row.id),
  kind: row.kind,
  code: row.code,
  version: row.version,
  customerClass: row.customer_class,
  group: row.group_name,
  act: row.act,
  severity: row.severity,
  parameters: row.parameters,
  position: row.position,
  validFrom: row.valid_from,
  validTo: row.valid_to,
  madeBy: row.made_by,
  reason: row.reason,
})

/** Those in force, or every version of one code. */
export async function listRules(db: Db, code: string | null): Promise<readonly Rule[]> {
  const rows = await db.query<RuleRow>(
    `${select} where case when $1::text is null then r.valid_to is null else r.code = $1::text end
     order by r.kind desc, r.position nulls first, r.code, r.version desc`,
    [code],
  )
  return rows.map(ruleOf)
}

/** A new version from now on, for all or for some; the one before it ends. */
export async function changeRule(
  db: Database,
  clock: Clock,
  change: RuleChange,
  by: string,
  also: Also,
): Promise<Result<Rule, RuleRefusal>> {
  return await db.transaction(async (tx) => {
    await tx.query(`select 1 from validation_rule where code = $1::text order by id for update`, [
      change.code,
    ])
    const all = await listRules(tx, change.code)
    const isSame = (one: Rule) =>
      one.customerClass === change.customerClass && one.group === change.group
    const own = all.find((one) => one.validTo === null && isSame(one))
    const base = own ?? all.find((one) => one.customerClass === null && one.group === null)
    if (base === undefined) {
      return fail({ kind: 'no-such-rule', message: `there is no rule ${change.code}` })
    }
    const problem = problemOf(base, change)
    if (problem !== undefined) return fail({ kind: 'bad-parameters', message: problem })
    const groupId = await groupOf(tx, change.group)
    if (groupId === undefined) {
      return fail({ kind: 'no-such-group', message: `there is no group of meters ${change.group}` })
    }
    const now = timestamptz(clock.now())
    if (own !== undefined) {
      await tx.query('update validation_rule set valid_to = $2::timestamptz where id = $1::int', [
        own.id,
        now,
      ])
    }
    const parameters = { ...base.parameters, ...change.parameters }
    const [made] = await tx.query<{ id: number }>(
      `insert into validation_rule (kind, code, version, customer_class, group_id, act, severity,
         parameters, position, valid_from, made_by, made_at, reason)
       select $1::text, $2::text, max(version) + 1, $3::text, $4::int, $5::text, $6::text,
         $7::jsonb, $8::int, $9::timestamptz, $10::text, $9::timestamptz, $11::text
       from validation_rule where code = $2::text returning id`,
      [
        base.kind,
        change.code,
        change.customerClass,
        groupId,
        change.act ?? base.act,
        change.severity ?? base.severity,
        JSON.stringify(parameters),
        change.position ?? base.position,
        now,
        by,
        change.reason,
      ],
    )
    const rows = await tx.query<RuleRow>(`${select} where r.id = $1::int`, [made?.id ?? 0])
    const rule = rows.map(ruleOf)[0]
    if (rule === undefined) throw new Error('a rule that was made is there')
    await also(tx, { code: rule.code, version: rule.version })
    return ok(rule)
  })
}

/** What was for some only holds no longer: from now on they are judged as all others are. */
export async function endRule(
  db: Database,
  clock: Clock,
  { code, customerClass, group }: Pick<RuleChange, 'code' | 'customerClass' | 'group'>,
  also: Also,
): Promise<Result<Rule, RuleRefusal>> {
  if (customerClass === null && group === null) {
    const message = `${code} is for all and does not end; turn it off`
    return fail({ kind: 'bad-parameters', message })
  }
  return await db.transaction(async (tx) => {
    const [ended] = await tx.query<{ id: number }>(
      `update validation_rule r set valid_to = greatest($4::timestamptz, r.valid_from)
       where r.code = $1::text and r.valid_to is null
         and r.customer_class is not distinct from $2::text
         and (select g.name from meter_group g where g.id = r.group_id) is not distinct from $3::text
       returning r.id`,
      [code, customerClass, group, timestamptz(clock.now())],
    )
    const rows = await tx.query<RuleRow>(`${select} where r.id = $1::int`, [ended?.id ?? 0])
    const rule = rows.map(ruleOf)[0]
    if (rule === undefined) {
      const message = `there is no rule ${code} for ${group ?? customerClass} alone`
      return fail({ kind: 'no-such-rule', message })
    }
    await also(tx, { code, version: rule.version })
    return ok(rule)
  })
}

/** Only parameters that the rule has, each of the kind it had; numbers may be written as text. */
function problemOf(base: Rule, { act, parameters = {} }: RuleChange): string | undefined {
  if (act !== undefined && act !== 'off' && (act === 'estimate') !== (base.kind === 'method')) {
    return `${base.code} cannot ${act}`
  }
  for (const [name, value] of Object.entries(parameters)) {
    const known = base.parameters[name]
    if (known === undefined && base.kind === 'rule') return `${base.code} has no ${name}`
    if (known !== undefined && !isLike(known, value)) return `${name} is not like what it was`
  }
  return undefined
}

const isNumber = (value: unknown): boolean =>
  (typeof value === 'number' && Number.isFinite(value) && value >= 0) ||
  (typeof value === 'string' && /^\d{1,12}(\.\d{1,6})?$/.test(value))

function isLike(known: unknown, value: unknown): boolean {
  if (Array.isArray(known)) return Array.isArray(value) && value.length <= 1_000
  if (typeof known === 'boolean') return typeof value === 'boolean'
  if (typeof known === 'number') return typeof value === 'number' && isNumber(value)
  return isNumber(value)
}

/** Null for no group, undefined for one that does not exist. */
async function groupOf(tx: Db, name: string | null): Promise<number | null | undefined> {
  if (name === null) return null
  const [row] = await tx.query<{ id: number }>('select id from meter_group where name = $1::text', [
    name,
  ])
  return row?.id
}
