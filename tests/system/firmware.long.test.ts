import fs from 'node:fs'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  dlt698TerminalFace,
  gdw376Face,
  simulatedFirmware,
  standardBytesMax,
} from '#simulators/faces'
import { Site } from '#simulators/meter'
import { milliseconds } from '#src/core'
import { migratedDatabase, type TestDatabase, temporaryFolder } from '#tests/support'
import { dialIn, meterOf, rowOf } from './devices.ts'
import { startHes } from './process.ts'
import { beginning, clockFrom, until } from './time.ts'
import { PASSWORD, startWorld, type World, ZONE } from './world.ts'

const SEED = 4_690
const BLOCK = 64
const SECOND_PERSON = 'zhao'
const METER = '330120009901'

interface CampaignView {
  readonly id: number
  readonly state: string
  readonly devices: Readonly<Record<string, number>>
}
interface Page<T> {
  readonly items: readonly T[]
}

const bytes = simulatedFirmware(
  'V2.0',
  Uint8Array.from({ length: 1_000 }, (_, at) => (at * 13) % 256),
)

describe.each([
  { protocol: 'gdw376', identity: '3301-0B99', version: 'V2.0', before: 'V1.0' },
  { protocol: 'dlt698', identity: '330190000699', version: '0002', before: '0001' },
] as const)('firmware over $protocol, seed 4690', ({ protocol, identity, version, before }) => {
  const clock = clockFrom(beginning, 5)
  const meter = meterOf(METER, SEED)
  const place = { address: identity, site: new Site(ZONE, SEED), port: null }
  const terminal =
    protocol === 'gdw376'
      ? gdw376Face({
          ...place,
          points: [{ point: 1, meter }],
          password: null,
          bytesMax: standardBytesMax,
        })
      : dlt698TerminalFace({ ...place, meters: [meter] })
  const folder = temporaryFolder()
  let database: TestDatabase
  let world: World
  let socket: Socket | null = null
  let blocks = 0
  let isOver = false

  const isBlock = (chunk: Uint8Array) =>
    protocol === 'gdw376'
      ? /^68.{8}68.{12}0F/.test(toHex(chunk))
      : /0701..F0010800/.test(toHex(chunk))

  const call = () => {
    if (isOver) return
    const own = connect(world.headEnd.ports.dialin ?? 0, '127.0.0.1', () => {
      own.write(terminal.login(clock.now()))
    })
    socket = own
    own.on('data', (chunk: Uint8Array) => {
      const answers = terminal.receive(chunk, clock.now())
      if (isBlock(chunk)) blocks++
      // Once in the middle the link breaks, with the block taken and its answer lost.
      if (isBlock(chunk) && blocks === 6) own.destroy()
      else for (const answer of answers) own.write(answer)
    })
    own.on('error', () => own.destroy())
    own.on('close', () => void clock.after(milliseconds(1_500), call))
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 10,
      seed: async (registry) => {
        const name = protocol === 'gdw376' ? `${identity}/1` : METER
        const entered = await registry.importArchive([
          rowOf(1, name, { ...dialIn(identity), protocol }),
        ])
        expect(entered.ok).toBe(true)
      },
    })
    const added = await world.api.post('/api/v1/users', {
      username: SECOND_PERSON,
      password: PASSWORD,
      roles: ['approver'],
    })
    expect(added.status, JSON.stringify(added.body)).toBe(201)
    fs.writeFileSync(path.join(folder.path, 'new.bin'), bytes)
    call()
  })
  afterAll(async () => {
    isOver = true
    socket?.destroy()
    await world?.stop()
    await database?.close()
    folder.remove()
  })

  const hes = async (username: string, ...argv: readonly string[]) => {
    const ended = await startHes([...argv, '--server', world.api.url, '--json'], {
      HES_USERNAME: username,
      HES_PASSWORD: PASSWORD,
    }).ended
    return { exit: ended.exit, stderr: ended.stderr, stdout: ended.stdout }
  }
  const told = async <T>(username: string, ...argv: readonly string[]): Promise<T> => {
    const { exit, stdout, stderr } = await hes(username, ...argv)
    expect(exit, stderr).toBe(0)
    const answer: T = JSON.parse(stdout)
    return answer
  }

  it('from the file to the version that the terminal reports, through a lost link', async () => {
    const about = ['--protocol', protocol, '--reports', version, '--maker', 'OHES']
    const file = path.join(folder.path, 'new.bin')
    const kept = await told<{ id: number }>('admin', 'firmware', 'upload', file, ...about)
    const campaign = ['firmware', 'campaign', String(kept.id), '--all', '--block-bytes', `${BLOCK}`]
    const { id } = await told<CampaignView>('admin', ...campaign, '--key', 'k1')
    expect(await told<CampaignView>('admin', ...campaign, '--key', 'k1')).toMatchObject({ id })
    expect((await hes('admin', 'firmware', 'approve', String(id))).exit).toBe(4)
    await told(SECOND_PERSON, 'firmware', 'approve', String(id))
    const url = `/api/v1/firmware-campaigns/${id}`
    let last: unknown
    await until('the terminal to run it', async () => {
      const now = await world.api.get<CampaignView>(url)
      last = [now, await world.api.get(`${url}/devices`)]
      return now.state === 'done' || now.state === 'stopped'
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(last, null, 2), { cause: error })
    })
    const devices = await world.api.get<Page<object>>(`${url}/devices`)
    expect(devices.items).toMatchObject([
      { state: 'done', versionBefore: before, versionAfter: version, restarts: 0 },
    ])
    expect(toHex(terminal.firmware.taken ?? new Uint8Array(0))).toBe(toHex(bytes))
    // Those that were taken are not sent again, but for the one whose answer was lost.
    const count = Math.ceil(bytes.length / BLOCK)
    expect(blocks).toBeGreaterThanOrEqual(count)
    expect(blocks).toBeLessThan(2 * count)
    const passed = await database.db.query(
      `select distinct reference, address from gate_journal
       where event = 'passed' and effect = 'firmware'`,
    )
    expect(passed).toEqual([{ reference: `firmware-campaign/${id}`, address: identity }])
    const shown = await told<{ list: readonly object[] }>('admin', 'firmware', 'show', String(id))
    expect(shown.list).toHaveLength(1)
    const meters = await world.api.get<Page<{ id: number }>>('/api/v1/meters')
    const readings = await world.api.get<Page<object>>(
      `/api/v1/meters/${meters.items[0]?.id}/readings?register=1.8.0&limit=50`,
    )
    expect(readings.items.length, 'its meter was read meanwhile').toBeGreaterThan(0)
  })
})
