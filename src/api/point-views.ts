import { type Static, Type } from '@sinclair/typebox'
import { itemOf } from '#protocols/model'
import { type CivilTime, fail, type Instant, idOf, ok, type Result } from '#src/core'
import type { Point, PointAlarm, PointRefusal, PointSettings } from '#src/points'
import type { Problem } from './problems.ts'
import { closed, Id, Moment, nullable, oneOf, RegisterCode, Time } from './schemas.ts'

const levels = ['normal', 'low-low', 'low', 'high', 'high-high'] as const
const BUCKETS_MAX = 2_000
export const BUCKETS = 100

const Decimal = Type.String({ pattern: '^-?\\d{1,15}(\\.\\d{1,9})?$', examples: ['235.4'] })
const Limit = Type.Union([Decimal, Type.Null()])
const Limits = closed({ lowLow: Limit, low: Limit, high: Limit, highHigh: Limit })
export const Name = Type.String({ minLength: 1, maxLength: 100 })
const Seconds = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })

const settingFields = {
  name: Name,
  meter: Id,
  register: RegisterCode,
  factor: Decimal,
  shift: Decimal,
  unit: Type.String({ maxLength: 20 }),
  limits: Limits,
  hysteresis: Decimal,
  deadband: Decimal,
  delaySeconds: Seconds(0, 86_400),
  staleSeconds: Seconds(1, 31_536_000),
  opensCase: Type.Boolean(),
}
const { name, meter, register, ...others } = settingFields
export const NewPoint = closed({
  ...{ name, meter, register },
  ...Type.Partial(closed({ ...others, limits: Type.Partial(Limits) })).properties,
})
export const Change = Type.Partial(closed({ ...settingFields, limits: Type.Partial(Limits) }))
export const PointView = closed({
  id: Id,
  ...settingFields,
  meterAddress: Type.String(),
  state: oneOf([...levels, 'stale'] as const),
  since: nullable(Time),
  value: nullable(Type.String({ description: 'Null where it is stale: see `last`.' })),
  ageSeconds: nullable(Type.Integer()),
  last: Type.Union([closed({ value: Type.String(), at: Time }), Type.Null()]),
  level: oneOf(levels),
  changedAt: nullable(Time),
  unacknowledged: Type.Integer(),
})
export const Alarm = closed({
  id: Type.Integer(),
  level: oneOf(levels),
  raisedAt: Time,
  value: Type.String(),
  clearedAt: nullable(Time),
  withdrawnAt: nullable(Time),
  acknowledgedAt: nullable(Time),
  acknowledgedBy: nullable(Type.String()),
  note: nullable(Type.String()),
})
export const Bucket = closed({
  start: Time,
  end: Time,
  min: Type.String(),
  max: Type.String(),
  average: Type.String(),
  last: Type.String(),
  count: Type.Integer(),
})
export const Trend = closed({ unit: Type.String(), items: Type.Array(Bucket), next: Type.Null() })
export const TrendQuery = closed({
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
  points: Type.Optional(Type.Integer({ minimum: 1, maximum: BUCKETS_MAX, default: BUCKETS })),
})

type Body = Partial<Static<typeof Change>>

/** What is set over what was; without a point over what is usual. */
export function settingsOf(body: Body, known: Point | null): Result<PointSettings, Problem> {
  const code = body.register ?? known?.item
  const item = code === undefined ? undefined : itemOf(code)
  if (item === undefined) return fail({ code: 'invalid-parameters', detail: `No item ${code}.` })
  const meterId = body.meter ?? known?.meterId
  const { limits } = body
  const kept = <T>(given: T | undefined, was: T | undefined, usual: T): T => given ?? was ?? usual
  const limit = (given: string | null | undefined, was: string | null | undefined) =>
    given === undefined ? (was ?? null) : given
  return ok({
    name: kept(body.name, known?.name, ''),
    meterId: idOf(meterId ?? 0),
    item: item.code,
    factor: kept(body.factor, known?.factor, '1'),
    shift: kept(body.shift, known?.shift, '0'),
    unit: kept(body.unit, known?.unit, item.unit),
    lowLow: limit(limits?.lowLow, known?.lowLow),
    low: limit(limits?.low, known?.low),
    high: limit(limits?.high, known?.high),
    highHigh: limit(limits?.highHigh, known?.highHigh),
    hysteresis: kept(body.hysteresis, known?.hysteresis, '0'),
    deadband: kept(body.deadband, known?.deadband, '0'),
    delaySeconds: kept(body.delaySeconds, known?.delaySeconds, 0),
    staleSeconds: kept(body.staleSeconds, known?.staleSeconds, 3_600),
    opensCase: kept(body.opensCase, known?.opensCase, false),
  })
}

export function problemOf({ kind, message }: PointRefusal): Problem {
  const codes = {
    'not-found': 'point-not-found',
    'name-taken': 'name-taken',
    'no-meter': 'meter-not-found',
    wrong: 'invalid-parameters',
  } as const
  return { code: codes[kind], detail: message }
}

export function pointView(point: Point, civil: CivilTime, now: Instant): Static<typeof PointView> {
  const iso = (at: Instant | null) => (at === null ? null : civil.iso(at))
  const { value, measuredAt, isStale, level } = point
  return {
    id: point.id,
    name: point.name,
    meter: point.meterId,
    register: point.item,
    factor: point.factor,
    shift: point.shift,
    unit: point.unit,
    limits: { lowLow: point.lowLow, low: point.low, high: point.high, highHigh: point.highHigh },
    hysteresis: point.hysteresis,
    deadband: point.deadband,
    delaySeconds: point.delaySeconds,
    staleSeconds: point.staleSeconds,
    opensCase: point.opensCase,
    meterAddress: point.meterAddress,
    state: isStale ? 'stale' : level,
    since: iso(point.levelSince),
    value: isStale ? null : value,
    ageSeconds: measuredAt === null ? null : Math.round((now - measuredAt) / 1_000),
    last: value === null || measuredAt === null ? null : { value, at: civil.iso(measuredAt) },
    level,
    changedAt: iso(point.changedAt),
    unacknowledged: point.unacknowledged,
  }
}

export function alarmView(alarm: PointAlarm, civil: CivilTime): Static<typeof Alarm> {
  const iso = (at: Instant | null) => (at === null ? null : civil.iso(at))
  return {
    ...alarm,
    raisedAt: civil.iso(alarm.raisedAt),
    clearedAt: iso(alarm.clearedAt),
    withdrawnAt: iso(alarm.withdrawnAt),
    acknowledgedAt: iso(alarm.acknowledgedAt),
  }
}
