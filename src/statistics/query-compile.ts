import { fail, ok, type Result } from '#src/core'
import {
  type Column,
  cellEnergy,
  type Join,
  joinSql,
  pointDimensions,
  type QuerySource,
  sources,
} from './query-sources.ts'
import type { AdHocQuery, QueryColumn, QueryRefusal } from './query-types.ts'
import { gridKinds } from './types.ts'

export interface Compiled {
  readonly text: string
  readonly values: readonly unknown[]
  readonly columns: readonly QueryColumn[]
}

const USUAL_REGISTER = '1.8.0'
const DIMENSIONS_MAX = 6
const MEASURES_MAX = 8
const FILTERS_MAX = 20
const VALUES_MAX = 1_000
const DECIMAL = /^-?\d{1,15}(\.\d{1,6})?$/

const periods: Readonly<Record<string, (day: string) => string>> = {
  day: (day) => `${day}::text`,
  week: (day) => `date_trunc('week', ${day}::timestamp)::date::text`,
  month: (day) => `to_char(${day}, 'YYYY-MM')`,
  quarter: (day) => `to_char(${day}, 'YYYY-"Q"Q')`,
  year: (day) => `to_char(${day}, 'YYYY')`,
}

const joinOrder: readonly Join[] = [
  ...(['segment', 'cell', 'usage_point', 'account', 'customer', 'meter'] as const),
  ...(['region', 'substation', 'bus', 'feeder', 'area'] as const),
]

/**
 * What a gateway measures its customers take once more, and what is generated was never taken: where
 * nothing is said of it, such energies and loads are told apart by role.
 */
function byRole(query: AdHocQuery, source: QuerySource): AdHocQuery {
  const isTold =
    query.dimensions.some((name) => name === 'role' || name === 'point' || name === 'meter') ||
    query.filters.some(({ dimension }) => dimension === 'role')
  const isSum = query.measures.some((name) => /^kWh?$/i.test(source.measures[name]?.unit ?? ''))
  if (!isSum || isTold) return query
  return { ...query, dimensions: [...query.dimensions, 'role'] }
}

/** A query that people put together, as one statement; or what is wrong with it, by name. */
export function compileQuery(
  given: AdHocQuery,
  zone: string,
  limit: number,
): Result<Compiled, QueryRefusal> {
  const named = Object.hasOwn(sources, given.source) ? sources[given.source] : undefined
  if (named === undefined) return wrong(`source is one of ${Object.keys(sources).join(', ')}`)
  const query = byRole(given, named)
  const source = cheapest(query, named)
  const known = { ...pointDimensions, ...source.dimensions, ...periodsOf(source) }
  const mistake = mistakeIn(given, source, known)
  if (mistake !== null) return wrong(mistake)

  const values: unknown[] = [query.from, query.to, zone]
  const bind = (value: unknown) => `$${values.push(value)}`
  const dimensions = query.dimensions.map((name) => ({ name, column: known[name] }))
  const used = new Set<Join>()
  const columnOf = (name: string): string => {
    const column = known[name]
    for (const join of column?.joins ?? []) used.add(join)
    return column?.sql ?? 'null'
  }
  const keys = dimensions.map(({ name }) => columnOf(name))
  const measures = query.measures.map((name) => source.measures[name]?.sql ?? 'null')
  const conditions = [source.where]
  // Energies of different registers are no sum: without a word about it the active import is meant.
  const isToldApart = [...query.dimensions, ...query.filters.map((one) => one.dimension)]
  if ('register' in source.dimensions && !isToldApart.includes('register')) {
    conditions.push(`d.register = '${USUAL_REGISTER}'`)
  }
  for (const { dimension, is, values: words } of query.filters) {
    const sql = columnOf(dimension)
    if (is === 'prefix') {
      const starts = words.map((word) => `starts_with(${sql}, ${bind(word)}::text)`)
      conditions.push(`(${starts.join(' or ')})`)
    } else {
      const one = `coalesce(${sql}, '') = any(${bind([...words])}::text[])`
      conditions.push(is === 'in' ? one : `not ${one}`)
    }
  }
  const having = query.having.map(({ measure, is, value }) => {
    const sign = is === 'at-least' ? '>=' : '<='
    return `${source.measures[measure]?.sql ?? 'null'} ${sign} ${bind(value)}::numeric`
  })
  const columns: QueryColumn[] = [
    ...query.dimensions.map((name) => ({ name, kind: 'text', unit: '' }) as const),
    ...query.measures.map((name) => {
      return { name, kind: 'number', unit: source.measures[name]?.unit ?? '' } as const
    }),
  ]
  const order = query.order.map(({ by, descending }) => {
    const place = columns.findIndex(({ name }) => name === by) + 1
    return `${place} ${descending ? 'desc' : 'asc'} nulls last`
  })
  const places = [...query.dimensions.map((_, index) => `${index + 1}`)]
  const joined = joinOrder.filter((join) => used.has(join))
  const above = joined.some((join) => gridKinds.includes(join))
    ? `with above as materialized (
         select node_id, ancestor_id, kind, valid_from, valid_to from statistics_above($3)
         where is_nearest) `
    : ''
  const inner = [...keys, ...measures].map((sql, index) => `${sql} as c${index + 1}`).join(', ')
  const text = `${above}select ${inner} from ${source.from}
    ${joined.map((join) => joinSql(join, source)).join('\n')}
    where ${conditions.join(' and ')} and $3::text is not null
    ${places.length > 0 ? `group by ${places.join(', ')}` : ''}
    ${having.length > 0 ? `having ${having.join(' and ')}` : ''}
    order by ${[...order, ...places, '1'].join(', ')} limit ${bind(limit + 1)}::int`
  return ok({ text, values, columns })
}

/** Sums of cells answer a hundred times as fast, where they know what is asked for. */
function cheapest(query: AdHocQuery, source: QuerySource): QuerySource {
  if (source !== sources.energy) return source
  const dimensions = [...query.dimensions, ...query.filters.map(({ dimension }) => dimension)]
  const ofCells = dimensions.every((name) => {
    const joins = pointDimensions[name]?.joins
    return joins === undefined ? name !== 'quality' : joins.includes('cell')
  })
  const measures = [...query.measures, ...query.having.map(({ measure }) => measure)]
  return ofCells && measures.every((name) => name in cellEnergy.measures) ? cellEnergy : source
}

function periodsOf({ day }: QuerySource): Readonly<Record<string, Column>> {
  if (day === null) return {}
  return Object.fromEntries(
    Object.entries(periods).map(([name, sql]) => [name, { sql: sql(day), joins: [] }]),
  )
}

function mistakeIn(
  query: AdHocQuery,
  source: QuerySource,
  known: Readonly<Record<string, Column>>,
): string | null {
  const { measures, dimensions, filters, having, order } = query
  if (measures.length < 1 || measures.length > MEASURES_MAX) {
    return `one to ${MEASURES_MAX} measures, please`
  }
  if (dimensions.length > DIMENSIONS_MAX) return `at most ${DIMENSIONS_MAX} dimensions`
  if (filters.length + having.length > FILTERS_MAX) return `at most ${FILTERS_MAX} filters`
  if (new Set([...measures, ...dimensions]).size < measures.length + dimensions.length) {
    return 'a measure or dimension is named twice'
  }
  const unknown = [
    ...[...measures, ...having.map(({ measure }) => measure)]
      .filter((name) => !Object.hasOwn(source.measures, name))
      .map((name) => `measure ${name}: there are ${Object.keys(source.measures).join(', ')}`),
    ...[...dimensions, ...filters.map(({ dimension }) => dimension)]
      .filter((name) => !Object.hasOwn(known, name))
      .map((name) => `dimension ${name}: there are ${Object.keys(known).join(', ')}`),
    ...order
      .filter(({ by }) => !measures.includes(by) && !dimensions.includes(by))
      .map(({ by }) => `order by ${by}, which is neither a measure nor a dimension of the query`),
    ...filters
      .filter(({ values }) => values.length < 1 || values.length > VALUES_MAX)
      .map(({ dimension }) => `one to ${VALUES_MAX} values to compare ${dimension} with`),
    ...filters
      .filter(({ values }) => values.some((value) => value.includes('\0')))
      .map(({ dimension }) => `a value to compare ${dimension} with is no text`),
    ...having
      .filter(({ value }) => !DECIMAL.test(value))
      .map(({ measure, value }) => `${value}, with which ${measure} is compared, is no decimal`),
  ]
  return unknown[0] ?? null
}

const wrong = (message: string) => fail({ kind: 'wrong', message } as const)
