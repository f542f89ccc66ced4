import type { BusinessDate } from '#src/core'
import type { Db } from '#src/db'
import type { LossScope } from './types.ts'

/** How losses of a scope are computed and judged from a day on. Shares and rates are of one. */
export interface LossPolicy {
  readonly scope: LossScope
  readonly validFrom: BusinessDate
  readonly denominator: 'net' | 'gross'
  readonly auxiliary: 'output' | 'loss'
  readonly userSuccessMin: string
  readonly estimatedMax: string
  readonly rateLow: string
  readonly rateHigh: string
  readonly changeMax: string
  readonly powerFactor: string
  readonly shape: string
}

export async function selectPolicies(db: Db): Promise<LossPolicy[]> {
  return await db.query<LossPolicy>(
    `select scope, valid_from as "validFrom", denominator, auxiliary,
       user_success_min as "userSuccessMin", estimated_max as "estimatedMax",
       rate_low as "rateLow", rate_high as "rateHigh", change_max as "changeMax",
       power_factor as "powerFactor", shape
     from loss_policy order by scope, valid_from`,
  )
}

/** The policy of a scope from a day on; what was computed since is due again. */
export async function putPolicy(db: Db, policy: LossPolicy): Promise<void> {
  await db.query(
    `insert into loss_policy (scope, valid_from, denominator, auxiliary, user_success_min,
       estimated_max, rate_low, rate_high, change_max, power_factor, shape)
     values ($1, $2::date, $3, $4, $5::numeric, $6::numeric, $7::numeric, $8::numeric, $9::numeric,
       $10::numeric, $11::numeric)
     on conflict (scope, valid_from) do update set denominator = excluded.denominator,
       auxiliary = excluded.auxiliary, user_success_min = excluded.user_success_min,
       estimated_max = excluded.estimated_max, rate_low = excluded.rate_low,
       rate_high = excluded.rate_high, change_max = excluded.change_max,
       power_factor = excluded.power_factor, shape = excluded.shape`,
    [
      policy.scope,
      policy.validFrom,
      policy.denominator,
      policy.auxiliary,
      policy.userSuccessMin,
      policy.estimatedMax,
      policy.rateLow,
      policy.rateHigh,
      policy.changeMax,
      policy.powerFactor,
      policy.shape,
    ],
  )
  for (const period of ['day', 'month']) {
    await db.query(
      `insert into loss_due (period, starts_on, node_id)
       select $1, e.starts_on, e.scope_id from loss_${period} e
       where e.scope <> 'voltage' and e.starts_on >= $2::date
       on conflict do nothing`,
      [period, policy.validFrom],
    )
  }
}
