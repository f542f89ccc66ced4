import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hours, type Id, type Instant, idOf, type MeterId, parseBusinessDate } from '#src/core'
import type { decisions } from '#src/validation'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

let point: Point
beforeEach(async () => {
  await world.clock.advance(august(20, 12) - world.clock.now())
  point = await world.newPoint()
})

type FindingId = Id<'validation_finding'>
type Decision = (typeof decisions)[number]

const also = async () => {}
const freezes = (digits: Readonly<Record<number, number>>) =>
  world.readings.store(
    Object.entries(digits).map(([day, value]) => freeze(point, august(Number(day)), value)),
  )
const bring = (at: Instant, value: string, by = 'zhao', meterId: MeterId = point.meterId) =>
  world.validation.bring([{ meterId, register: '1.8.0', at, value }], 'manual', by, also)
const edit = (at: Instant, value: string, meterId: MeterId = point.meterId, by = 'wang') =>
  world.validation.edit({ meterId, register: '1.8.0', at, value, reason: 'read on site', by }, also)
const approve = (id: bigint, by = 'li') =>
  world.validation.settleValue({ id, verdict: 'approve', reason: '', by }, also)
const decide = (ids: readonly FindingId[], decision: Decision, by = 'wang') =>
  world.validation.decide({ ids, decision, reason: 'seen', by }, also)
const openIds = async (code?: string) =>
  (await world.found(point))
    .filter((one) => code === undefined || one.code === code)
    .map(({ id }) => idOf<'validation_finding'>(Number(id)))
const values = (state: string) =>
  world.db.query<{ digits: bigint; kind: string }>(
    `select digits, kind from register_value where meter_id = $1::int and state = $2::text
     order by measured_at, id`,
    [point.meterId, state],
  )
const proposals = () =>
  world.db.query<{ month: string; reason: string; account: string }>(
    `select business_month::text as month, reason, a.no as account
     from validation_proposal p left join account a on a.id = p.account_id
     where usage_point_id = $1::int and state = 'open' order by 1, 3`,
    [point.usagePointId],
  )
const nextMonth = () => world.clock.advance(hours(24 * 20))

describe('a month that is over is proposed for another bill', () => {
  it('when a brought reading takes the place of an estimate', async () => {
    await freezes({ 1: 1_000, 4: 1_300 })
    await world.judge(point, 1, 2, 3)
    await world.run()
    expect(await values('in-force')).toHaveLength(2)
    expect(await proposals()).toEqual([])
    await nextMonth()
    expect(await bring(august(2), '10.50')).toMatchObject([{ outcome: 'accepted' }])
    expect(await proposals()).toMatchObject([{ month: '2026-08-01', account: point.accountNo }])
  })

  it('when a person accepts a reading that waited, and not before', async () => {
    await freezes({ 1: 1_000, 5: 1_400 })
    await nextMonth()
    expect(await bring(august(3), '14.01')).toMatchObject([{ outcome: 'queued' }])
    expect(await proposals()).toEqual([])
    await decide(await openIds(), 'accept')
    expect(await proposals()).toMatchObject([{ month: '2026-08-01' }])
  })

  it('when a person says that what the meter said is wrong', async () => {
    await freezes({ 1: 1_000, 2: 60_000, 3: 60_010 })
    await world.judge(point, 1)
    await nextMonth()
    await decide(await openIds('physical'), 'reject')
    expect(await proposals()).toMatchObject([{ month: '2026-08-01' }])
  })

  it('when a late value is found wrong, or no longer', async () => {
    await freezes({ 1: 1_000, 2: 1_100, 3: 9_000, 4: 1_300, 5: 1_400 })
    await nextMonth()
    await world.judge(point, 2)
    expect(await proposals()).toMatchObject([{ month: '2026-08-01' }])
  })

  it('for both accounts where the place changed hands', async () => {
    await freezes({ 1: 1_000, 4: 1_300, 7: 1_600 })
    await world.judge(point, 1, 2, 3, 4, 5, 6)
    await world.run()
    const other = await world.newPoint()
    await world.db.query(
      `update account_usage_point set valid_to = $2::timestamptz where usage_point_id = $1::int`,
      [point.usagePointId, new Date(august(4)).toISOString()],
    )
    await world.db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from)
       select $1::int, id, $3::timestamptz from account where no = $2::text`,
      [point.usagePointId, other.accountNo, new Date(august(4)).toISOString()],
    )
    await nextMonth()
    await freezes({ 2: 1_050, 5: 1_350 })
    await world.judge(point, 1, 2, 3, 4, 5, 6)
    await world.run()
    expect((await proposals()).map(({ account }) => account)).toEqual(
      [point.accountNo, other.accountNo].sort(),
    )
  })
})

describe('nobody decides alone', () => {
  it('about a reading that he brought himself', async () => {
    await freezes({ 1: 1_000, 5: 1_400 })
    await bring(august(3), '14.01', 'zhao')
    const ids = await openIds()
    expect(await decide(ids, 'accept', 'zhao')).toMatchObject({ value: { done: [], left: ids } })
    expect(await values('in-force')).toEqual([])
    expect(await decide(ids, 'reject', 'zhao')).toMatchObject({ value: { done: ids } })
    expect(await values('refused')).toHaveLength(1)
  })

  it('but a second time about the same moment', async () => {
    await freezes({ 1: 1_000, 2: 1_100, 3: 1_200 })
    const first = await edit(august(2), '11.50')
    if (!first.ok) throw new Error(first.error.message)
    expect(await edit(august(2), '11.60', point.meterId, 'li')).toMatchObject({
      error: { kind: 'not-now' },
    })
    // Who wrote it may write it anew: the first one is withdrawn.
    const second = await edit(august(2), '11.70')
    if (!second.ok) throw new Error(second.error.message)
    expect(await approve(first.value.id)).toMatchObject({ error: { kind: 'not-now' } })
    await approve(second.value.id)
    expect(await values('in-force')).toEqual([{ digits: 1_170n, kind: 'edited' }])
    expect(await edit(august(2), '11.60')).toMatchObject({ ok: true })
  })

  it('about what somebody else took on', async () => {
    await freezes({ 1: 1_000, 2: 60_000, 3: 60_010 })
    await world.judge(point, 1)
    const ids = await openIds('physical')
    expect(await decide(ids, 'claim', 'wang')).toMatchObject({ value: { done: ids } })
    expect(await decide(ids, 'claim', 'zhao')).toMatchObject({ value: { done: [], left: ids } })
    expect(await decide(ids, 'release', 'wang')).toMatchObject({ value: { done: ids } })
    expect(await decide(ids, 'claim', 'zhao')).toMatchObject({ value: { done: ids } })
  })
})

describe('the decision to estimate', () => {
  it('puts an estimate in the place of the value', async () => {
    await freezes({ 1: 1_000, 2: 60_000, 3: 1_200 + 60_000 })
    await world.judge(point, 1)
    await decide(await openIds('physical'), 'estimate')
    await world.run()
    await world.run()
    expect(await values('in-force')).toEqual([{ digits: 31_100n, kind: 'estimated' }])
    const found = await world.found(point, 'corrected')
    expect(found.map(({ code }) => code)).toContain('physical')
  })

  it('says nothing of a day, which has no value', async () => {
    await world.history(
      point,
      Array.from({ length: 12 }, () => 10),
    )
    await freezes({ 1: 100_000, 2: 108_000 })
    await world.judge(point, 1)
    const ids = await openIds('high')
    expect(ids).toHaveLength(1)
    expect(await decide(ids, 'estimate')).toMatchObject({ value: { done: [], left: ids } })
    expect(await world.found(point)).toMatchObject([{ code: 'high', state: 'open' }])
  })
})

describe('what a person brings', () => {
  it('waits where it is less than what was read months ago', async () => {
    point = await world.newPoint({ from: august(-100) })
    await freezes({ [-70]: 100_000 })
    expect(await bring(august(18), '999.00')).toMatchObject([
      { outcome: 'queued', reasons: ['negative'] },
    ])
    expect(await bring(august(19), '1001.00')).toMatchObject([{ outcome: 'accepted' }])
  })

  it('waits where no meter could have come from it to what was read after it', async () => {
    await freezes({ 5: 100_000 })
    // In two days 60 A and 220 V take 760 kWh at most.
    expect(await bring(august(3), '230.00')).toMatchObject([
      { outcome: 'queued', reasons: ['physical'] },
    ])
    expect(await bring(august(3, 1), '300.00')).toMatchObject([{ outcome: 'accepted' }])
  })

  it('is refused where the register has not so many digits', async () => {
    expect(await bring(august(3), '1000000')).toMatchObject([
      { outcome: 'refused', reasons: ['too-many-digits'] },
    ])
    expect(await edit(august(3), '1000000.0')).toMatchObject({ error: { kind: 'bad-reading' } })
  })

  it('is refused for a meter that is not there', async () => {
    expect(await bring(august(3), '1', 'zhao', idOf(987_654))).toMatchObject([
      { outcome: 'refused', reasons: ['not-installed'] },
    ])
    expect(await edit(august(3), '1', idOf(987_654))).toMatchObject({ error: { kind: 'no-meter' } })
  })

  it('leaves nothing waiting for ever', async () => {
    await freezes({ 1: 1_000, 5: 1_400 })
    await bring(august(3), '14.01')
    const made = await edit(august(3), '12.00')
    if (!made.ok) throw new Error(made.error.message)
    await approve(made.value.id)
    expect(await values('proposed')).toEqual([])
    expect(await values('refused')).toEqual([{ digits: 1_401n, kind: 'manual' }])
    expect(await values('in-force')).toEqual([{ digits: 1_200n, kind: 'edited' }])
  })
})

it('writes no value of a moment to come, or when the meter hung nowhere', async () => {
  expect(await edit(august(21), '1')).toMatchObject({ error: { kind: 'bad-reading' } })
  expect(await edit(august(-90), '1')).toMatchObject({ error: { kind: 'bad-reading' } })
})

it('has a queue that is asked by place and day', async () => {
  await freezes({ 1: 1_000, 2: 60_000, 3: 60_010 })
  await world.judge(point, 1)
  const [row] = await world.db.query<{ code: string }>(
    'select code from usage_point where id = $1::int',
    [point.usagePointId],
  )
  const found = async (from: string, to: string, usagePoint = row?.code ?? '') => {
    const days = { from: parseBusinessDate(from), to: parseBusinessDate(to) }
    if (days.from === undefined || days.to === undefined) throw new Error('these are dates')
    const asked = { usagePoint, from: days.from, to: days.to }
    const page = await world.validation.findings(asked, undefined, 10)
    return page.ok ? page.value.items.map(({ code }) => code) : page.error
  }
  expect(await found('2026-08-01', '2026-08-01')).toEqual(['physical'])
  expect(await found('2026-08-02', '2026-08-09')).toEqual([])
  expect(await found('2026-08-01', '2026-08-01', 'nowhere')).toEqual([])
})

it('refuses a cursor that is no place in the queue', async () => {
  for (const cursor of ['9-9999999999999999999-1', '4-1', 'x', '1-1-99999999999999999999']) {
    expect(await world.validation.findings({}, cursor, 2)).toMatchObject({
      error: { kind: 'bad-cursor' },
    })
  }
})
