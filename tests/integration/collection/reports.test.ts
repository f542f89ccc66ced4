import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hours, idOf, instant } from '#src/core'
import type { TestDatabase } from '#tests/support'
import { at, dateOf, meters, nobody, openStage, rows, stage } from './stage.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openStage()
})
afterAll(() => database.close())

describe('what people ask the ledger', () => {
  test('is answered with the numbers that went into it', async () => {
    const start = at('2026-11-20T00:00:00+08:00')
    const { collection, reports, taskAt, planId, clock } = await stage(
      'Asia/Shanghai',
      { cycle: hours(24), offset: 0 },
      start,
    )
    const task = taskAt(start)
    await collection.follow([task], start)
    await clock.advance(hours(3 * 24 + 12))
    await collection.advance(task, clock.now())
    const days = [0, 1, 2, 3].map((day) => instant(start + hours(24 * day)))
    const of = (meter: number, day: number) => ({
      ...{ planId, meterId: idOf<'meter'>(meter), slotStart: days[day] ?? start },
    })
    const good = (meter: number, day: number, after = hours(1)) => ({
      ...{ ...of(meter, day), kind: 'answered' as const, attempts: 1 },
      answeredAt: instant((days[day] ?? start) + after),
    })
    const bad = (meter: number, day: number) =>
      ({ ...of(meter, day), kind: 'missing', attempts: 1, reason: 'timeout' }) as const
    await collection.record([
      ...[0, 1, 2, 3].map((day) => good(1, day)),
      ...[0, 1, 2].map((day) => bad(2, day)),
      ...[0, 1, 2, 3].map((day) => bad(3, day)),
      good(4, 0, hours(30)),
    ])
    await collection.record([good(2, 2, hours(2))])
    const from = dateOf('2026-11-20')
    const to = dateOf('2026-11-23')
    const { items } = await reports.kpis({ from, to, by: 'all' })
    const figures = Object.fromEntries(
      (items[0]?.kpis ?? []).map(({ name, numerator, denominator, value }) => {
        return [name, [numerator, denominator, value]]
      }),
    )
    expect(figures).toMatchObject({
      finalSuccess: [6, 12, '0.5000'],
      firstPassSuccess: [5, 12, '0.4166'],
      timeliness: [5, 12, '0.4166'],
    })
    const byDay = await reports.kpis({ from, to, by: 'day' })
    expect(byDay.items.map(({ group, counts }) => [group, counts.received + counts.late])).toEqual([
      ['2026-11-20', 2],
      ['2026-11-21', 1],
      ['2026-11-22', 2],
      ['2026-11-23', 1],
    ])
    const unread = await reports.unread(3, { limit: 10 })
    expect(unread.ok && unread.value.items.map(({ meterId, reason }) => [meterId, reason])).toEqual(
      [[3, 'timeout']],
    )
    // Again, twice: what failed is due again, and counts as no first success when it comes.
    const order = { meterIds: [], groupIds: [], concentratorIds: [], planIds: [], from, to }
    expect(await reports.backfill(order, nobody)).toEqual({ slots: 6, lost: 0 })
    expect(await reports.backfill(order, nobody)).toEqual({ slots: 0, lost: 0 })
    const open = await collection.open({
      ...{ planId, meterIds: meters, from: start, to: clock.now(), reasons: [] },
      ...{ attemptsMax: 1, limit: 3 },
    })
    expect(open.map(({ slotStart }) => slotStart)).toEqual([days[3], days[3], days[3]])
    await collection.record([good(3, 0)])
    const again = await reports.kpis({ from, to, by: 'all' })
    expect(again.items[0]?.counts).toMatchObject({ received: 6, late: 1, firstPass: 5, givenUp: 0 })
  })

  test('names the usage points that no terminal covers', async () => {
    const { reports, clock } = await stage(
      'Asia/Shanghai',
      { cycle: hours(1), offset: 0 },
      at('2026-11-22T00:00:00+08:00'),
    )
    await rows(
      `insert into usage_point (code) values ('U1'), ('U2'), ('U3') on conflict do nothing`,
    )
    await rows(`insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
        pt_numerator, pt_denominator, valid_from)
      select id, 1, 1, 1, 1, 1, '2020-01-01' from usage_point where code = 'U1'`)
    await rows(
      `insert into concentrator_state (concentrator_id, online, last_heard_at)
       values (1, false, to_timestamp($1::float8 / 1000))`,
      [clock.now() - hours(1)],
    )
    const covered = await reports.coverage({ limit: 1 })
    if (!covered.ok) throw new Error('a first page has no cursor')
    expect(covered.value.kpi).toMatchObject({ numerator: 1, denominator: 3, value: '0.3333' })
    expect(covered.value.items).toMatchObject([{ usagePoint: 'U2', reason: 'no-meter' }])
    await clock.advance(hours(24))
    const later = await reports.coverage({ limit: 10 })
    expect(later.ok && later.value.items.map(({ reason }) => reason)).toEqual([
      'silent',
      'no-meter',
      'no-meter',
    ])
    expect(await reports.coverage({ limit: 1, cursor: 'nonsense' })).toMatchObject({ ok: false })
  })

  test('takes the online rate from intervals', async () => {
    const { reports, clock } = await stage(
      'Asia/Shanghai',
      { cycle: hours(1), offset: 0 },
      at('2026-11-02T12:00:00+08:00'),
    )
    await rows(`insert into online_interval (concentrator_id, valid_from, valid_to, end_reason)
      values (1, '2026-10-31T00:00:00+08:00', '2026-11-01T06:00:00+08:00', 'lost'),
        (1, '2026-11-02T00:00:00+08:00', null, null)`)
    const [from, to] = [dateOf('2026-11-01'), dateOf('2026-11-30')]
    const { items } = await reports.kpis({ from, to, by: 'concentrator' })
    const online = items[0]?.kpis.find(({ name }) => name === 'onlineRate')
    const hour = 3_600
    expect([items[0]?.group, online?.numerator, online?.denominator, online?.value]).toEqual([
      ...['1001', 18 * hour, 36 * hour, '0.5000'],
    ])
    expect(clock.now()).toBe(at('2026-11-02T12:00:00+08:00'))
    // One that came at six counts from then on; one that is to come counts nowhere yet.
    await rows(`insert into channel (name, kind, settings)
      select 'new' || n, 'dialin', jsonb_build_object('identity', 'new' || n)
      from generate_series(1, 2) n`)
    await rows(`insert into concentrator (address, channel_id, in_service_since)
      select '200' || right(name, 1), id, case name when 'new1' then
        timestamptz '2026-11-02T06:00:00+08:00' else timestamptz '2026-11-03T00:00:00+08:00' end
      from channel where name like 'new%'`)
    const later = await reports.kpis({ from, to, by: 'concentrator' })
    const figures = later.items.map(({ group, kpis }) => {
      const rate = kpis.find(({ name }) => name === 'onlineRate')
      return [group, rate?.numerator, rate?.denominator]
    })
    expect(figures).toEqual([
      ['1001', 18 * hour, 36 * hour],
      ['2001', 0, 6 * hour],
    ])
  })
})
