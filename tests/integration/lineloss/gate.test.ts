import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Instant, idOf, instant } from '#src/core'
import { createReadings, type StoredReading } from '#src/readings'
import { civil, dateOf, kWh, openStage, type Stage } from './grid.ts'

const day = '2026-11-20'

describe('whether a loss is computable', { shuffle: false }, () => {
  let stage: Stage
  let area: number,
    gateway: number,
    user: number,
    other: number,
    meters = 0

  const reasons = async (date = day) => (await stage.of(area, date)).reasons
  const midnight = (date: string) => civil.startOf(dateOf(date))
  const hang = async (point: number, from: Instant, to?: Instant) => {
    meters += 1
    const [meter] = await stage.db.query<{ id: number }>(
      `insert into meter (address, protocol, channel_id) values ($1, 'modbus', 1) returning id`,
      [`M${meters}`],
    )
    const [row] = await stage.db.query<{ id: number }>(
      `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
         pt_numerator, pt_denominator, valid_from, valid_to)
       values ($1, $2, 1, 1, 1, 1, to_timestamp($3::float8 / 1000),
         to_timestamp($4::float8 / 1000)) returning id`,
      [point, meter?.id, from, to ?? null],
    )
    return { meter: meter?.id ?? 0, installation: row?.id ?? 0 }
  }

  beforeAll(async () => {
    stage = await openStage()
    await stage.db.query(`insert into channel (name, kind) values ('test', 'tcp')`)
    area = await stage.node('area', 'A1')
    gateway = await stage.point('gate', area, 'supply')
    user = await stage.point('user', area, 'receive')
    other = await stage.point('other', area, 'receive')
    await stage.db.query(`update loss_policy set user_success_min = 0.5 where scope = 'area'`)
    await stage.used(gateway, day, 100)
    await stage.used(other, day, 95)
    await stage.follow(day)
  })
  afterAll(() => stage.database.close())

  it('is when enough users were read', async () => {
    expect(await stage.of(area, day)).toMatchObject({ loss: kWh(5), reasons: [] })
  })

  it('is not while a register fell and nobody knows why', async () => {
    const { meter } = await hang(user, midnight('2026-11-01'))
    const readings = createReadings(stage.database.db, civil)
    const told = (date: string, digits: number): StoredReading => ({
      ...{ meterId: idOf<'meter'>(meter), item: '1.8.0' as const, dataClass: 'daily' as const },
      ...{ value: { kind: 'number' as const, digits, scale: 2 }, quality: 'good' as const },
      ...{ measuredAt: midnight(date), receivedAt: instant(midnight(date) + 60_000) },
      ...{ timeSource: 'meter' as const, source: 'poll' as const },
    })
    await readings.store([told(day, 90_000), told('2026-11-21', 1_000)])
    await stage.used(gateway, day, 100)
    await stage.follow(day)
    expect(await reasons()).toEqual(['register-fell'])
    await stage.used(user, day, 3)
    await stage.follow(day)
    expect(await stage.of(area, day)).toMatchObject({ loss: kWh(2), reasons: [] })
  })

  it('is not while the registers of a swap are missing', async () => {
    const date = '2026-11-22'
    const at = instant(midnight(date) + 36_000_000)
    const first = await hang(other, midnight('2026-11-01'), at)
    const second = await hang(other, at)
    await stage.used(gateway, date, 100)
    await stage.used(user, date, 50)
    await stage.used(other, date, 20, { quality: 4 })
    await stage.follow(date)
    expect(await reasons(date)).toEqual(['swap-unresolved'])
    await stage.db.query(
      `insert into installation_register (installation_id, register, opening_digits,
         opening_scale, closing_digits, closing_scale)
       values ($1, '1.8.0', null, null, 500, 2), ($2, '1.8.0', 0, 2, null, null)`,
      [first.installation, second.installation],
    )
    await stage.used(other, date, 45)
    await stage.follow(date)
    expect(await stage.of(area, date)).toMatchObject({ loss: kWh(5), reasons: [] })
  })

  it('is not on the day that a meter with an unknown register opened at midnight', async () => {
    const date = '2026-11-27'
    const late = await stage.point('late', area, 'receive', { from: '2026-11-26T00:00+08:00' })
    const left = await hang(late, midnight('2026-11-26'), midnight(date))
    const came = await hang(late, midnight(date))
    await stage.db.query(
      `insert into installation_register (installation_id, register, closing_digits, closing_scale)
       values ($1, '1.8.0', 500, 2)`,
      [left.installation],
    )
    await stage.used(gateway, date, 100)
    await stage.used(user, date, 20)
    await stage.used(other, date, 30)
    await stage.follow(date)
    expect(await reasons(date)).toEqual(['swap-unresolved'])
    await stage.db.query(
      `insert into installation_register (installation_id, register, opening_digits, opening_scale)
       values ($1, '1.8.0', 0, 2)`,
      [came.installation],
    )
    await stage.used(late, date, 45)
    await stage.follow(date)
    expect(await stage.of(area, date)).toMatchObject({ loss: kWh(5), reasons: [] })
  })

  it('is not where current transformers were changed and nobody wrote the register', async () => {
    const date = '2026-11-28'
    const at = instant(midnight(date) + 36_000_000)
    const factory = await stage.point('factory', area, 'receive', {
      from: '2026-11-28T00:00+08:00',
    })
    const old = await hang(factory, midnight('2026-11-26'), at)
    await stage.db.query(
      `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
         pt_numerator, pt_denominator, valid_from)
       values ($1, $2, 100, 5, 1, 1, to_timestamp($3::float8 / 1000))`,
      [factory, old.meter, at],
    )
    await stage.used(gateway, date, 100)
    await stage.used(user, date, 20)
    await stage.used(other, date, 30)
    await stage.follow(date)
    expect(await reasons(date)).toEqual(['swap-unresolved'])
    const found = await stage.losses.exceptions({ open: true, scopeId: area }, null, 100)
    expect(found.map(({ kind }) => kind)).toContain('swap-unresolved')
    // Its register at the change is that of the same meter, before and after.
    await stage.db.query(
      `insert into installation_register (installation_id, register, closing_digits, closing_scale)
       values ($1, '1.8.0', 500, 2)`,
      [old.installation],
    )
    await stage.follow(date)
    expect(await reasons(date)).toEqual([])
  })

  it('is not where too much is estimated, or a gateway or a source was not read', async () => {
    const date = '2026-11-23'
    await stage.used(gateway, date, 100, { estimated: 6 })
    await stage.used(user, date, 50)
    await stage.used(other, date, 45)
    await stage.follow(date)
    expect(await reasons(date)).toEqual(['estimated'])
    await stage.used(gateway, '2026-11-24', 100, { quality: 4 })
    await stage.used(user, '2026-11-24', 50)
    const source = await stage.point('roof', area, 'generation', { from: '2026-11-24T00:00+08:00' })
    await stage.used(source, '2026-11-24', 1)
    await stage.follow('2026-11-24')
    expect(await reasons('2026-11-24')).toEqual(['gateway-unread', 'source-unread'])
  })

  it('is not where sources feed in and the gateway does not tell what goes back', async () => {
    const date = '2026-11-25'
    const [source] = await stage.db.query<{ id: number }>(
      `select id from usage_point where code = 'roof'`,
    )
    await stage.used(gateway, date, 100)
    await stage.used(user, date, 60)
    await stage.used(source?.id ?? 0, date, 0, { back: 10 })
    await stage.follow(date)
    expect(await reasons(date)).toEqual(['reverse-unread'])
    await stage.used(gateway, date, 100, { back: 4 })
    await stage.follow(date)
    const net = await stage.of(area, date)
    expect(net).toMatchObject({ input: kWh(106), loss: kWh(46), rate: '0.433962' })
    const [area_] = (await stage.losses.policies()).filter(({ scope }) => scope === 'area')
    if (area_ === undefined) throw new Error('areas have a policy')
    const gross = { ...area_, validFrom: dateOf(date), denominator: 'gross' as const }
    await stage.losses.setPolicy(gross, async () => {})
    await stage.follow(date)
    expect(await stage.of(area, date)).toMatchObject({ loss: kWh(46), rate: '0.418182' })
  })
})
