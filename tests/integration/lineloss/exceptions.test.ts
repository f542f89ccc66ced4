import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { ManualClock } from '#tests/support'
import { civil, dateOf, openStage, type Stage } from './grid.ts'

const first = '2026-10-28'
const dayOf = (nth: number) => civil.addDays(dateOf(first), nth)

describe('exceptions of line loss', { shuffle: false }, () => {
  let stage: Stage
  let area: number, bus: number, empty: number, gateway: number, incoming: number, outgoing: number
  let users: number[]
  const kinds = async (open = true) =>
    (await stage.losses.exceptions({ open }, null, 100)).map((one) => `${one.code} ${one.kind}`)
  const cases = () => createCases(stage.database.db, new ManualClock())
  const work = async () =>
    (await cases().list({ states: ['open'] }, null, 100)).map(({ key }) => key.slice(10)).toSorted()

  /** A day of the area: what each of three users took of the gateway's 100 kWh. */
  const live = async (nth: number, ...took: readonly number[]) => {
    await stage.used(gateway, dayOf(nth), 100)
    for (const [index, kwh] of took.entries()) await stage.used(users[index] ?? 0, dayOf(nth), kwh)
    await stage.used(incoming, dayOf(nth), 1_000)
    await stage.used(outgoing, dayOf(nth), nth === 3 ? 970 : 995)
    await stage.follow(dayOf(nth))
  }

  beforeAll(async () => {
    stage = await openStage()
    bus = await stage.node('bus', 'B1', undefined, 110_000)
    const feeder = await stage.node('feeder', 'F1')
    await stage.db.query(`insert into transformer (code) values ('A1')`)
    const [row] = await stage.db.query<{ id: number }>(`select id from grid_node where code = 'A1'`)
    area = row?.id ?? 0
    await stage.link(area, feeder)
    empty = await stage.node('area', 'A2')
    gateway = await stage.point('gate', area, 'supply')
    incoming = await stage.point('in', bus, 'supply')
    outgoing = await stage.point('out', bus, 'receive')
    users = []
    for (const code of ['one', 'two', 'three']) {
      users.push(await stage.point(code, area, 'receive'))
    }
    // Each on an account of its own, so that the archive knows them.
    await stage.db.query(`insert into customer (name, class) values ('all', 'residential')`)
    await stage.db.query(`insert into account (no, customer_id) select code, 1 from usage_point`)
    await stage.db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from)
       select u.id, a.id, '2020-01-01T00:00Z' from usage_point u join account a on a.no = u.code`,
    )
    await stage.db.query(
      `insert into power_transformer (code, node_id, rated_kva, no_load_loss_w, load_loss_w,
         no_load_current_percent, short_circuit_percent, valid_from)
       values ('T', $1, 200, 340, 2600, 1, 4, '2020-01-01T00:00Z')`,
      [area],
    )
  })
  afterAll(() => stage.database.close())

  it('are of the archive before anything was read', async () => {
    await live(0, 40, 30, 24)
    expect((await kinds()).toSorted()).toEqual(['A2 no-model'])
    expect(empty).toBeGreaterThan(0)
  })

  it('are a sudden change first, and a high loss that becomes work when it stays', async () => {
    for (const nth of [1, 2]) await live(nth, 40 - nth, 30 + nth, 24)
    await live(3, 20, 32, 24)
    expect(await kinds()).toEqual(
      expect.arrayContaining(['A1 high', 'A1 sudden-change', 'B1 bus-imbalance']),
    )
    expect(await work()).toEqual([
      'area:A1:sudden-change',
      'bus:B1:bus-imbalance',
      'bus:B1:sudden-change',
    ])
    await live(4, 19, 33, 24)
    expect(await work()).toEqual(['area:A1:high', 'area:A1:sudden-change'])
  })

  it('say which point explains the change, and how its history goes with the loss', async () => {
    const causes = await stage.losses.causes('area', area, dayOf(4), 14, 10)
    expect(causes[0]).toMatchObject({ usagePoint: 'one', part: 'user', energy: 19_000_000n })
    expect(Number(causes[0]?.adds)).toBeGreaterThan(14e6)
    expect(Number(causes[0]?.correlation)).toBeLessThan(-0.95)
    const others = causes.slice(1).map(({ adds }) => Math.abs(Number(adds)))
    expect(Math.max(...others)).toBeLessThan(3e6)
  })

  it('stand while the loss is not known, and end with the work when it is right again', async () => {
    await stage.used(gateway, dayOf(5), 100)
    await stage.follow(dayOf(5))
    expect(await kinds()).toEqual(expect.arrayContaining(['A1 high', 'A1 users-failed']))
    await live(6, 40, 30, 24)
    expect(await kinds()).toEqual(['A2 no-model'])
    expect(await work()).toEqual([])
    const [closed] = await cases().list({ states: ['closed'], kind: 'line-loss.high' }, null, 1)
    expect(closed?.subject.kind).toBe('area')
  })

  it('count months on end', async () => {
    const months = ['2026-07', '2026-08', '2026-09', '2026-10']
    for (const month of months.slice(1)) {
      await stage.db.query(
        `insert into loss_month (scope, scope_id, starts_on, supply, reverse, generation, passed,
           returned, sale, auxiliary, estimated, loss, rate, users, users_read, gateways,
           gateways_read, sources, sources_read, denominator, reasons, computed_at)
         values ('area', $1, ($2 || '-01')::date, 100, 0, 0, 0, 0, 80, 0, 0, 20, 0.2, 1, 1, 1, 1, 0,
           0, 'net', '{}', now())
         on conflict (scope, scope_id, starts_on)
           do update set loss = 20, rate = 0.2, reasons = '{}'`,
        [area, month],
      )
    }
    await stage.db.query(`insert into loss_due values ('month', '2026-07-01', $1)`, [area])
    await stage.follow(dayOf(7))
    expect(await kinds()).toContain('A1 three-months')
    expect(await work()).toContain('area:A1:three-months')
  })

  it('are of an area that marketing sees otherwise, and of points that nobody entered', async () => {
    await stage.db.query(
      `insert into archive_import (kind, state, row_count, sha256, proposed_by, proposed_at)
       values ('marketing', 'proposed', 1, repeat('0', 64), 'li', now())`,
    )
    await stage.db.query(
      `insert into marketing_record (account_no, import_id, line, area, received_at)
       values ('one', 1, 1, 'A7', now()), ('two', 1, 2, 'A1', now())`,
    )
    await stage.point('stray', area, 'receive', { from: '2020-01-01T00:00+08:00' })
    await live(8, 40, 30, 24)
    const found = await stage.losses.exceptions({ open: true, scope: 'area' }, null, 100)
    const of = (kind: string) => found.find((one) => one.kind === kind)?.detail
    expect(of('relation-differs')).toEqual({ points: 1, some: ['one: A7'] })
    expect(of('no-archive')).toEqual({ points: 1, some: ['stray'] })
    await stage.db.query('delete from marketing_record')
    await stage.db.query(`delete from usage_point_place where usage_point_id = (
      select id from usage_point where code = 'stray')`)
    await live(9, 40, 30, 24)
    const left = (await kinds()).filter((one) => /relation-differs|no-archive/.test(one))
    expect(left).toEqual([])
  })

  it('are counted as indicators', async () => {
    const startsOn = dayOf(6)
    const shown = await stage.losses.indicators({ scope: 'area', period: 'day', startsOn })
    expect(shown).toEqual({
      ...{ scopes: 2, computable: 1, qualified: 1, high: 0, low: 0, negative: 0 },
      ...{ newAbnormal: 0, cured: 0 },
    })
    const worse = await stage.losses.indicators({
      scope: 'area',
      period: 'day',
      startsOn: dayOf(3),
    })
    expect(worse).toMatchObject({ qualified: 0, high: 1, newAbnormal: 1 })
  })

  it('are low and not negative between zero and the band', async () => {
    await stage.db.query(`update loss_policy set rate_low = 0.02 where scope = 'area'`)
    await live(10, 45, 30, 24)
    expect(await kinds()).toContain('A1 low')
    expect(await kinds()).not.toContain('A1 negative')
    const counted = async (nth: number) =>
      await stage.losses.indicators({ scope: 'area', period: 'day', startsOn: dayOf(nth) })
    expect(await counted(10)).toMatchObject({ qualified: 0, low: 1, negative: 0 })
    await live(11, 50, 30, 24)
    expect(await kinds()).toContain('A1 negative')
    expect(await kinds()).not.toContain('A1 low')
    expect(await counted(11)).toMatchObject({ low: 0, negative: 1 })
  })
})
