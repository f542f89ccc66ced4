import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import { civilTime, instant } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { metricsOf, type PageView } from './api.ts'
import { startHes } from './process.ts'
import { beginning, clockFrom, until } from './time.ts'
import { PASSWORD, scenarioFor, startField, startWorld, type World, ZONE } from './world.ts'

const SEED = 381
const AHEAD_MS = 130_000
const civil = civilTime(ZONE)
const wallAt = (ms: number) => civil.toWall(instant(ms))
/** Terminals, and meters behind them by the address that each has in DL/T 645. */
const terminals = [
  { protocol: 'gdw376', identity: '3301-0B01', behind: '330120000001' },
  { protocol: 'dlt698', identity: '330190000381', behind: '330120038101' },
] as const
const BY_698 = '330120038102'

// One after the other: a broadcast to one meter sets all of its line.
describe(`clocks set through a head-end, seed ${SEED}`, { shuffle: false }, () => {
  // Eighteen past noon, far from the next quarter for as long as this takes.
  const clock = clockFrom(instant(beginning + 3 * 60_000), 2)
  /** The field lives two minutes ahead of us. */
  const fieldClock = { ...clock, now: () => instant(clock.now() + AHEAD_MS) }
  let database: TestDatabase
  let world: World
  let field: Fleet

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock, cycleSeconds: 3_600 })
    await world.api.send('PUT', '/api/v1/clock-policy', { autoCorrect: false, trustHost: true })
    const rows = terminals.map(({ identity, behind }) => [identity, behind, 'dlt645-2007'])
    rows.push(['3301-0B01', '3301-0B01/1', 'gdw376'], ['330190000381', BY_698, 'dlt698'])
    const csv = [['concentrator', 'meter_address', 'protocol'], ...rows].join('\n')
    const imported = await world.api.post('/api/v1/archive/imports', csv, 'text/csv')
    expect(imported.status, JSON.stringify(imported.body)).toBe(200)
    const groups = terminals.map(({ protocol, identity, behind }) => ({
      kind: 'terminal',
      protocol,
      terminals: 1,
      identities: [identity],
      meters: protocol === 'dlt698' ? 2 : 1,
      ...(protocol === 'dlt698' ? { addresses: [behind, BY_698] } : {}),
      heartbeatS: 30,
      hangUpAfterS: null,
    }))
    field = await startField(scenarioFor(world.headEnd.ports, SEED, groups), fieldClock)
    // The day before: a meter takes one broadcast a day.
    const yesterday = fieldClock.now() - 86_400_000
    for (const { usagePoint } of field.archive()) {
      const { clock: itsClock } = field.meterAt(usagePoint) ?? {}
      itsClock?.set(wallAt(yesterday), yesterday)
    }
    await until('both terminals', async () => {
      return (await metricsOf(world.api.url)).get('hes_channels_online') === 2
    })
  })

  afterAll(async () => {
    await field?.stop()
    await world?.stop()
    await database?.close()
  })

  const clockOf = (protocol: string, address: string, concentrator: string, ...more: string[]) =>
    startHes(
      [
        ...['clock', '--protocol', protocol, '--address', address, '--concentrator', concentrator],
        ...['--server', world.api.url, '--json', ...more],
      ],
      { HES_USERNAME: 'admin', HES_PASSWORD: PASSWORD, HES_TIMEZONE: 'Asia/Shanghai' },
    ).ended

  it('says of a metering point whose clock is its meter’s why it cannot be set', async () => {
    const refused = await clockOf('gdw376', '3301-0B01/1', '3301-0B01', '--set', '--yes')
    expect(refused.exit, refused.stderr).toBe(2)
    expect(refused.stderr).toContain('gdw376 has no word for it')
  })

  it('sets that of a 698.45 meter behind its terminal', async () => {
    const set = await clockOf('dlt698', BY_698, '330190000381', '--set', '--yes')
    expect(set.exit, set.stderr).toBe(0)
    expect(JSON.parse(set.stdout)).toMatchObject({ device: BY_698, correction: { how: 'own' } })
    const { items } =
      await world.api.get<PageView<{ action: string; target: string }>>('/api/v1/audit?limit=100')
    expect(items.map(({ action }) => action)).toContain('clock.correct')
  })

  describe.each(terminals)('of $protocol', ({ protocol, identity, behind }) => {
    it.each([
      ['the terminal itself', protocol, identity, 'own'],
      ['a DL/T 645 meter behind it', 'dlt645-2007', behind, 'broadcast'],
    ])('%s: shown, set, read back, and left alone afterwards', async (_, spoken, address, how) => {
      const shown = await clockOf(spoken, address, identity)
      expect(shown.exit, shown.stderr).toBe(0)
      const before: { offsetMs: number } = JSON.parse(shown.stdout)
      expect(Math.abs(before.offsetMs - AHEAD_MS)).toBeLessThan(30_000)
      const unconfirmed = await clockOf(spoken, address, identity, '--set')
      expect(unconfirmed.exit).toBe(4)
      expect(unconfirmed.stderr).toContain('nobody confirmed it')
      const set = await clockOf(spoken, address, identity, '--set', '--yes')
      expect(set.exit, set.stderr).toBe(0)
      const after: { offsetMs: number } = JSON.parse(set.stdout)
      expect(Math.abs(after.offsetMs)).toBeLessThan(10_000)
      expect(after).toMatchObject({ device: address, correction: { state: 'done', how } })
      const again = await clockOf(spoken, address, identity, '--set', '--yes')
      expect(again.exit, again.stderr).toBe(0)
      expect(again.stderr).toContain('nothing was sent')
    })
  })
})
