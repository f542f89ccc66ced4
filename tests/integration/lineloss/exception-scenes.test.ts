import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { civil, dateOf, long, openStage, type Stage, type Used } from './grid.ts'

const day = '2026-11-04'
const midday = `${day}T12:00+08:00`

/** One point of an area: its role, and what it used on the day. */
type Member = readonly [
  role: 'supply' | 'receive' | 'auxiliary' | 'generation',
  kwh?: number,
  more?: Used,
]

/**
 * Every kind of the catalogue that a day's readings or archive can show, each beside something
 * that looks like it and is right. Others are in exceptions.test.ts.
 */
describe('every exception has a scene, and a near miss', { shuffle: false }, () => {
  let stage: Stage
  const nodes = new Map<string, number>()
  const points = new Map<string, number>()

  const area = async (code: string, members: readonly Member[], isBare = false) => {
    const node = await stage.node('area', code, undefined, 400)
    nodes.set(code, node)
    if (!isBare) {
      await stage.db.query(
        `insert into power_transformer (code, node_id, rated_kva, no_load_loss_w, load_loss_w,
           no_load_current_percent, short_circuit_percent, valid_from)
         values ($1, $2, 200, 340, 2600, 1, 4, $3::timestamptz)`,
        [code, node, long],
      )
    }
    for (const [nth, [role, kwh, more]] of members.entries()) {
      const point = await stage.point(`${code}/${nth}`, node, role)
      points.set(`${code}/${nth}`, point)
      if (kwh !== undefined) await stage.used(point, day, kwh, more)
    }
  }
  const of = (code: string) => points.get(code) ?? 0
  const generates = (code: string) =>
    stage.db.query(
      `insert into contract (account_id, no, generates, valid_from)
       select id, no, true, $2::timestamptz from account where no = $1`,
      [code, long],
    )
  /** The meter of a point changed at midday. */
  const swapped = async (code: string, isNoted: boolean) => {
    const hung: number[] = []
    for (const [from, to] of [
      [long, midday],
      [midday, null],
    ]) {
      const [row] = await stage.db.query<{ id: number }>(
        `with m as (insert into meter (address, protocol, channel_id)
           values ($1 || coalesce($3, 'now'), 'modbus', 1) returning id)
         insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
           pt_numerator, pt_denominator, valid_from, valid_to)
         select $4, id, 1, 1, 1, 1, $2::timestamptz, $3::timestamptz from m returning id`,
        [code, from, to, of(code)],
      )
      hung.push(row?.id ?? 0)
    }
    if (!isNoted) return
    await stage.db.query(
      `insert into installation_register (installation_id, register, opening_digits,
         opening_scale, closing_digits, closing_scale)
       values ($1, '1.8.0', null, null, 500, 2), ($2, '1.8.0', 0, 2, null, null)`,
      hung,
    )
  }
  const kindsOf = async () => {
    const rows = await stage.losses.exceptions({ open: true }, null, 200)
    return (code: string) =>
      rows
        .filter((row) => row.code === code)
        .map(({ kind }) => kind)
        .toSorted()
  }

  beforeAll(async () => {
    stage = await openStage()
    await stage.db.query(`insert into channel (name, kind) values ('test', 'tcp')`)
    await area('normal', [
      ['supply', 100],
      ['receive', 95],
    ])
    await area('negative', [
      ['supply', 100],
      ['receive', 100.01],
    ])
    await area('even', [
      ['supply', 100],
      ['receive', 100],
    ])
    await area('high', [
      ['supply', 100],
      ['receive', 87.9],
    ])
    await area('at-the-limit', [
      ['supply', 100],
      ['receive', 88],
    ])
    await area('gate-unread', [['supply'], ['receive', 95]])
    await area('gate-doubtful', [
      ['supply', 100, { quality: 4 }],
      ['receive', 95],
    ])
    await area('gate-estimated', [
      ['supply', 100, { quality: 2, estimated: 5 }],
      ['receive', 95],
    ])
    await area('fell', [
      ['supply', 100],
      ['receive', -1],
    ])
    await area('stood-still', [
      ['supply', 100],
      ['receive', 0],
      ['receive', 95],
    ])
    await area('swap-lost', [['supply', 100], ['receive']])
    await area('swap-noted', [
      ['supply', 100],
      ['receive', 95],
    ])
    await area('swap-read', [
      ['supply', 100],
      ['receive', 95],
    ])
    await area('panel-dead', [
      ['supply', 100, { back: 0 }],
      ['receive', 95],
      ['generation', 0, { back: 0 }],
    ])
    await area('panel-dark', [
      ['supply', 100, { back: 0 }],
      ['receive', 95],
      ['generation', 0, { back: 0 }],
    ])
    await area('panel-secret', [
      ['supply', 100, { back: 0 }],
      ['receive', 95, { back: 0.2 }],
    ])
    await area('panel-agreed', [
      ['supply', 100, { back: 0 }],
      ['receive', 95, { back: 0.2 }],
    ])
    await area('panel-trickle', [
      ['supply', 100, { back: 0 }],
      ['receive', 95, { back: 0.05 }],
    ])
    await area('panel-unread', [
      ['supply', 100, { back: 0 }],
      ['receive', 95],
      ['generation', 1],
    ])
    await area('back-unread', [
      ['supply', 90],
      ['receive', 95],
      ['generation', 0, { back: 10 }],
    ])
    await area('back-read', [
      ['supply', 90, { back: 0 }],
      ['receive', 95],
      ['generation', 0, { back: 10 }],
    ])
    await area('not-on-input', [
      ['supply', 100],
      ['receive', 90],
      ['auxiliary', 4, { back: 3 }],
    ])
    await area('on-input', [
      ['supply', 97, { back: 0 }],
      ['receive', 90],
      ['generation', 4, { back: 3 }],
    ])
    await area('no-users', [['supply', 100]])
    await area('no-gate', [['receive', 95]])
    await area(
      'no-plate',
      [
        ['supply', 100],
        ['receive', 95],
      ],
      true,
    )
    await area('nothing', [])
    await stage.db.query(`insert into customer (name, class) values ('all', 'residential')`)
    await stage.db.query(`insert into account (no, customer_id) select code, 1 from usage_point`)
    await stage.db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from)
       select u.id, a.id, $1::timestamptz from usage_point u join account a on a.no = u.code`,
      [long],
    )
    for (const code of ['panel-agreed/1', 'not-on-input/2', 'on-input/2']) await generates(code)
    await swapped('swap-lost/1', false)
    await swapped('swap-noted/1', true)
    await swapped('swap-read/1', false)
    for (let nth = 1; nth <= 3; nth += 1) {
      const before = civil.addDays(dateOf(day), -nth)
      await stage.used(of('panel-dead/2'), before, 0, { back: 6 })
      await stage.used(of('panel-dark/2'), before, 0, { back: 0 })
    }
    await stage.follow(day)
  })
  afterAll(() => stage.database.close())

  it.each([
    ['negative', ['negative'], 'even'],
    ['high', ['high'], 'at-the-limit'],
    ['gate-unread', ['reading-missing'], 'gate-estimated'],
    ['gate-doubtful', ['reading-missing'], 'normal'],
    ['fell', ['register-fell'], 'stood-still'],
    ['swap-lost', ['swap-unresolved', 'users-failed'], 'swap-noted'],
    ['swap-lost', ['swap-unresolved', 'users-failed'], 'swap-read'],
    ['panel-dead', ['source-abnormal'], 'panel-dark'],
    ['panel-secret', ['source-abnormal'], 'panel-agreed'],
    ['panel-secret', ['source-abnormal'], 'panel-trickle'],
    ['panel-unread', ['source-abnormal'], 'panel-dark'],
    ['back-unread', ['feedback-not-output'], 'back-read'],
    ['not-on-input', ['source-not-input'], 'on-input'],
    ['no-users', ['relation-empty'], 'normal'],
    ['no-gate', ['no-metering-point'], 'normal'],
    ['no-plate', ['no-transformer'], 'normal'],
    ['nothing', ['no-model'], 'normal'],
  ] as const)('%s is %j, and %s is nothing', async (code, kinds, nearMiss) => {
    const found = await kindsOf()
    expect(found(code)).toEqual(kinds)
    expect(found(nearMiss)).toEqual([])
  })

  it('months running are counted back from the last one without a gap', async () => {
    const months = async (code: string, rates: Readonly<Record<string, number | null>>) => {
      for (const [month, rate] of Object.entries(rates)) {
        await stage.db.query(
          `insert into loss_month (scope, scope_id, starts_on, supply, reverse, generation, passed,
             returned, sale, auxiliary, estimated, loss, rate, users, users_read, gateways,
             gateways_read, sources, sources_read, denominator, reasons, computed_at)
           values ('area', $1, ($2 || '-01')::date, 100, 0, 0, 0, 0, 80, 0, 0,
             $3::numeric * 100, $3::numeric, 1, 1, 1, 1, 0, 0, 'net',
             case when $3::numeric is null then array['gateway-unread'] else '{}' end, now())
           on conflict (scope, scope_id, starts_on) do update set loss = excluded.loss,
             rate = excluded.rate, reasons = excluded.reasons`,
          [nodes.get(code), month, rate],
        )
      }
    }
    await months('normal', { '2026-08': 0.2, '2026-09': 0.2, '2026-10': 0.05 })
    await months('even', { '2026-09': 0.05, '2026-10': 0.2 })
    await months('stood-still', { '2026-08': 0.2, '2026-09': null, '2026-10': 0.2 })
    await months('swap-noted', { '2026-08': 0.05, '2026-09': -0.1, '2026-10': 0.2 })
    await months('swap-read', { '2026-08': 0.2, '2026-09': -0.1, '2026-10': 0.2 })
    await months('on-input', { '2026-07': 0.2, '2026-08': 0.2, '2026-09': 0.2, '2026-10': 0.2 })
    await stage.db.query(`insert into loss_due values ('month', '2026-06-01', $1)`, [
      nodes.get('normal'),
    ])
    await stage.follow(civil.addDays(dateOf(day), 1))
    const found = await kindsOf()
    const running = (code: string) => found(code).filter((kind) => /month/.test(kind))
    expect(running('normal')).toEqual([])
    expect(running('even')).toEqual(['new-this-month'])
    expect(running('stood-still')).toEqual(['new-this-month'])
    expect(running('swap-noted')).toEqual(['two-months'])
    expect(running('swap-read')).toEqual(['three-months'])
    expect(running('on-input')).toEqual(['three-months'])
  })
})
