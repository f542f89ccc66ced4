import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idOf } from '#src/core'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
  // The month of these days is over, so that a bill may rest on it.
  await world.clock.advance(august(40, 12) - world.clock.now())
})
afterAll(() => world.close())

const also = async () => {}
const says = (point: Point, digits: Readonly<Record<number, number>>) =>
  world.readings.store(
    Object.entries(digits).map(([day, value]) => freeze(point, august(Number(day)), value)),
  )
const values = (point: Point) =>
  world.db.query(
    `select kind, state, digits::int, decided_by, detail ->> 'overtakenBy' as overtaken
     from register_value where meter_id = $1::int order by id`,
    [point.meterId],
  )

/** Written for the 10th by one person and approved by another. */
async function edited(point: Point, value: string) {
  const edit = { meterId: idOf<'meter'>(point.meterId), register: '1.8.0', at: august(10), value }
  const made = await world.validation.edit({ ...edit, reason: 'read on site', by: 'anna' }, also)
  if (!made.ok) throw new Error(made.error.message)
  const { id } = made.value
  const approved = { id, verdict: 'approve', reason: '', by: 'boris' } as const
  const settled = await world.validation.settleValue(approved, also)
  if (!settled.ok) throw new Error(settled.error.message)
}

describe('what the meter says of a moment for which somebody wrote a value', () => {
  it('counts, is told where it differs, and proposes the bill', async () => {
    const point = await world.newPoint()
    await says(point, { 9: 100_00, 11: 120_00 })
    await edited(point, '115.00')
    await world.judge(point, 9, 10)
    expect(await world.codes(point)).not.toContain('overtaken')
    await world.db.query(`update validation_proposal set state = 'done', ended_at = now()`)
    await says(point, { 10: 108_00 })
    await world.judge(point, 9)
    const find = async () => (await world.found(point)).filter(({ code }) => code === 'overtaken')
    const told = await find()
    expect(told).toMatchObject([
      {
        measured_at: august(10),
        evidence: { value: '108', written: '115', kind: 'edited', by: 'anna' },
      },
    ])
    expect(await values(point)).toEqual([
      {
        ...{ kind: 'edited', state: 'superseded', digits: 115_00 },
        ...{ decided_by: 'system', overtaken: '108' },
      },
    ])
    const proposals = await world.db.query(
      `select reason, business_month::text as month from validation_proposal
       where usage_point_id = $1::int and reason = 'read-later'`,
      [point.usagePointId],
    )
    expect(proposals).toEqual([{ reason: 'read-later', month: '2026-08-01' }])
    // Judged again it stays as it is, until somebody says that it is right.
    await world.judge(point, 9)
    expect(await find()).toEqual(told)
    const ids = told.map(({ id }) => idOf<'validation_finding'>(Number(id)))
    await world.validation.decide(
      { ids, decision: 'accept', reason: 'misread on site', by: 'boris' },
      also,
    )
    await world.judge(point, 9)
    expect(await find()).toEqual([])
  })

  it('takes its place without a word where it is the same', async () => {
    const point = await world.newPoint()
    await says(point, { 9: 100_00, 11: 120_00 })
    await edited(point, '108.00')
    await says(point, { 10: 108_00 })
    await world.judge(point, 9)
    expect(await world.codes(point)).not.toContain('overtaken')
    expect(await values(point)).toMatchObject([{ state: 'superseded', overtaken: '108' }])
  })

  it('stays without effect where it was said before and does not count', async () => {
    const point = await world.newPoint()
    await says(point, { 9: 100_00, 10: 108_00, 11: 120_00 })
    await edited(point, '115.00')
    await world.judge(point, 9, 10)
    expect(await world.codes(point)).not.toContain('overtaken')
    expect(await values(point)).toMatchObject([{ state: 'in-force', overtaken: null }])
  })
})

describe('a rule for some alone', () => {
  const rule = { code: 'high', customerClass: null, group: 'press' }

  it('ends, and is then that of all others', async () => {
    await world.db.query(`insert into meter_group (name) values ('press') on conflict do nothing`)
    const changed = await world.validation.changeRule(
      { ...rule, act: 'off', reason: 'a try' },
      'admin',
      also,
    )
    expect(changed).toMatchObject({ ok: true, value: { version: 2, validTo: null } })
    const ended = await world.validation.endRule(rule, also)
    expect(ended).toMatchObject({ ok: true, value: { version: 2, validTo: world.clock.now() } })
    const open = (await world.validation.rules('high')).filter(({ validTo }) => validTo === null)
    expect(open).toMatchObject([{ version: 1, group: null }])
    expect(await world.validation.endRule(rule, also)).toMatchObject({
      error: { kind: 'no-such-rule' },
    })
  })

  it('that is for all does not end', async () => {
    expect(await world.validation.endRule({ ...rule, group: null }, also)).toMatchObject({
      error: { kind: 'bad-parameters' },
    })
  })
})
