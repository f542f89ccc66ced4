import type { Db } from '#src/db'

/** The register that bills rest on. */
const REGISTER = '1.8.0'

/**
 * A change of meter or transformers (换表, 换互感器) between two installations of a usage point at which
 * the register is not known: neither written, nor said by the meter at that moment. The day's energy
 * is not known either, and stays so until somebody enters it.
 */
export async function checkChanges(tx: Db): Promise<void> {
  await tx.query(
    `insert into validating_found
       (task, register, measured_at, code, version, act, severity, evidence)
     select t.no, '${REGISTER}', null, r.code, r.version, r.act, r.severity,
       jsonb_build_object('end', c.which, 'at', c.at)
     from validating_task t
     join validating_rule r on r.audience = t.audience and r.code = 'swap-unresolved'
     join installation i on i.id = t.installation_id
     cross join lateral (
       select 'opening' as which, i.valid_from as at, i.valid_from < t.ends_at as is_here
       union all
       select 'closing', i.valid_to, i.valid_to <= t.ends_at and i.valid_to > t.starts_at) c
     where c.is_here and c.at >= t.starts_at
       and exists (
         select from installation o where o.usage_point_id = i.usage_point_id and o.id <> i.id
           and case c.which when 'opening' then o.valid_to else o.valid_from end = c.at)
       and not exists (
         select from installation_ends e where e.installation_id = i.id
           and e.register = '${REGISTER}' and e.at = c.at)
       and not exists (
         select from validating_point p where p.task = t.no
           and p.register = '${REGISTER}' and p.measured_at = c.at)`,
  )
}
