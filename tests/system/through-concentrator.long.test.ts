import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { metricsOf } from './api.ts'
import { dialIn, meterOf, type PlayedCaller, playCaller, rowOf } from './devices.ts'
import { startHes } from './process.ts'
import { until } from './time.ts'
import { PASSWORD, startWorld, type World } from './world.ts'

const SEED = 57
const CALLER = '330100005701'
const METER = '330120005701'
/** On the bus, but not in the archive. */
const STRANGER = '330120005702'

describe(`field commands through a concentrator, seed ${SEED}`, () => {
  const clock = systemClock
  const face = dlt645Face([meterOf(METER, SEED), meterOf(STRANGER, SEED)])
  let database: TestDatabase
  let world: World
  let caller: PlayedCaller

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 1,
      seed: async (registry) => {
        const entered = await registry.importArchive([rowOf(1, METER, dialIn(CALLER))])
        expect(entered.ok).toBe(true)
      },
    })
    caller = playCaller({ port: world.headEnd.ports.dialin ?? 0, identity: CALLER, face }, clock)
    await until('the concentrator', async () => {
      return (await metricsOf(world.api.url)).get('hes_channels_online') === 1
    })
  })

  afterAll(async () => {
    await caller?.stop()
    await world?.stop()
    await database?.close()
  })

  const hes = (...argv: readonly string[]) =>
    startHes([...argv, '--concentrator', CALLER, '--server', world.api.url], {
      HES_USERNAME: 'admin',
      HES_PASSWORD: PASSWORD,
      HES_TIMEZONE: 'Asia/Shanghai',
    })
  const dlt645 = ['--protocol', 'dlt645-2007'] as const
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line))

  it('finds every meter behind it, also those that are not in the archive', async () => {
    const { exit, stdout, stderr } = await hes('scan', ...dlt645, '--json').ended
    expect(exit, stderr).toBe(0)
    const found = lines(stdout).map(({ device }) => device)
    expect(found.sort()).toEqual([METER, STRANGER])
    expect(lines(stdout)[0]).toMatchObject({ register: '1.8.0', unit: 'kWh' })
    const audit = await world.api.get<{ items: readonly { action: string; outcome: string }[] }>(
      '/api/v1/audit',
    )
    expect(audit.items).toContainEqual(
      expect.objectContaining({ action: 'concentrator.scan', outcome: 'done' }),
    )
  })

  it('shows the clock of a meter beside its own', async () => {
    const shown = await hes('clock', ...dlt645, '--address', METER, '--json').ended
    expect(shown.exit, shown.stderr).toBe(0)
    const [readout] = lines(shown.stdout)
    expect(readout).toMatchObject({ device: METER, uncertaintyMs: expect.any(Number) })
    expect(Math.abs(Number(readout?.offsetMs))).toBeLessThan(600_000)
  })

  it('explains the frames that pass, in both directions', async () => {
    const watching = hes('watch', '--json')
    await watching.printed(/"direction":"reply"[^\n]*\n/)
    watching.kill('SIGINT')
    const { exit, stdout, stderr } = await watching.ended
    expect(exit, stderr).toBe(0)
    const frames = lines(stdout)
    expect(frames.every(({ valid }) => valid === true)).toBe(true)
    expect(new Set(frames.map(({ direction }) => direction))).toEqual(new Set(['request', 'reply']))
    expect(frames[0]).toMatchObject({ protocol: 'dlt645-2007', receivedAt: expect.any(String) })
  })

  it('says which concentrator it does not know', async () => {
    const unknown = startHes(
      ['scan', ...dlt645, '--concentrator', '999999999999', '--server', world.api.url],
      { HES_USERNAME: 'admin', HES_PASSWORD: PASSWORD },
    )
    const { exit, stderr } = await unknown.ended
    expect(exit).toBe(3)
    expect(stderr).toContain('999999999999')
  })

  it('says that a concentrator is away', async () => {
    await caller.stop()
    await until('it to be noticed', async () => {
      return (await metricsOf(world.api.url)).get('hes_channels_online') === 0
    })
    const { exit, stderr } = await hes('scan', ...dlt645).ended
    expect(exit, stderr).toBe(5)
    expect(stderr).toContain('not connected')
    caller = playCaller({ port: world.headEnd.ports.dialin ?? 0, identity: CALLER, face }, clock)
    await until('it to be back', async () => {
      return (await metricsOf(world.api.url)).get('hes_channels_online') === 1
    })
  })
})
