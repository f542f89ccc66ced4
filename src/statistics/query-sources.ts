/**
 * What may be asked for, as SQL that is written here and nowhere else: people choose names, and
 * what they compare with goes as parameters. `$1` and `$2` are the first and the last day, `$3` is
 * the zone.
 */
export interface QuerySource {
  /** `d` is its alias; it has usage_point_id and business_date unless it says otherwise. */
  readonly from: string
  readonly where: string
  readonly measures: Readonly<Record<string, Measure>>
  /** Beside those of every usage point. */
  readonly dimensions: Readonly<Record<string, Column>>
  /** SQL: its civil day; null where it has none. */
  readonly day: string | null
  /** SQL: its usage point; null of sums, which have a cell instead. */
  readonly point: string | null
}

export interface Measure {
  readonly sql: string
  readonly unit: string
}

/** A word that rows are told apart by, and what has to be joined for it. */
export interface Column {
  readonly sql: string
  readonly joins: readonly Join[]
}

export type Join =
  | 'segment'
  | 'cell'
  | 'usage_point'
  | 'account'
  | 'customer'
  | 'meter'
  | 'region'
  | 'substation'
  | 'bus'
  | 'feeder'
  | 'area'

const kwh = (sql: string): Measure => ({ sql: `trim_scale(${sql} * 0.000001)`, unit: 'kWh' })
const kw = (sql: string): Measure => ({ sql: `trim_scale(${sql} * 0.000004)`, unit: 'kW' })
const ratio = (over: string, under: string): Measure => {
  return { sql: `round((${over})::numeric / nullif(${under}, 0), 4)`, unit: '' }
}
const count = (sql: string): Measure => ({ sql, unit: '' })

export const sources: Readonly<Record<string, QuerySource>> = {
  energy: {
    from: 'usage_day d',
    where: 'd.business_date between $1::date and $2::date',
    day: 'd.business_date',
    point: 'd.usage_point_id',
    measures: {
      energy: kwh('sum(d.energy)'),
      estimated: kwh('sum(d.estimated)'),
      estimatedShare: ratio('sum(d.estimated)', 'sum(d.energy)'),
      pointDays: count('count(*)'),
      points: count('count(distinct d.usage_point_id)'),
      perPoint: kwh('round(sum(d.energy) / count(distinct d.usage_point_id), 0)'),
      most: kwh('max(d.energy)::numeric'),
      least: kwh('min(d.energy)::numeric'),
    },
    dimensions: {
      register: { sql: 'd.register', joins: [] },
      quality: {
        sql: `(array['measured', 'interpolated', 'suspect', 'incomplete', 'estimated',
          'edited'])[d.quality]`,
        joins: [],
      },
    },
  },
  load: {
    from: 'load_day d',
    where: 'd.business_date between $1::date and $2::date',
    day: 'd.business_date',
    point: 'd.usage_point_id',
    measures: {
      peak: kw('max(d.peak)::numeric'),
      least: kw('min(d.least)::numeric'),
      mean: {
        sql: 'round(sum(d.energy) * 4 / nullif(sum(d.quarters), 0) * 0.000001, 3)',
        unit: 'kW',
      },
      loadFactor: ratio('avg(d.energy::numeric / nullif(d.peak::numeric * d.quarters, 0))', '1'),
      nightBase: {
        sql: 'round(sum(d.night) * 4 / nullif(sum(d.night_quarters), 0) * 0.000001, 3)',
        unit: 'kW',
      },
      points: count('count(distinct d.usage_point_id)'),
      pointDays: count('count(*)'),
    },
    dimensions: {},
  },
  quality: {
    from: 'quality_day d',
    where: 'd.business_date between $1::date and $2::date',
    day: 'd.business_date',
    point: 'd.usage_point_id',
    measures: {
      qualificationRate: ratio('sum(d.examined) - sum(d.below) - sum(d.above)', 'sum(d.examined)'),
      belowHours: { sql: 'round(sum(d.below) / 3600.0, 2)', unit: 'h' },
      aboveHours: { sql: 'round(sum(d.above) / 3600.0, 2)', unit: 'h' },
      leastVoltage: ratio('min(d.least_voltage)', '10000'),
      mostVoltage: ratio('max(d.most_voltage)', '10000'),
      voltageImbalance: ratio('max(d.voltage_imbalance)', '10000'),
      currentImbalance: ratio('max(d.current_imbalance)', '10000'),
      points: count('count(distinct d.usage_point_id)'),
    },
    dimensions: { supplyClass: { sql: 'd.supply_class', joins: [] } },
  },
  events: {
    from: `(select e.*, i.usage_point_id, (e.at at time zone $3)::date as business_date
      from device_event e join installation i on i.meter_id = e.meter_id
        and i.valid_from <= e.at and (i.valid_to is null or i.valid_to > e.at)
      where e.at >= ($1::date)::timestamp at time zone $3
        and e.at < ($2::date + 1)::timestamp at time zone $3) d`,
    where: 'true',
    day: 'd.business_date',
    point: 'd.usage_point_id',
    measures: {
      events: count('count(*)'),
      points: count('count(distinct d.usage_point_id)'),
      hours: {
        sql: 'round(sum(extract(epoch from d.cleared_at - d.raised_at) / 3600), 2)',
        unit: 'h',
      },
    },
    dimensions: {
      code: { sql: 'd.code', joins: [] },
      phase: { sql: `nullif(d.phase, '')`, joins: [] },
    },
  },
  archive: {
    from: '(select id as usage_point_id, $2::date as business_date from usage_point) d',
    where: '$1::date is not null',
    day: null,
    point: 'd.usage_point_id',
    measures: { points: count('count(distinct d.usage_point_id)') },
    dimensions: {},
  },
}

/** The same sums by cell, where no single usage point is asked for. */
export const cellEnergy: QuerySource = {
  from: 'statistics_energy d',
  where: 'd.business_date between $1::date and $2::date',
  day: 'd.business_date',
  point: null,
  measures: {
    energy: kwh('sum(d.energy)'),
    estimated: kwh('sum(d.estimated)'),
    estimatedShare: ratio('sum(d.estimated)', 'sum(d.energy)'),
    pointDays: count('sum(d.points)'),
  },
  dimensions: { register: { sql: 'd.register', joins: [] } },
}

const grid = (kind: Join): Column => ({ sql: `n_${kind}.code`, joins: ['segment', 'cell', kind] })

/** Dimensions of every usage point. */
export const pointDimensions: Readonly<Record<string, Column>> = {
  point: { sql: 'u.code', joins: ['usage_point'] },
  account: { sql: 'a.no', joins: ['account'] },
  customer: { sql: 'k.name', joins: ['account', 'customer'] },
  meter: { sql: 'm.address', joins: ['meter'] },
  model: { sql: 'm.model', joins: ['meter'] },
  wiring: { sql: 'm.wiring', joins: ['meter'] },
  protocol: { sql: 'm.protocol', joins: ['meter'] },
  class: { sql: `nullif(c.customer_class, '')`, joins: ['segment', 'cell'] },
  tariff: { sql: `nullif(c.tariff, '')`, joins: ['segment', 'cell'] },
  trade: { sql: `nullif(c.trade, '')`, joins: ['segment', 'cell'] },
  role: { sql: 'c.role', joins: ['segment', 'cell'] },
  region: grid('region'),
  substation: grid('substation'),
  bus: grid('bus'),
  feeder: grid('feeder'),
  area: grid('area'),
}

/** SQL of a join, for rows `d` of a day. */
export function joinSql(join: Join, source: QuerySource): string {
  const day = 'd.business_date'
  const moment = `((${day} + 1)::timestamp at time zone $3) - interval '1 microsecond'`
  const held = (alias: string) =>
    `${alias}.valid_from <= ${moment} and (${alias}.valid_to is null or ${alias}.valid_to > ${moment})`
  switch (join) {
    case 'segment':
      return source.point === null
        ? ''
        : `left join statistics_segment s on s.usage_point_id = ${source.point}
             and s.valid_from <= ${day} and s.valid_to > ${day}`
    case 'cell':
      return `left join statistics_cell c
        on c.id = ${source.point === null ? 'd.cell_id' : 's.cell_id'}`
    case 'usage_point':
      return `join usage_point u on u.id = ${source.point}`
    case 'account':
      return `left join account_usage_point h on h.usage_point_id = ${source.point}
        and ${held('h')} left join account a on a.id = h.account_id`
    case 'customer':
      return 'left join customer k on k.id = a.customer_id'
    case 'meter':
      return `left join installation i on i.usage_point_id = ${source.point} and ${held('i')}
        left join meter m on m.id = i.meter_id`
    case 'region':
    case 'substation':
    case 'bus':
    case 'feeder':
    case 'area':
      return `left join (select * from above where kind = '${join}') a_${join}
          on a_${join}.node_id = c.node_id and a_${join}.valid_from <= ${day}
          and a_${join}.valid_to > ${day}
        left join grid_node n_${join} on n_${join}.id = a_${join}.ancestor_id`
  }
}
