import fc from 'fast-check'
import { civilTime, hours, type Instant, instant, type MeterId, minutes } from '#src/core'
import type { StoredReading } from '#src/readings'
import { at, type Field, reading } from './field.ts'

/** Days before and after which these zones change their clocks, and one on which none does. */
const mornings = [
  '2026-03-07',
  '2026-03-28',
  '2026-04-04',
  '2026-10-03',
  '2026-10-24',
  '2026-11-01',
]
export const zones = [
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
] as const
export const historyDays = 3

/** What happened to the meters of one place in three days. */
export interface History {
  readonly zone: (typeof zones)[number]
  readonly morning: string
  readonly stepMinutes: number
  readonly offsetMs: number
  /** In hundredths, so near its width that it rolls over in some histories. */
  readonly first: number
  readonly growth: readonly number[]
  readonly gaps: readonly number[]
  readonly wrong: readonly { readonly at: number; readonly digits: number }[]
  readonly rejected: readonly number[]
  readonly estimated: readonly {
    readonly at: number
    readonly ahead: number
    readonly edited: boolean
  }[]
  readonly swap: null | {
    readonly minute: number
    readonly isWritten: boolean
    readonly isSameMeter: boolean
  }
  readonly ratio: readonly [bigint, bigint]
  readonly freezes: boolean
  readonly doubtful: readonly number[]
  readonly lateFrom: number
}

const place = fc.nat({ max: 24 * historyDays * 4 })
const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 })

export const histories: fc.Arbitrary<History> = fc.record({
  zone: fc.constantFrom(...zones),
  morning: fc.constantFrom(...mornings),
  stepMinutes: fc.constantFrom(5, 15, 15, 15, 30, 60, 61, 24 * 60),
  offsetMs: fc.constantFrom(0, 0, 0, 3_000, minutes(7)),
  first: fc.constantFrom(0, 123_456, 99_990_000, 99_999_000),
  growth: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 8 }),
  gaps: fc.array(place, { maxLength: 12 }),
  wrong: few(
    fc.record({ at: place, digits: fc.constantFrom(0, 5, 123_457, 5_000_000, 99_999_999) }),
  ),
  rejected: few(place),
  estimated: few(fc.record({ at: place, ahead: fc.nat({ max: 60 }), edited: fc.boolean() })),
  swap: fc.option(
    fc.record({
      minute: fc.integer({ min: 60, max: 24 * 60 * (historyDays - 1) }),
      isWritten: fc.boolean(),
      isSameMeter: fc.boolean(),
    }),
  ),
  ratio: fc.constantFrom([1n, 1n] as const, [80n, 1n] as const, [2n, 3n] as const),
  freezes: fc.boolean(),
  doubtful: few(place),
  lateFrom: place,
})

export interface Lived {
  readonly placeId: number
  readonly begin: Instant
  readonly meters: readonly MeterId[]
  /** Comes after the rest. */
  readonly late: readonly StoredReading[]
  readonly now: Instant
}

/** Writes a history into the database, but for what comes late. */
export async function live(field: Field, history: History): Promise<Lived> {
  const { db } = field.database
  const civil = civilTime(history.zone)
  const begin = civil.startOf(civil.dateOf(at(`${history.morning}T12:00:00Z`)))
  const end = instant(begin + historyDays * hours(24))
  const now = instant(end + hours(30))
  const placeId = await field.newPlace()
  const old = await field.newMeter({ protocol: 'dlt645-2007' })
  const { swap, ratio } = history
  const moment = swap && instant(begin + minutes(swap.minute))
  const young = swap && !swap.isSameMeter ? await field.newMeter({ protocol: 'dlt645-2007' }) : old
  // A register as it would be read at any moment.
  const digitsAt = (when: number) => {
    const steps = Math.floor((when - begin) / minutes(5))
    const mean = history.growth.reduce((sum, one) => sum + one, 0) / history.growth.length
    const own =
      history.first + Math.floor((steps * mean) / 4) + (history.growth[steps % 8] ?? 0) / 40
    return ((Math.floor(own) % 100_000_000) + 100_000_000) % 100_000_000
  }
  const shift = young === old ? 0 : 777
  const youngDigits = (when: number) => (digitsAt(when) + shift) % 100_000_000
  if (moment === null) {
    await field.install(placeId, { meter: old, from: instant(0), ct: ratio })
  } else {
    const closing = swap?.isWritten ? { closing: digitsAt(moment) } : {}
    const opening = swap?.isWritten && young !== old ? { opening: youngDigits(moment) } : {}
    await field.install(placeId, {
      meter: old,
      from: instant(0),
      to: moment,
      ct: ratio,
      ...closing,
    })
    await field.install(placeId, { meter: young, from: moment, ct: [3n, 1n], ...opening })
  }
  const all: StoredReading[] = []
  const step = minutes(history.stepMinutes)
  for (let when = begin - hours(3); when <= end + hours(3); when += step) {
    const quarter = Math.round((when - begin) / minutes(15))
    if (history.gaps.includes(quarter)) continue
    const measuredAt = instant(when + history.offsetMs)
    const isYoung = moment !== null && measuredAt >= moment
    const meter = isYoung ? young : old
    const wrong = history.wrong.find((one) => one.at === quarter)
    const digits = wrong?.digits ?? (isYoung ? youngDigits(measuredAt) : digitsAt(measuredAt))
    const quality = history.doubtful.includes(quarter) ? 'clock-doubtful' : 'good'
    const dataClass = history.stepMinutes === 15 ? 'interval' : 'current'
    all.push(reading(meter, measuredAt, digits * 100, 4, { receivedAt: now, quality, dataClass }))
  }
  if (history.freezes) {
    for (let date = civil.dateOf(begin), count = 0; count <= historyDays; count += 1) {
      const when = civil.startOf(date)
      const isYoung = moment !== null && when >= moment
      const digits = isYoung ? youngDigits(when) : digitsAt(when)
      const freeze = { receivedAt: now, dataClass: 'daily' } as const
      all.push(reading(isYoung ? young : old, when, digits, 2, freeze))
      date = civil.addDays(date, 1)
    }
  }
  for (const quarter of history.rejected) {
    const when = instant(begin + quarter * minutes(15) + history.offsetMs)
    await db.query(
      `insert into register_verdict (meter_id, register, measured_at, verdict, decided_by, decided_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), 'rejected', 'a person', now())
       on conflict do nothing`,
      [moment !== null && when >= moment ? young : old, when],
    )
  }
  for (const { at: quarter, ahead, edited } of history.estimated) {
    const when = instant(begin + quarter * minutes(15) + history.offsetMs)
    const isYoung = moment !== null && when >= moment
    await db.query(
      `insert into register_value (meter_id, register, measured_at, digits, scale, kind, state,
         made_by, made_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), $3, 2, $4, 'in-force', 'hes', now())
       on conflict do nothing`,
      [
        ...[isYoung ? young : old, when],
        (isYoung ? youngDigits(when) : digitsAt(when)) + ahead,
        edited ? 'edited' : 'estimated',
      ],
    )
  }
  const border = begin + history.lateFrom * minutes(15)
  await field.in(history.zone).readings.store(all.filter(({ measuredAt }) => measuredAt < border))
  const late = all.filter(({ measuredAt }) => measuredAt >= border)
  return { placeId, begin, meters: [...new Set([old, young])], late, now }
}
