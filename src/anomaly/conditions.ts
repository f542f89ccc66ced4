import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { fail, ok, type Result } from '#src/core'

/** What a sample of a curve, or one of its phases, can be judged by; a column of the samples. */
export const sampleMeasures = {
  u: 'u',
  i: 'i',
  others: 'others',
  othersU: 'others_u',
  p: 'p',
  generates: 'generates',
  usual: 'usual',
  voltageImbalance: 'voltage_imbalance',
  currentImbalance: 'current_imbalance',
  neutral: 'neutral',
  leakage: 'leakage',
  iMax: 'i_max',
  iMeasured: 'i_measured',
  load: 'load',
  contract: 'contract',
  pf: 'pf',
  mismatch: 'mismatch',
  advance: 'advance',
  advanceMax: 'advance_max',
  expected: 'expected',
  ctLoad: 'ct_load',
} as const

/** What a day of a usage point can be judged by; a column of the days. Energy in kWh. */
export const dayMeasures = {
  energy: 'energy',
  usual: 'usual',
  z: 'z',
  peerZ: 'peer_z',
  peers: 'peers',
  historyDays: 'history_days',
  night: 'night',
  usualNight: 'usual_night',
  reverse: 'reverse',
  generates: 'generates',
  gateway: 'gateway',
  estimated: 'estimated',
  missing: 'missing',
  same: 'same',
  contractPeak: 'contract_peak',
  contractKw: 'contract_kw',
  contractFactor: 'contract_factor',
  contractMeasured: 'contract_measured',
  ratingPeak: 'rating_peak',
  ratingKva: 'rating_kva',
  ratingKw: 'rating_kw',
  ratingMeasured: 'rating_measured',
  voltageOff: 'voltage_off',
} as const

/** What the values of a measure count in, as evidence says it. */
export const units: Readonly<
  Record<keyof typeof sampleMeasures | keyof typeof dayMeasures, string>
> = {
  u: 'Un',
  i: 'Ib',
  others: 'Ib',
  othersU: 'Un',
  p: 'Un·Ib',
  generates: '1 if the contract says so',
  usual: 'kWh',
  voltageImbalance: 'of the mean',
  currentImbalance: 'of the mean',
  neutral: 'of the greatest phase',
  leakage: 'of the greater current',
  iMax: 'Imax',
  iMeasured: 'Ib',
  load: 'greatest power',
  contract: 'of the kVA of the contract',
  pf: '',
  mismatch: 'of U·I·cosφ',
  advance: 'kWh as shown',
  advanceMax: 'greatest energy',
  expected: 'kWh as shown',
  ctLoad: 'rated secondary current',
  energy: 'kWh',
  z: 'robust deviations',
  peerZ: 'robust deviations',
  peers: 'usage points',
  historyDays: 'days',
  night: 'kWh of 02:00 to 05:00',
  usualNight: 'kWh of 02:00 to 05:00',
  reverse: 'kWh',
  gateway: '1 if it supplies the area',
  estimated: 'of the energy',
  missing: '1 if there is none',
  same: '1 if as the day before',
  contractPeak: 'of the kVA of the contract',
  contractKw: 'kW',
  contractFactor: 'kW/kVA',
  contractMeasured: '1 if reactive energy was, else the factor is assumed',
  ratingPeak: 'of the kVA of the transformers',
  ratingKva: 'kVA',
  ratingKw: 'kW',
  ratingMeasured: '1 if reactive energy was, else a power factor is assumed',
  voltageOff: 'of the examined time',
}

/** Units of what the conditions judge, as a text of JSON for SQL. */
export function unitsOf(conditions: readonly Condition[]): string {
  const named: Readonly<Record<string, string>> = units
  const of = conditions.flatMap(({ of, times }) => (times === undefined ? [of] : [of, times]))
  return JSON.stringify(Object.fromEntries(of.map((name) => [name, named[name] ?? ''])))
}

type Measures = typeof sampleMeasures | typeof dayMeasures

const Condition = Type.Object(
  {
    of: Type.String(),
    above: Type.Optional(Type.Number()),
    below: Type.Optional(Type.Number()),
    atLeast: Type.Optional(Type.Number()),
    atMost: Type.Optional(Type.Number()),
    /** The limit counts so many times this measure. */
    times: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
const Conditions = Type.Array(Condition, { minItems: 1, maxItems: 8 })
type Condition = Static<typeof Condition>

const Samples = Type.Object(
  {
    start: Conditions,
    end: Conditions,
    /** So many samples between two that fulfil the end. */
    samples: Type.Integer({ minimum: 1, maximum: 1_000 }),
    total: Type.Optional(Condition),
    /** Of the usual energy while it lasts: what may be missing. */
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
  },
  { additionalProperties: false },
)
const Days = Type.Object(
  {
    start: Conditions,
    end: Conditions,
    stake: Type.Optional(
      Type.Union([Type.Literal('fall'), Type.Literal('night'), Type.Literal('reverse')]),
    ),
    /** Measures that the evidence tells beside those that are judged. */
    tells: Type.Optional(Type.Array(Type.String(), { maxItems: 8 })),
  },
  { additionalProperties: false },
)
const Codes = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]*$' }), { minItems: 1 })
const Event = Type.Object(
  {
    codes: Codes,
    /** So many within so many days. */
    count: Type.Optional(Type.Integer({ minimum: 1 })),
    within: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 })),
    /** The use fell by this share since, and is back again at that share less. */
    fall: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    recovered: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    daysMin: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
)
const Validation = Type.Object({ codes: Codes }, { additionalProperties: false })
const ClockRule = Type.Object(
  { minutes: Type.Number(), below: Type.Optional(Type.Number()), end: Type.Number() },
  { additionalProperties: false },
)
const Suspect = Type.Object(
  { score: Type.Integer(), end: Type.Integer() },
  { additionalProperties: false },
)

export const shapes = {
  samples: Samples,
  days: Days,
  event: Event,
  validation: Validation,
  clock: ClockRule,
  suspect: Suspect,
} as const
export type Shape = keyof typeof shapes

export type Parameters<S extends Shape> = Static<(typeof shapes)[S]>

/** Parameters of a shape, or why they are none. */
export function parametersOf<S extends Shape>(
  shape: S,
  value: unknown,
): Result<Parameters<S>, string> {
  const schema = shapes[shape]
  if (!Value.Check(schema, value)) {
    const [first] = [...Value.Errors(schema, value)]
    return fail(`${first?.path ?? ''} ${first?.message ?? 'is not of the shape'}`.trim())
  }
  const wrong = unknownMeasure(shape, value)
  return wrong === null ? ok(value) : fail(wrong)
}

function unknownMeasure(shape: Shape, value: unknown): string | null {
  if (shape !== 'samples' && shape !== 'days') return null
  const measures: Readonly<Record<string, string>> =
    shape === 'samples' ? sampleMeasures : dayMeasures
  const judged = Value.Cast(shape === 'samples' ? Samples : Days, value)
  const total = 'total' in judged && judged.total !== undefined ? [judged.total] : []
  const told = 'tells' in judged ? (judged.tells ?? []) : []
  const stranger = told.find((name) => !Object.hasOwn(measures, name))
  if (stranger !== undefined) return `${stranger} is no measure of ${shape}`
  for (const one of [...judged.start, ...judged.end, ...total]) {
    for (const name of [one.of, ...(one.times === undefined ? [] : [one.times])]) {
      if (!Object.hasOwn(measures, name)) return `${name} is no measure of ${shape}`
    }
    if (bounds(one).length === 0) return `${one.of} has no limit`
  }
  return null
}

const operators = { above: '>', below: '<', atLeast: '>=', atMost: '<=' } as const

function bounds(one: Condition) {
  return (['above', 'below', 'atLeast', 'atMost'] as const).flatMap((name) => {
    const limit = one[name]
    return limit === undefined ? [] : [{ operator: operators[name], limit }]
  })
}

/** What each compares with what, over columns of `row`. */
function comparisons(conditions: readonly Condition[], measures: Measures, row: string) {
  return conditions.flatMap((one) => {
    const of = `${row}.${columnOf(one.of, measures)}`
    const times = one.times === undefined ? '' : ` * ${row}.${columnOf(one.times, measures)}`
    return bounds(one).map(({ operator, limit }) => ({ of, operator, limit: `${limit}${times}` }))
  })
}

/** All of them, as an SQL expression over columns of `row`; null where something is not known. */
export function holds(conditions: readonly Condition[], measures: Measures, row: string): string {
  return comparisons(conditions, measures, row)
    .map(({ of, operator, limit }) => `${of} ${operator} ${limit}`)
    .join(' and ')
}

/** What is so wherever `holds` is, also where the columns are a little off: by `slack` at most. */
export function mayHold(
  conditions: readonly Condition[],
  measures: Measures,
  row: string,
  slack: number,
): string {
  return comparisons(conditions, measures, row)
    .map(({ of, operator, limit }) => {
      const margin = `${slack} * (1 + abs(${limit}))`
      return operator.startsWith('>')
        ? `${of} >= ${limit} - ${margin}`
        : `${of} <= ${limit} + ${margin}`
    })
    .join(' and ')
}

/** How far the first condition is beyond its limit, from 1 to 5. */
export function strength(conditions: readonly Condition[], measures: Measures, row: string) {
  const [first] = conditions
  const [bound] = first === undefined ? [] : bounds(first)
  if (first === undefined || bound === undefined || bound.limit === 0) return '1::numeric'
  const of = `abs(${row}.${columnOf(first.of, measures)})::numeric`
  const isUpward = bound.operator.startsWith('>') || bound.limit < 0
  const limit = Math.abs(bound.limit)
  const ratio = isUpward ? `${of} / ${limit}` : `${limit} / nullif(${of}, 0)`
  return `least(5, greatest(1, coalesce(${ratio}, 5)))`
}

export function columnOf(name: string, measures: Measures): string {
  const known: Readonly<Record<string, string>> = measures
  const column = known[name]
  if (column === undefined) throw new Error(`${name} is no measure`)
  return column
}
