import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hours, type Instant, idOf } from '#src/core'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

let point: Point
beforeEach(async () => {
  // Tests that let days pass leave none to the next one.
  await world.clock.advance(august(20, 12) - world.clock.now())
  point = await world.newPoint()
})

const noted: unknown[] = []
const also = async (_tx: unknown, detail: unknown) => void noted.push(detail)
const freezes = (digits: Readonly<Record<number, number>>) =>
  world.readings.store(
    Object.entries(digits).map(([day, value]) => freeze(point, august(Number(day)), value)),
  )
const verdicts = () =>
  world.db.query(
    `select measured_at as at, verdict, rule, decided_by from register_verdict
     where meter_id = $1::int order by 1`,
    [point.meterId],
  )
const inForce = () =>
  world.db.query(
    `select measured_at as at, digits, kind from register_value
     where meter_id = $1::int and state = 'in-force' order by 1`,
    [point.meterId],
  )

describe('the queue', () => {
  it('has the worst first, then what most energy hangs on, in pages', async () => {
    const own: number[] = []
    for (const jump of [39_000, 90_000, 60_000]) {
      point = await world.newPoint()
      own.push(point.meterId)
      await freezes({ 1: 1_000, 2: 1_000 + jump, 3: 1_001 + jump })
      await world.judge(point, 1)
    }
    const codes: string[] = []
    let cursor: string | undefined
    do {
      const page = await world.validation.findings({ severity: 'critical' }, cursor, 2)
      if (!page.ok) throw new Error(page.error.message)
      const found = page.value.items.filter(({ meterId }) => own.includes(meterId))
      codes.push(...found.map(({ worth }) => worth))
      cursor = page.value.next ?? undefined
    } while (cursor !== undefined)
    expect(codes).toEqual(['504.00', '336.00', '218.40'])
    expect(await world.validation.findings({}, 'x', 2)).toMatchObject({
      error: { kind: 'bad-cursor' },
    })
  })
})

describe('a person', () => {
  const physical = async () => {
    await freezes({ 1: 1_000, 2: 60_000, 3: 60_010 })
    await world.judge(point, 1)
    const [found] = await world.found(point)
    return idOf<'validation_finding'>(Number(found?.id))
  }
  const decide = (id: number, decision: 'claim' | 'accept' | 'reject') =>
    world.validation.decide({ ids: [idOf(id)], decision, reason: 'seen', by: 'wang' }, also)

  it('accepts a value, and no rule doubts it again', async () => {
    const id = await physical()
    expect(await verdicts()).toMatchObject([{ verdict: 'suspect', rule: 'physical' }])
    await decide(id, 'claim')
    expect(await world.validation.finding(id)).toMatchObject({ claimedBy: 'wang', state: 'open' })
    expect(await decide(id, 'accept')).toMatchObject({ ok: true, value: { done: [id], left: [] } })
    await world.run()
    await world.judge(point, 1)
    expect(await verdicts()).toEqual([
      { at: august(2), verdict: 'accepted', rule: null, decided_by: 'wang' },
    ])
    expect(await world.validation.finding(id)).toMatchObject({ state: 'accepted' })
    expect(await decide(id, 'accept')).toMatchObject({ value: { done: [], left: [id] } })
  })

  it('rejects a value, and an estimate stands in for it', async () => {
    await decide(await physical(), 'reject')
    await world.run()
    await world.run()
    expect(await verdicts()).toMatchObject([{ verdict: 'rejected', rule: null }])
    expect(await inForce()).toEqual([{ at: august(2), digits: 30_505n, kind: 'estimated' }])
  })

  it('is told of limits', async () => {
    await world.validation.changeLimit('bulk', '1', 'admin', also)
    const ids = [idOf<'validation_finding'>(1), idOf<'validation_finding'>(2)]
    const told = await world.validation.decide(
      { ids, decision: 'claim', reason: '', by: 'wang' },
      also,
    )
    expect(told).toMatchObject({ ok: false, error: { kind: 'too-many' } })
    await world.validation.changeLimit('bulk', '1000', 'admin', also)
  })
})

describe('an edit', () => {
  const edit = (value: string, by = 'wang') =>
    world.validation.edit(
      {
        ...{ meterId: point.meterId, register: '1.8.0', at: august(2), value, by },
        reason: 'read on site',
      },
      also,
    )
  const settle = (id: bigint, verdict: 'approve' | 'refuse', by: string) =>
    world.validation.settleValue({ id, verdict, reason: '', by }, also)

  it('counts once another person approves it, in place of what the meter said', async () => {
    await freezes({ 1: 1_000, 2: 1_100, 3: 1_200 })
    const made = await edit('11.50')
    if (!made.ok) throw new Error(made.error.message)
    expect(made.value).toMatchObject({ state: 'proposed', value: '11.50', kind: 'edited' })
    expect(await inForce()).toEqual([])
    expect(await settle(made.value.id, 'approve', 'wang')).toMatchObject({
      error: { kind: 'second-person' },
    })
    expect(await settle(made.value.id, 'approve', 'li')).toMatchObject({
      value: { state: 'in-force', decidedBy: 'li' },
    })
    expect(await inForce()).toEqual([{ at: august(2), digits: 1_150n, kind: 'edited' }])
    expect(await verdicts()).toMatchObject([{ verdict: 'rejected', decided_by: 'li' }])
    expect(await settle(made.value.id, 'refuse', 'li')).toMatchObject({
      error: { kind: 'not-now' },
    })
    await world.judge(point, 1, 2)
    expect(await inForce()).toHaveLength(1)
  })

  it('needs nobody else where it moves no more than the limit', async () => {
    await freezes({ 1: 1_000, 2: 1_100, 3: 1_200 })
    await world.validation.changeLimit('edit-alone-kwh', '0.5', 'admin', also)
    expect(await edit('11.51')).toMatchObject({ value: { state: 'proposed' } })
    expect(await edit('11.50')).toMatchObject({ value: { state: 'in-force' } })
    await world.validation.changeLimit('edit-alone-kwh', '0', 'admin', also)
  })

  it('is no word about a register or a value that is none', async () => {
    expect(await edit('-1')).toMatchObject({ error: { kind: 'bad-reading' } })
    expect(await edit('1.23456')).toMatchObject({ error: { kind: 'bad-reading' } })
  })
})

describe('a reading that a person brings', () => {
  const bring = (at: Instant, value: string, kind: 'manual' | 'self' = 'manual') =>
    world.validation.bring(
      [{ meterId: point.meterId, register: '1.8.0', at, value }],
      kind,
      'zhao',
      also,
    )

  it('counts where nothing speaks against it', async () => {
    await freezes({ 1: 1_000, 5: 1_400 })
    expect(await bring(august(3), '12.00')).toMatchObject([{ outcome: 'accepted', reasons: [] }])
    expect(await inForce()).toEqual([{ at: august(3), digits: 1_200n, kind: 'manual' }])
    expect(await bring(august(3), '12.10')).toMatchObject([
      { outcome: 'refused', reasons: ['there-already'] },
    ])
  })

  it('waits where it is less than the one before, more than the one after, or cannot be', async () => {
    await freezes({ 1: 1_000, 5: 1_400 })
    expect(await bring(august(3), '9.99')).toMatchObject([{ outcome: 'queued' }])
    expect(await bring(august(3, 12), '14.01')).toMatchObject([
      { outcome: 'queued', reasons: ['negative'] },
    ])
    expect(await bring(august(6), '5000')).toMatchObject([
      { outcome: 'queued', reasons: ['physical'] },
    ])
    expect(await inForce()).toEqual([])
  })

  it('waits where it is far from what is usual', async () => {
    await world.history(
      point,
      Array.from({ length: 12 }, () => 10),
    )
    await world.readings.store([freeze(point, august(1), 100_000)])
    expect(await bring(august(3), '1100.00')).toMatchObject([
      { outcome: 'queued', reasons: ['high'] },
    ])
  })

  it('counts once a person accepts it, and never where one rejects it', async () => {
    await freezes({ 1: 1_000, 5: 1_400 })
    const [first] = await bring(august(3), '9.99')
    const [second] = await bring(august(3, 12), '14.01')
    const open = await world.validation.findings({ meterId: point.meterId }, undefined, 10)
    if (!open.ok) throw new Error(open.error.message)
    for (const [value, decision] of [
      [first, 'reject'],
      [second, 'accept'],
    ] as const) {
      const ids = open.value.items.flatMap(({ id, valueId }) =>
        valueId === value?.valueId ? [id] : [],
      )
      await world.validation.decide({ ids, decision, reason: 'seen', by: 'wang' }, also)
    }
    expect(await inForce()).toEqual([{ at: august(3, 12), digits: 1_401n, kind: 'manual' }])
  })

  it('is refused where it says nothing', async () => {
    await freezes({ 1: 1_000 })
    expect(await bring(august(1), '10.00')).toMatchObject([{ reasons: ['said-by-the-meter'] }])
    expect(await bring(august(21), '10.00')).toMatchObject([{ reasons: ['in-the-future'] }])
    expect(await bring(august(3), 'x')).toMatchObject([{ reasons: ['not-a-value'] }])
    expect(await bring(august(-40), '1.00', 'self')).toMatchObject([{ reasons: ['too-old'] }])
  })

  it('comes in a file, whatever its headings are', async () => {
    const [meter] = await world.db.query<{ address: string }>(
      'select address from meter where id = $1::int',
      [point.meterId],
    )
    const file = await world.validation.readHandheld(
      'handheld-zh',
      `\uFEFF表号,示数,抄表时间\n${meter?.address},12.00,2026-08-03 00:00\nnone,1,2026-08-03\n${meter?.address},1,soon\n`,
    )
    if (!file.ok) throw new Error(file.error.message)
    expect(file.value.readings).toMatchObject([
      { line: 2, meterId: point.meterId, register: '1.8.0', at: august(3), value: '12.00' },
    ])
    expect(file.value.wrong).toEqual([
      { line: 3, reason: 'no-such-meter' },
      { line: 4, reason: 'not-a-moment' },
    ])
    expect(await world.validation.readHandheld('standard', 'a,b\n1,2\n')).toMatchObject({
      error: { kind: 'bad-file' },
    })
    expect(await world.validation.readHandheld('none', '')).toMatchObject({
      error: { kind: 'not-found' },
    })
  })

  it('is a share of all', async () => {
    await bring(august(3), '12.00')
    const figures = await world.validation.figures(august(1), august(31))
    expect(figures.brought).toBeGreaterThan(0)
    expect(figures.meters).toBeGreaterThan(figures.brought)
    expect(figures.values.map(({ kind }) => kind)).toContain('manual')
  })
})

it('keeps photos by what they are, not by what they are called', async () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2])
  const kept = await world.validation.keepPhoto(png)
  if (!kept.ok) throw new Error(kept.error)
  expect(await world.validation.photo(kept.value.hash)).toMatchObject({ type: 'image/png' })
  expect(await world.validation.keepPhoto(new TextEncoder().encode('<svg/>'))).toMatchObject({
    error: 'not-a-photo',
  })
  expect(await world.validation.photo('../../etc/passwd')).toBeUndefined()
  await world.validation.changeLimit('photo-mib', '0', 'admin', also)
  expect(await world.validation.keepPhoto(png)).toMatchObject({ error: 'too-large' })
  await world.validation.changeLimit('photo-mib', '5', 'admin', also)
})

describe('a rule', () => {
  const change = (parameters: Readonly<Record<string, unknown>>, customerClass = null) =>
    world.validation.changeRule(
      { code: 'physical', customerClass, group: null, parameters, reason: 'a try' },
      'admin',
      also,
    )

  it('that changes has a new version from now on, and old findings keep theirs', async () => {
    await freezes({ 1: 1_000, 2: 60_000, 3: 60_010 })
    await world.judge(point, 1)
    expect(await world.found(point)).toMatchObject([{ code: 'physical', version: 1 }])
    expect(await change({ factor: '2.5' })).toMatchObject({ ok: true, value: { version: 2 } })
    await world.judge(point, 1)
    expect(await world.found(point)).toMatchObject([{ code: 'physical', version: 1 }])
    expect(await world.validation.rules('physical')).toHaveLength(2)
    await world.clock.advance(hours(24 * 5))
    await freezes({ 21: 61_000, 22: 61_000 + 59_000, 23: 120_010, 24: 120_020 })
    await world.judge(point, 21)
    expect((await world.found(point)).map(({ version }) => version)).toEqual([1])
  })

  it('takes only parameters that it has, and like they were', async () => {
    const refused = { ok: false, error: { kind: 'bad-parameters' } }
    expect(await change({ factors: '2' })).toMatchObject(refused)
    expect(await change({ factor: -1 })).toMatchObject(refused)
    expect(await change({ factor: 'much' })).toMatchObject(refused)
  })
})
