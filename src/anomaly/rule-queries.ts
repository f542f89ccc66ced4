import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Rule } from './types.ts'

const columns = `r.code, r.version, r.shape, r.parameters, r.customer_class as "customerClass",
  r.severity, r.base_score as "baseScore", r.raise_days as "raiseDays",
  r.raise_within as "raiseWithin", r.clear_days as "clearDays", r.opens_case as "opensCase",
  r.enabled, case when r.customer_class is null then array(
    select o.customer_class from anomaly_rule o where o.code = r.code and o.valid_to is null
      and o.customer_class is not null order by 1) else '{}' end as "otherClasses"`

/** What is in force now. */
export async function selectRules(db: Db): Promise<Rule[]> {
  return await db.query<Rule>(
    `select ${columns} from anomaly_rule r where r.valid_to is null
     order by r.code, r.customer_class nulls first`,
  )
}

/** The version in force ends and the next begins. */
export async function putRule(
  tx: Db,
  rule: Rule,
  by: { readonly name: string; readonly reason: string; readonly now: Instant },
): Promise<number> {
  await tx.query(
    `update anomaly_rule set valid_to = greatest($3::timestamptz, valid_from)
     where code = $1 and customer_class is not distinct from $2::text and valid_to is null`,
    [rule.code, rule.customerClass, timestamptz(by.now)],
  )
  const [row] = await tx.query<{ version: number }>(
    `insert into anomaly_rule (code, version, shape, parameters, customer_class, severity,
       base_score, raise_days, raise_within, clear_days, opens_case, enabled, valid_from, made_by,
       reason)
     select $1, max(version) + 1, $2, $3::jsonb, $4, $5, $6::smallint, $7::smallint, $8::smallint,
       $9::smallint, $10::boolean, $11::boolean, $12::timestamptz, $13, $14
     from anomaly_rule where code = $1
     returning version`,
    [
      ...[rule.code, rule.shape, JSON.stringify(rule.parameters), rule.customerClass],
      ...[rule.severity, rule.baseScore, rule.raiseDays, rule.raiseWithin, rule.clearDays],
      ...[rule.opensCase, rule.enabled, timestamptz(by.now), by.name, by.reason],
    ],
  )
  return row?.version ?? rule.version
}
