import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { transformerLoss } from '#src/lineloss'
import { civil, dateOf, kWh, long, morningAfter, openStage, type Stage } from './grid.ts'

const day = '2026-11-20'

describe('what lines and transformers lose', { shuffle: false }, () => {
  let stage: Stage
  let feeder: number, area: number, gateway: number
  let users: number[]
  const plate = {
    ratedKva: '200',
    noLoadLossW: '340',
    loadLossW: '2600',
    noLoadCurrentPercent: '1',
    shortCircuitPercent: '4',
  }

  const hang = (of: 'node_id' | 'usage_point_id', id: number, code: string, side = 'low') =>
    stage.db.query(
      `insert into power_transformer (code, ${of}, rated_kva, no_load_loss_w, load_loss_w,
         no_load_current_percent, short_circuit_percent, metered_side, valid_from)
       values ($1, $2, 200, 340, 2600, 1, 4, $3, $4::timestamptz)`,
      [code, id, side, long],
    )

  beforeAll(async () => {
    stage = await openStage()
    feeder = await stage.node('feeder', 'F1', undefined, 10_000)
    area = await stage.node('area', 'A1', feeder, 400)
    const head = await stage.point('head', feeder, 'supply')
    gateway = await stage.point('gate', area, 'supply')
    users = []
    for (const code of ['u1', 'u2']) users.push(await stage.point(code, area, 'receive'))
    await stage.db.query(`update usage_point_place set phase = 'A' where usage_point_id = $1`, [
      users[0],
    ])
    const factory = await stage.point('factory', feeder, 'receive')
    await hang('node_id', area, 'T1')
    await hang('usage_point_id', factory, 'T2')
    await stage.used(gateway, day, 2_400, { back: 0, reactive: 1_800 })
    await stage.used(users[0] ?? 0, day, 1_000)
    await stage.used(users[1] ?? 0, day, 1_300)
    await stage.used(factory, day, 1_200)
    await stage.used(head, day, 3_700)
    await stage.follow(day)
  })
  afterAll(() => stage.database.close())

  const computed = (active: number, reactive: number | null, shape: string) =>
    transformerLoss(
      plate,
      {
        active: kWh(active),
        reactive: reactive === null ? null : kWh(reactive),
        secondsInService: 86_400,
      },
      { shape, powerFactor: '0.8', step: 'micro' },
    ).active

  it('is in the database what it is as a function', async () => {
    const measured = computed(2_400, 1_800, '1.2')
    expect((await stage.of(feeder, day, 'feeder')).transformers).toBe(measured)
    expect((await stage.of(area, day)).transformers).toBeNull()
  })

  it('is sold to the customer whose transformer is metered on its low side', async () => {
    const sold = computed(1_200, null, '1.1')
    const loss = await stage.of(feeder, day, 'feeder')
    expect(loss).toMatchObject({ transformerSale: sold, sale: kWh(1_200) + sold })
    expect(loss.loss).toBe(kWh(3_700 - 2_400 - 1_200) - sold)
  })

  it('is of lines by the resistance that stands for all of them', async () => {
    const entry = {
      voltage: 400,
      lines: [
        { from: 'board', to: 'pole', ohm: '0.02', neutralOhm: '0.02' },
        { from: 'pole', to: 'house', ohm: '0.1', neutralOhm: '0.1' },
      ],
      taps: [
        { usagePointId: gateway, end: 'board' },
        { usagePointId: users[0] ?? 0, end: 'house' },
        { usagePointId: users[1] ?? 0, end: 'pole' },
      ],
    }
    const since = civil.startOf(dateOf(day))
    const wrong = { ...entry, taps: [{ usagePointId: gateway, end: 'nowhere' }] }
    const refused = await stage.losses.enterNetwork(area, wrong, since, async () => {})
    expect(refused).toMatchObject({ error: { kind: 'wrong' } })
    expect((await stage.losses.enterNetwork(area, entry, since, async () => {})).ok).toBe(true)
    await stage.follow(day)

    // One house takes 1,000 of 2,300 from one phase, the other 1,300 from all three.
    const [single, each] = [1_000 / 2_300, 1_300 / 2_300 / 3]
    const pole = [single + each, each, each] as const
    const squares = pole[0] ** 2 + pole[1] ** 2 + pole[2] ** 2
    const neutral = squares - pole[0] * pole[1] - pole[1] * pole[2] - pole[2] * pole[0]
    const ohm = 3 * (0.02 * (squares + neutral) + 0.1 * 2 * single ** 2)
    const kwh = (1.2 * ohm * (2_400 ** 2 + 1_800 ** 2) * 1_000) / (400 ** 2 * 24)
    const found = await stage.of(area, day)
    expect(Number(found.technical) / 1e6).toBeCloseTo(kwh, 3)
    // A feeder whose own lines are not known tells no technical loss, but that of transformers.
    const above = await stage.of(feeder, day, 'feeder')
    expect([above.technical, above.transformers]).toEqual([null, computed(2_400, 1_800, '1.2')])
  })

  it('is on a past day of the lines as they then were', async () => {
    const before = (await stage.of(area, day)).technical
    const again = async () => {
      await stage.used(gateway, day, 2_400, { back: 0, reactive: 1_800 })
      await stage.follow('2026-11-28')
    }
    // A week on, the points take otherwise, and the resistance is computed anew.
    await stage.used(users[0] ?? 0, '2026-11-22', 50_000)
    await stage.follow('2026-11-27')
    await again()
    expect((await stage.of(area, day)).technical).toBe(before)
    const entry = {
      voltage: 400,
      lines: [{ from: 'board', to: 'house', ohm: '5', neutralOhm: null }],
      taps: [gateway, ...users].map((usagePointId, nth) => {
        return { usagePointId, end: nth === 0 ? 'board' : 'house' }
      }),
    }
    const rebuilt = morningAfter('2026-11-28')
    expect((await stage.losses.enterNetwork(area, entry, rebuilt, async () => {})).ok).toBe(true)
    await again()
    expect((await stage.of(area, day)).technical).toBe(before)
    // Entered late, they were so since the day itself.
    const since = civil.startOf(dateOf(day))
    expect((await stage.losses.enterNetwork(area, entry, since, async () => {})).ok).toBe(true)
    await stage.follow('2026-11-29')
    expect(Number((await stage.of(area, day)).technical)).toBeGreaterThan(5 * Number(before))
  })
})
