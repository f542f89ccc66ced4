import { writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import path from 'node:path'
import { connectAsync } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { loadSettings } from '#src/config'
import { seconds, systemClock } from '#src/core'
import { openDatabase } from '#src/db'
import { createLogger, createMetrics } from '#src/observe'
import { createRegistry } from '#src/registry'
import { startHeadEnd } from '#src/wiring'
import {
  migratedDatabase,
  migratedFolder,
  type TestDatabase,
  temporaryFolder,
} from '#tests/support'
import { listAll, type MeterView, type ReadingView, signIn } from './api.ts'
import { type Ended, type Running, startHes } from './process.ts'
import { until } from './time.ts'
import { freePorts, PASSWORD } from './world.ts'

const STOP_MAX = seconds(15)

function listen(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const closed = (server: Server) => new Promise((resolve) => server.close(resolve))

/** How the process ended; fails when it does not. */
async function stopped({ ended }: Running): Promise<Ended> {
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = systemClock.after(STOP_MAX, () => reject(new Error('it does not stop')))
  })
  try {
    return await Promise.race([ended, late])
  } finally {
    cancel()
  }
}

describe('npm start, Ctrl-C, and again', () => {
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let demo: Running
  let ports: readonly number[]
  let ended: Ended
  let second: Ended
  let meters = 0
  let streamed = 0

  beforeAll(async () => {
    folder = await migratedFolder()
    const env = { ...freePorts, HES_DATA_DIR: folder.path, HES_DEMO_METERS: '8' }
    demo = startHes(['demo'], env)
    const [, url = ''] = await demo.told(/running at (\S+)/)
    const [, dialin = ''] = await demo.told(/dial in on port (\d+)/)
    const [, mqttUrl = ''] = await demo.told(/MQTT +(mqtt:\S+)/)
    ports = [Number(new URL(url).port), Number(dialin), Number(new URL(mqttUrl).port)]
    const api = await signIn(url, PASSWORD)
    const archive = await listAll<MeterView>(api, '/api/v1/meters')
    meters = archive.length
    await until('a reading', async () => {
      const [meter] = archive
      const path = `/api/v1/meters/${meter?.id}/readings?limit=1`
      return (await api.get<{ items: readonly ReadingView[] }>(path)).items.length > 0
    })
    second = await startHes(['serve'], env).ended
    // Whoever holds a connection must not hold up the stop.
    const idle = connect(Number(dialin), '127.0.0.1').on('error', () => {})
    const publisher = await connectAsync(mqttUrl, { reconnectPeriod: 0, clientId: 'idle' })
    publisher.on('error', () => {})
    const stream = await api.open('/api/v1/events')
    demo.kill('SIGINT')
    ended = await stopped(demo)
    idle.destroy()
    publisher.end(true)
    streamed = stream.status
  })

  afterAll(() => {
    demo?.kill('SIGKILL')
    folder?.remove()
  })

  it('has the meters it was asked for, and a live page', () => {
    expect({ meters, streamed }).toEqual({ meters: 8, streamed: 200 })
  })

  it('ends with 0 and a word', () => {
    expect({ exit: ended.exit, signal: ended.signal }).toEqual({ exit: 0, signal: null })
    expect(ended.stderr).toContain('stopping')
    expect(ended.stdout).toBe('')
  })

  it('leaves its ports free', async () => {
    expect(new Set(ports).size).toBe(3)
    for (const port of ports) await closed(await listen(port))
  })

  it('refuses a second process on the same data, naming the first', () => {
    expect(second.exit).toBe(1)
    expect(second.stderr).toMatch(/\[database\.\S+\]/)
    expect(second.stderr).toMatch(/process \d+/)
  })

  it('leaves the database closed and whole', async () => {
    const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
    if (!opened.ok) throw new Error(opened.error.message)
    const [row] = await opened.value.query<{ count: bigint }>(
      'select count(*)::bigint as count from reading_curve',
    )
    await opened.value.close()
    expect(Number(row?.count)).toBeGreaterThan(0)
  })
})

describe('what keeps the head-end from starting', () => {
  const servers: Server[] = []
  const folder = temporaryFolder()
  let database: TestDatabase

  beforeAll(async () => {
    database = await migratedDatabase()
  })

  afterAll(async () => {
    await database?.close()
    folder.remove()
  })

  afterEach(async () => {
    for (const server of servers.splice(0)) await closed(server)
  })

  it.each(['HES_HTTP_PORT', 'HES_DIALIN_PORT', 'HES_MQTT_PORT'])(
    '%s that is taken is named, and nothing stays open',
    async (variable) => {
      const taken = await listen(0)
      servers.push(taken)
      const others = [await listen(0), await listen(0), await listen(0)]
      const [http, dialin, mqtt] = others.map(portOf)
      for (const server of others) await closed(server)
      const env = {
        ...freePorts,
        HES_DATA_DIR: folder.path,
        HES_HTTP_PORT: String(http),
        HES_DIALIN_PORT: String(dialin),
        HES_MQTT_PORT: String(mqtt),
        [variable]: String(portOf(taken)),
      }
      const loaded = loadSettings({ env, readFile: () => '' })
      if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
      const started = await startHeadEnd({
        loaded: loaded.value,
        clock: systemClock,
        log: createLogger({ level: 'silent', pretty: false }),
        metrics: createMetrics(),
        db: database.db,
        presentCycles: {},
        say: () => {},
        seed: async () => {},
      })
      expect(started).toMatchObject({
        ok: false,
        error: {
          code: 'transport.busy',
          exit: 1,
          message: expect.stringContaining(String(portOf(taken))),
          next: expect.stringContaining(variable),
        },
      })
      for (const port of [http, dialin, mqtt]) await closed(await listen(port ?? 0))
    },
  )

  it('an archive that cannot be entered leaves nothing open', async () => {
    const free = await listen(0)
    const dialin = portOf(free)
    await closed(free)
    const env = { ...freePorts, HES_DATA_DIR: folder.path, HES_DIALIN_PORT: String(dialin) }
    const loaded = loadSettings({ env, readFile: () => '' })
    if (!loaded.ok) throw new Error(loaded.error.mistakes.join('\n'))
    const starting = startHeadEnd({
      loaded: loaded.value,
      clock: systemClock,
      log: createLogger({ level: 'silent', pretty: false }),
      metrics: createMetrics(),
      db: database.db,
      presentCycles: {},
      say: () => {},
      seed: async () => {
        throw new Error('the field is on fire')
      },
    })
    await expect(starting).rejects.toThrow('the field is on fire')
    await closed(await listen(dialin))
  })

  it('a database that does not answer ends with 5, a code, and no trace', async () => {
    const { exit, stderr } = await startHes(['serve'], {
      ...freePorts,
      HES_DATABASE_URL: 'postgres://hes:secret@127.0.0.1:1/hes',
    }).ended
    expect(exit).toBe(5)
    expect(stderr).toMatch(/^hes: .*127\.0\.0\.1.*\[database\.\S+\]/m)
    expect(stderr).not.toContain('secret')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('a setting that is wrong ends with 2 and what is allowed', async () => {
    const env = { ...freePorts, HES_DIALIN_PORT: '99999', HES_TIMEZON: 'UTC' }
    const { exit, stderr } = await startHes(['serve'], env).ended
    expect(exit).toBe(2)
    expect(stderr).toMatch(/^hes: HES_DIALIN_PORT: "99999" is not allowed; allowed: /m)
    expect(stderr).toMatch(/^hes: HES_TIMEZON: no such setting; did you mean HES_TIMEZONE\?/m)
  })
})

describe('hes import archive', () => {
  it('takes all rows or none, and names every bad line', async () => {
    const folder = await migratedFolder()
    const file = path.join(folder.path, 'archive.csv')
    const rows = [
      'meter_address,protocol,channel,channel_kind,channel_settings,usage_point',
      '330120000010,dlt645-2007,bus,tcp,host=127.0.0.1;port=4001,P10',
      'twelve,dlt645-2007,bus,tcp,host=127.0.0.1;port=4001,P11',
      '330120000012,dlt645-2007,bus,tcp,host=127.0.0.1;port=never,P12',
    ]
    writeFileSync(file, rows.join('\n'))
    const env = { HES_DATA_DIR: folder.path }
    const refused = await startHes(['import', 'archive', file], env).ended
    writeFileSync(file, rows.slice(0, 2).join('\n'))
    const taken = await startHes(['import', 'archive', file], env).ended
    const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
    if (!opened.ok) throw new Error(opened.error.message)
    const meters = await createRegistry(opened.value, systemClock).allMeters()
    await opened.value.close()
    folder.remove()
    expect(refused.exit).toBe(1)
    expect(refused.stderr).toMatch(/^ *3 +meter_address +twelve /m)
    expect(refused.stderr).toMatch(/^ *4 +channel_settings /m)
    expect(refused.stderr).toContain('nothing of')
    expect({ exit: taken.exit, stdout: taken.stdout }).toEqual({
      exit: 0,
      // One that the refused file had brought would not be new.
      stdout: '1 rows: 1 new, 0 changed, 0 as before\n',
    })
    expect(meters.map(({ address }) => address)).toEqual(['330120000010'])
  })
})
