import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face, dlt698Face, gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase, temporaryFolder } from '#tests/support'
import { meterOf, type PlayedServer, playServer, rowOf, tcpBus } from './devices.ts'
import { startHes } from './process.ts'
import { PASSWORD, startWorld, type World } from './world.ts'

const SEED = 72
const METERS = ['330120007201', '330120007202'] as const
const OTHER = '330120007203'
const TERMINAL = '4401-0172/1'
const GONE = '330120007299'
const EVENTS = 'FFFFFFFFFFFFFFFF/0000000000008011'

describe(`settings of devices from the command line, seed ${SEED}`, () => {
  const clock = systemClock
  const folder = temporaryFolder()
  const served: PlayedServer[] = []
  const terminal = gdw376Face({
    address: '4401-0172',
    site: new Site('Asia/Shanghai', SEED),
    points: [{ point: 1, meter: meterOf(TERMINAL, SEED) }],
    port: null,
    password: null,
    bytesMax: standardBytesMax,
  })
  let database: TestDatabase
  let world: World

  beforeAll(async () => {
    mkdirSync(join(folder.path, 'secrets'), { recursive: true })
    writeFileSync(
      join(folder.path, 'secrets', 'meter-access.yaml'),
      'default: { password: "02000000", operator: "00000001" }\n',
    )
    database = await migratedDatabase()
    for (const face of [
      dlt645Face(METERS.map((address) => meterOf(address, SEED))),
      dlt698Face(meterOf(OTHER, SEED)),
      terminal,
    ]) {
      served.push(await playServer(face, clock))
    }
    const [hall, shop, yard] = served.map(({ port }) => port)
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 3_600,
      env: { HES_DATA_DIR: folder.path },
      seed: async (registry) => {
        const entered = await registry.importArchive([
          ...METERS.map((address, at) => rowOf(at + 1, address, tcpBus('hall', hall ?? 0))),
          rowOf(3, OTHER, { ...tcpBus('shop', shop ?? 0), protocol: 'dlt698' }),
          rowOf(4, TERMINAL, { ...tcpBus('yard', yard ?? 0), protocol: 'gdw376' }),
          rowOf(5, GONE, tcpBus('hall', hall ?? 0)),
        ])
        expect(entered.ok).toBe(true)
      },
    })
    const made = await world.api.post('/api/v1/users', {
      username: 'second',
      password: PASSWORD,
      roles: ['approver'],
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
  })

  afterAll(async () => {
    await world?.stop()
    for (const one of served) await one.stop()
    await database?.close()
    folder.remove()
  })

  const hesAs = (username: string, ...argv: readonly string[]) =>
    startHes(['param', ...argv, '--server', world.api.url], {
      HES_USERNAME: username,
      HES_PASSWORD: PASSWORD,
      HES_TIMEZONE: 'Asia/Shanghai',
    }).ended
  const param = (...argv: readonly string[]) => hesAs('admin', ...argv)

  it('shows what may be written', async () => {
    const { exit, stdout } = await param('ls', '--protocol', 'gdw376')
    expect(exit).toBe(0)
    expect(stdout).toContain('04-F9')
    expect(stdout).not.toContain('0400')
  })

  it.each([
    ['DL/T 645', METERS[0], '04000A01', '01010000'],
    ['376.1', TERMINAL, '04-F9', EVENTS],
  ])('reads, writes and reads back by %s', async (_, meter, item, value) => {
    const written = await param('write', meter, '--item', item, '--value', value, '--json')
    expect(written.exit, written.stderr).toBe(0)
    expect(JSON.parse(written.stdout)).toMatchObject({ state: 'done', after: value })
    const read = await param('read', meter, item)
    expect(read).toMatchObject({ exit: 0, stdout: `${value}\n` })
    const again = await param('write', meter, '--item', item, '--value', value, '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({
      state: 'done',
      before: null,
      reasonCode: 'parameter.so-already',
    })
    const history = await param('history', meter)
    expect(history.stdout).toMatch(new RegExp(`${item} .* done .*it was so already`))
  })

  it('changes how a 698.45 device works only with a second person', async () => {
    const order = ['write', OTHER, '--item', '43000800', '--value', 'bool:0']
    const asked = await param(...order)
    expect(asked.exit, asked.stderr).toBe(4)
    expect(asked.stdout).toContain('1 of 2')
    const id = /hes param approve (\d+)/.exec(asked.stderr)?.[1] ?? ''
    expect((await param('approve', id)).exit).toBe(4)
    expect((await hesAs('second', 'approve', id)).exit).toBe(0)
    const ended = await world.api.get(`/api/v1/parameters/${id}?wait=30`)
    expect(ended).toMatchObject({ state: 'done', before: 'true', after: 'false' })
  })

  it('writes several as a run, and reports those that do not answer', async () => {
    const order = ['--item', '04000A01', '--value', '01020000', '--wait', '3', '--json']
    const { exit, stdout, stderr } = await param('write', ...METERS, GONE, ...order)
    const { items } = JSON.parse(stdout)
    const states = new Map(
      items.map(({ address, state }: { address: string; state: string }) => [address, state]),
    )
    expect(states.get(METERS[0])).toBe('done')
    expect(states.get(GONE)).toBe('approved')
    expect(stderr).toContain(GONE)
    expect(exit).toBe(1)
    expect((await param('run')).stdout).toContain('04000A01=01020000')
  })

  it('ends with the code of what went wrong', async () => {
    const on = (item: string, value: string, meter: string = METERS[0]) =>
      param('write', meter, '--item', item, '--value', value, '--wait', '20')
    expect((await on('04000401', '0220')).exit, 'not on the list').toBe(4)
    expect((await on('04000A01', 'noon')).exit, 'no such value').toBe(2)
    expect((await on('04000A01', '01010000', '1')).exit, 'no such meter').toBe(3)
    expect((await on('04001203', '0030')).exit, 'the meter refuses it').toBe(7)
    expect((await param('read', METERS[0], '04FF0101')).exit, 'the meter has no such').toBe(7)
    expect((await param('read', GONE, '04000A01')).exit, 'no answer').toBe(5)
    expect((await param('read', METERS[0], 'nonsense')).exit, 'no item').toBe(2)
  })
})
