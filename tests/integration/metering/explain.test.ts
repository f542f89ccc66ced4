import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hours, instant, minutes, parseBusinessDate } from '#src/core'
import { at, type Field, openField, reading } from './field.ts'

let field: Field
beforeAll(async () => {
  field = await openField()
})
afterAll(() => field.database.close())

const begin = at('2026-11-10T00:00:00+08:00')
const day = parseBusinessDate('2026-11-10')
const next = parseBusinessDate('2026-11-11')
const late = { receivedAt: instant(begin + hours(80)) } as const

async function placed() {
  const place = await field.newPlace()
  const [old, young] = [await field.newMeter(), await field.newMeter()]
  const swap = instant(begin + hours(10) + minutes(7))
  await field.install(place, {
    meter: old,
    from: instant(0),
    to: swap,
    ct: [80n, 1n],
    closing: 1_500,
  })
  await field.install(place, { meter: young, from: swap, ct: [2n, 3n], opening: 300 })
  const [row] = await field.database.db.query<{ code: string }>(
    `select code from usage_point where id = $1`,
    [place],
  )
  return { place, code: row?.code ?? '', old, young, swap }
}

describe('the origin of energy', () => {
  test('is told for both ends of each installation, with what was rejected and what took its place', async () => {
    if (day === undefined || next === undefined) throw new Error('these are dates')
    const { code, old, young, swap } = await placed()
    const { db } = field.database
    await field.readings.store([
      reading(old, begin, 1_000, 2, { ...late, dataClass: 'daily' }),
      reading(young, instant(begin + hours(24)), 99_999_900, 2, late),
      reading(young, instant(begin + hours(47) + minutes(50)), 600, 2, late),
      reading(young, instant(begin + hours(48) + minutes(10)), 700, 2, late),
    ])
    await db.query(
      `insert into register_verdict (meter_id, register, measured_at, verdict, rule, rule_version,
         reason, decided_by, decided_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), 'rejected', 'spike', 3, 'too much',
         'hes', to_timestamp($2::float8 / 1000))`,
      [young, begin + hours(24)],
    )
    await db.query(
      `insert into register_value (meter_id, register, measured_at, digits, scale, kind, method,
         rule, rule_version, state, made_by, made_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), 450, 2, 'estimated', 'linear',
         'fill', 2, 'in-force', 'hes', to_timestamp($2::float8 / 1000))`,
      [young, begin + hours(24)],
    )
    await field.metering.rollUp(late.receivedAt)
    const told = await field.metering.explain(code, day, '1.8.0')
    expect(told).toMatchObject({
      ok: true,
      value: {
        outcome: 'energy',
        energy: '401.00',
        estimated: '1.00',
        quality: 'estimated',
        kept: { energy: '401.00', quality: 'estimated' },
        parts: [
          {
            ratio: { numerator: 80n, denominator: 1n },
            installedTo: swap,
            energy: '400.00',
            quality: 'measured',
            from: { value: '10.00', rests: [{ kind: 'read', dataClass: 'daily', counts: true }] },
            to: { at: swap, value: '15.00', rests: [{ kind: 'installation', counts: true }] },
          },
          {
            ratio: { numerator: 2n, denominator: 3n },
            energy: '1.00',
            estimated: '1.00',
            from: { at: swap, value: '3.00', rests: [{ kind: 'installation' }] },
            to: {
              value: '4.50',
              quality: 'estimated',
              rests: [
                { kind: 'read', counts: false, verdict: 'rejected', rule: 'spike', ruleVersion: 3 },
                { kind: 'estimated', counts: true, method: 'linear', rule: 'fill', ruleVersion: 2 },
              ],
            },
          },
        ],
      },
    })
    // An end between two readings rests on both.
    const second = await field.metering.explain(code, next, '1.8.0')
    expect(second).toMatchObject({
      value: {
        energy: '1.333333',
        quality: 'estimated',
        parts: [{ to: { value: '6.50', rests: [{ value: '6.00' }, { value: '7.00' }] } }],
      },
    })
  })

  test('is refused where there is nothing to tell', async () => {
    if (day === undefined) throw new Error('this is a date')
    const { code } = await placed()
    expect(await field.metering.explain('nowhere', day, '1.8.0')).toEqual({
      ...{ ok: false, error: 'unknown-usage-point' },
    })
    expect(await field.metering.explain(code, day, '32.7.0')).toEqual({
      ...{ ok: false, error: 'not-a-register' },
    })
    const told = await field.metering.explain(code, day, '2.8.0')
    expect(told).toMatchObject({ value: { outcome: 'unknown', energy: null, kept: null } })
  })
})

describe('kept days', () => {
  test('leave in pages, for one account or for all', async () => {
    if (day === undefined || next === undefined) throw new Error('these are dates')
    const { db } = field.database
    const place = await field.newPlace()
    const meter = await field.newMeter()
    await field.install(place, { meter, from: instant(0) })
    await db.query(`insert into customer (name, class) values ('somebody', 'residential')`)
    await db.query(`insert into account (no, customer_id) select 'A7', max(id) from customer`)
    await db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from)
       select $1, id, '2026-11-11T00:00:00+08:00' from account where no = 'A7'`,
      [place],
    )
    await field.readings.store(
      [0, 1, 2].flatMap((count) => [
        reading(meter, instant(begin + count * hours(24)), 100 + count * 55, 2, late),
        reading(meter, instant(begin + count * hours(24)), 50 + count * 20, 2, {
          ...late,
          item: '1.8.2',
        }),
      ]),
    )
    await field.metering.rollUp(late.receivedAt)
    const query = { granularity: 'day', from: day, to: next, limit: 3 } as const
    const [code] = await db.query<{ code: string }>(`select code from usage_point where id = $1`, [
      place,
    ])
    const mine = { ...query, usagePoint: code?.code ?? '' }
    const first = await field.metering.kept(mine)
    expect(first.map(({ date, register, energy }) => [date, register, energy])).toEqual([
      ['2026-11-10', '1.8.0', '0.55'],
      ['2026-11-10', '1.8.2', '0.20'],
      ['2026-11-11', '1.8.0', '0.55'],
    ])
    const last = first.at(-1)
    const rest = await field.metering.kept({ ...mine, ...(last && { after: last }) })
    expect(rest.map(({ date, register }) => [date, register])).toEqual([['2026-11-11', '1.8.2']])
    // The account moved in on the second day.
    const account = await field.metering.kept({ ...query, account: 'A7', registers: ['1.8.2'] })
    expect(account).toMatchObject([{ date: '2026-11-11', account: 'A7', energy: '0.20' }])
  })
})
