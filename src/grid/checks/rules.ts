/** What a rule looks at, one row each. */
export type RuleSubject = 'usage-point' | 'area' | 'meter' | 'account'

export interface ArchiveRule {
  readonly code: string
  readonly subject: RuleSubject
  /** Of how much it counts in the score. */
  readonly weight: number
  /** SQL over the columns of the subject's row: whom the rule is about, and who breaks it. */
  readonly about: string
  readonly broken: string
  readonly en: string
  readonly zh: string
}

const customer = `role in ('receive', 'generation')`

/** What makes an archive whole (档案完整性), by subject. */
const rows: readonly (readonly [string, RuleSubject, number, string, string, string, string])[] = [
  [
    'area-transformer',
    'area',
    5,
    'true',
    'transformers = 0',
    'transformer area without a transformer and its plate',
    '台区无变压器铭牌',
  ],
  [
    'area-supply',
    'area',
    5,
    'true',
    'supplies = 0',
    'transformer area without a supply point (gateway)',
    '台区无供电计量点（关口）',
  ],
  [
    'area-feeder',
    'area',
    5,
    'true',
    'not is_linked',
    'transformer area that hangs on no feeder',
    '台区未挂接线路',
  ],
  [
    'area-concentrator',
    'area',
    2,
    'true',
    'concentrators = 0',
    'transformer area without a concentrator',
    '台区无集中器',
  ],
  [
    'area-position',
    'area',
    1,
    'true',
    'longitude is null',
    'transformer area without coordinates',
    '台区无坐标',
  ],
  [
    'area-empty',
    'area',
    2,
    'true',
    'users = 0',
    'transformer area that nobody is supplied from',
    '台区无用户',
  ],
  [
    'point-area',
    'usage-point',
    5,
    `role is null or ${customer}`,
    'node_id is null',
    'usage point that counts on no node of the grid',
    '计量点无台区',
  ],
  [
    'point-once',
    'usage-point',
    5,
    customer,
    'places > 1',
    'usage point that counts as a user of several nodes at once',
    '计量点重复挂接',
  ],
  [
    'point-account',
    'usage-point',
    5,
    customer,
    'account_id is null',
    'usage point without an account',
    '计量点无户号',
  ],
  [
    'point-meter',
    'usage-point',
    5,
    'node_id is not null',
    'meter_id is null',
    'usage point without a meter',
    '计量点无电能表',
  ],
  [
    'point-position',
    'usage-point',
    1,
    'node_id is not null',
    'longitude is null',
    'usage point without coordinates',
    '计量点无坐标',
  ],
  [
    'point-phase',
    'usage-point',
    2,
    `wiring = '1p2w'`,
    `coalesce(phase, 'ABC') = 'ABC'`,
    'single-phase usage point without its phase',
    '单相计量点无相别',
  ],
  [
    'point-three-phase',
    'usage-point',
    2,
    `wiring in ('3p3w', '3p4w')`,
    `phase in ('A', 'B', 'C')`,
    'three-phase meter at a usage point that is entered on one phase',
    '三相表计量点登记为单相',
  ],
  [
    'account-contract',
    'account',
    5,
    'true',
    'contract_id is null',
    'account without a contract in force',
    '户无有效合同',
  ],
  [
    'account-tariff',
    'account',
    5,
    'contract_id is not null',
    'tariff is null',
    'contract without a tariff',
    '合同无电价',
  ],
  [
    'account-trade',
    'account',
    1,
    'contract_id is not null',
    'trade is null',
    'contract without a line of business',
    '合同无行业分类',
  ],
  [
    'account-generation',
    'account',
    5,
    'sources > 0',
    'not coalesce(generates, false)',
    'account that feeds in without a contract for it',
    '有发电计量点而无发电合同',
  ],
  [
    'account-point',
    'account',
    2,
    'true',
    'points = 0',
    'account without a usage point',
    '户无计量点',
  ],
  [
    'meter-point',
    'meter',
    5,
    'true',
    'usage_point_id is null',
    'meter in service that is installed at no usage point',
    '在用电能表无计量点',
  ],
  [
    'meter-plate',
    'meter',
    2,
    'true',
    'wiring is null or nominal_voltage is null or max_current is null',
    'meter without its plate: wiring, voltage, current',
    '电能表无铭牌参数',
  ],
  [
    'meter-once',
    'meter',
    5,
    'true',
    'namesakes > 1',
    'meters in service with the same address',
    '电能表地址重复',
  ],
]

export const archiveRules: readonly ArchiveRule[] = rows.map(
  ([code, subject, weight, about, broken, en, zh]) => ({
    code,
    subject,
    weight,
    about,
    broken,
    en,
    zh,
  }),
)

const held = (alias: string) => `(${alias}.valid_from <= $1::timestamptz
  and (${alias}.valid_to is null or ${alias}.valid_to > $1::timestamptz))`

/** Where a usage point is a customer or a source, once a point; `area` gets what it counts for. */
const places = `
  places as materialized (
    select p.usage_point_id, min(p.node_id) as node_id, count(*)::int as places,
      min(p.role) as role, min(p.phase) as phase
    from usage_point_place p where ${held('p')} and p.role in ('receive', 'generation', 'auxiliary')
      and not exists (select from usage_point_place s where s.usage_point_id = p.usage_point_id
        and s.role = 'supply' and ${held('s')})
    group by p.usage_point_id)`

/** For each subject its rows: `key` is what people call it by, `area` the node it belongs to. */
export const subjectRows: Readonly<Record<RuleSubject, string>> = {
  'usage-point': `with ${places}
    select u.id, u.code as key, p.node_id as area, p.node_id, coalesce(p.places, 0) as places,
      p.role, p.phase, u.longitude, h.account_id, i.meter_id, m.wiring
    from usage_point u
    left join places p on p.usage_point_id = u.id
    left join account_usage_point h on h.usage_point_id = u.id and ${held('h')}
    left join installation i on i.usage_point_id = u.id and ${held('i')}
    left join meter m on m.id = i.meter_id
    where p.usage_point_id is not null
      or (h.id is not null or i.id is not null) and not exists (
        select from usage_point_place s where s.usage_point_id = u.id and ${held('s')})`,
  area: `
    select n.id, n.code as key, n.id as area, n.longitude,
      (select count(*) from power_transformer t where t.node_id = n.id and ${held('t')})
        as transformers,
      (select count(*) from usage_point_place p where p.node_id = n.id and p.role = 'supply'
        and ${held('p')}) as supplies,
      (select count(*) from usage_point_place p where p.node_id = n.id and p.role = 'receive'
        and ${held('p')}) as users,
      (select count(*) from concentrator c join transformer t on t.id = c.transformer_id
        where t.node_id = n.id) as concentrators,
      exists (select from grid_link l where l.node_id = n.id and ${held('l')}) as is_linked
    from grid_node n where n.kind = 'area'`,
  account: `with ${places}
    select a.id, a.no as key, min(p.node_id) as area, count(h.usage_point_id) as points,
      count(*) filter (where p.role = 'generation') as sources, c.id as contract_id, c.tariff,
      c.trade, c.generates
    from account a
    left join account_usage_point h on h.account_id = a.id and ${held('h')}
    left join places p on p.usage_point_id = h.usage_point_id
    left join contract c on c.account_id = a.id and ${held('c')}
    group by a.id, c.id`,
  meter: `with ${places}
    select m.id, m.address as key, p.node_id as area, i.usage_point_id, m.wiring,
      m.nominal_voltage, m.max_current, count(*) over (partition by m.address) as namesakes
    from meter m
    left join installation i on i.meter_id = m.id and ${held('i')}
    left join places p on p.usage_point_id = i.usage_point_id
    where m.retired_at is null`,
}
