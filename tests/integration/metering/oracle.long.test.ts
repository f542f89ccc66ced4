import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, hours, type Instant, idOf, instant, minutes } from '#src/core'
import { type Granularity, type MeteredSpan, monthOf, nextMonth } from '#src/metering'
import { type Field, openField } from './field.ts'
import { days, lives, type Register, registers } from './lives.ts'
import { begun, type Lived } from './living.ts'
import { energyBetween, type Worked } from './oracle.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const micro = (value: string): bigint => {
  const [whole = '', part = ''] = value.split('.')
  return BigInt(whole + part.padEnd(6, '0'))
}
/** More of them find more; each takes some seconds. */
const LIVES = 8
const qualities = ['', 'measured', 'interpolated', 'suspect', 'incomplete', 'estimated', 'edited']

type Row = readonly [string | number, bigint, string | undefined]

const worked = (lived: Lived, register: Register, start: number, end: number) =>
  energyBetween(
    lived.hangings.get(register) ?? [],
    (meter) => lived.shown(register, meter),
    start,
    end,
  )

const rowOf = (key: string | number, one: Worked | undefined): readonly Row[] =>
  one === undefined ? [] : [[key, one.energy, one.quality]]

async function keptIn(lived: Lived, register: Register, table: 'day' | 'month') {
  const rows = await field.database.db.query<{ key: string; energy: bigint; quality: number }>(
    `select business_${table === 'day' ? 'date' : 'month'}::text as key, energy, quality
     from usage_${table} where usage_point_id = $1 and register = $2 order by 1`,
    [lived.placeId, register],
  )
  return rows.map(({ key, energy, quality }): Row => [key, energy, qualities[quality]])
}

/** Spans of what hung there, cut as an account would have them. */
async function spansOf({ placeId }: Lived, from: number, to: number) {
  const rows = await field.database.db.query<{ id: number; from: Instant; to: Instant | null }>(
    `select meter_id as id, valid_from as from, valid_to as to from installation
     where usage_point_id = $1 order by valid_from`,
    [placeId],
  )
  return rows.flatMap((own): readonly MeteredSpan[] => {
    const first = instant(Math.max(own.from, from))
    const last = instant(Math.min(own.to ?? to, to))
    if (first >= last) return []
    return [{ meterId: idOf(own.id), usagePointId: idOf(placeId), from: first, to: last }]
  })
}

describe('energy of a place', () => {
  test('is what one works out on paper, whatever happened in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.nat({ max: days * 96 }), async (life, cut) => {
        const lived = await begun(field, life)
        const { metering } = field.in(life.zone)
        const civil = civilTime(life.zone)
        const { begin, end, now } = lived
        for (const step of lived.steps) await step()
        await metering.rollUp(now)
        const kept = await keptIn(lived, '1.8.0', 'day')
        expect(await metering.rollUp(now)).toBe(0)
        expect(await keptIn(lived, '1.8.0', 'day')).toEqual(kept)

        for (const register of registers) {
          const byDay: Row[] = []
          const last = civil.dateOf(instant(end + hours(24)))
          let date = civil.dateOf(instant(begin - hours(48)))
          for (; date <= last; date = civil.addDays(date, 1)) {
            const next = civil.startOf(civil.addDays(date, 1))
            byDay.push(...rowOf(date, worked(lived, register, civil.startOf(date), next)))
          }
          const near = (await keptIn(lived, register, 'day')).filter(
            ([key]) => key <= last && key >= civil.dateOf(instant(begin - hours(48))),
          )
          expect(near, `${register} by day`).toEqual(byDay)

          const byMonth: Row[] = []
          let month = monthOf(civil.dateOf(instant(begin - hours(24 * 40))))
          for (; month < monthOf(civil.dateOf(now)); month = nextMonth(civil, month)) {
            const [from, to] = [civil.startOf(month), civil.startOf(nextMonth(civil, month))]
            byMonth.push(...rowOf(month, worked(lived, register, from, to)))
          }
          expect(await keptIn(lived, register, 'month'), `${register} by month`).toEqual(byMonth)

          const byQuarter: Row[] = []
          for (let at = begin; at < end; at = instant(at + minutes(15))) {
            const to = at + minutes(15)
            byQuarter.push(...rowOf(to, worked(lived, register, at, to)))
          }
          const inDatabase = await field.database.db.query<{
            ends: Instant
            energy: bigint
            quality: number
          }>(
            `select ends_at as ends, energy, quality from usage_interval(array[$1::int], $2,
               to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000)) order by 1`,
            [lived.placeId, register, begin, end],
          )
          const whole = ([, , quality]: Row) => quality !== 'incomplete'
          expect(
            inDatabase
              .map(({ ends, energy, quality }): Row => [Number(ends), energy, qualities[quality]])
              .filter(whole),
            `${register} by quarter`,
          ).toEqual(byQuarter.filter(whole))

          // Two accounts, one after the other.
          const border = begin + cut * minutes(15)
          for (const [from, to] of [
            [begin, border],
            [border, end],
          ] as const) {
            for (const granularity of ['15min', 'day'] satisfies Granularity[]) {
              const told = await metering.usage({
                ...{ installations: await spansOf(lived, from, to), register, granularity },
                ...{ from: begin, to: end },
              })
              if (!told.ok) throw new Error(told.error.message)
              expect(
                told.value.items.map((one): Row => [one.start, micro(one.value), one.quality]),
                `${register} of an account by ${granularity}`,
              ).toEqual(
                told.value.items.flatMap((one) =>
                  rowOf(
                    one.start,
                    worked(lived, register, Math.max(one.start, from), Math.min(one.end, to)),
                  ),
                ),
              )
            }
          }
        }
      }),
      { numRuns: LIVES, endOnFailure: true },
    )
  }, 480_000)
})
