import { type ChildProcess, spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { dlt645Face, gdw376Face, simulatedFirmware, standardBytesMax } from '#simulators/faces'
import { seededRandom } from '#simulators/line'
import { Site } from '#simulators/meter'
import { type Duration, instant, milliseconds, minutes, seconds, systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { createRegistry } from '#src/registry'
import { migratedFolder } from '#tests/support'
import { dialIn, meterOf, rowOf } from './devices.ts'
import { until } from './time.ts'
import { PASSWORD, ZONE } from './world.ts'

const SEED = 2_718
const TERMINAL = '3301-0B77'
const OLD = '330120007701'
const CAME = '330120007702'
const BLOCK = 64
/** What a killed process had taken is free for the next one, whose clock is later. */
const NEXT_LIFE: Duration = minutes(11)
const NO_LATER: Duration = seconds(40)
/** Lives begin anew again and again. */
const PATIENCE = minutes(8)

/** What the terminal hears; each kill strikes at one of them, or at random. */
type Heard = 'begin' | 'block' | 'list-read' | 'list-write'
interface Kill {
  readonly at: Heard | 'random'
  /** The terminal has done it in any case; `before`: and its answer is never sent. */
  readonly when: 'before' | 'after'
  /** So many times it is let pass. */
  readonly pass: number
}
const kills: readonly Kill[] = [
  { at: 'list-write', when: 'before', pass: 0 },
  { at: 'block', when: 'before', pass: 2 },
  { at: 'block', when: 'after', pass: 2 },
  { at: 'random', when: 'before', pass: 0 },
]

const firmware = simulatedFirmware(
  'V2.0',
  Uint8Array.from({ length: 6_000 }, (_, at) => at % 251),
)
const blocks = Math.ceil(firmware.length / BLOCK)

describe(`a head-end that is killed while it upgrades and replaces, seed ${SEED}`, () => {
  const random = seededRandom(SEED)
  const meters = [meterOf(OLD, SEED), meterOf(CAME, SEED + 1)] as const
  const terminal = gdw376Face({
    address: TERMINAL,
    site: new Site(ZONE, SEED),
    points: [{ point: 3, meter: meters[0] }],
    port: dlt645Face(meters),
    password: null,
    bytesMax: standardBytesMax,
  })
  const heard = new Map<Heard, number>()
  /** How often each block of the file came, and each file was put together. */
  const came = new Map<string, number>()
  let taken: Uint8Array | null = null
  let takes = 0
  let shiftMs = 0
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let child: ChildProcess | null = null
  let socket: Socket | null = null
  let url = ''
  let token = ''
  let end: object = {}
  const struck: string[] = []

  const now = () => instant(systemClock.now() + shiftMs)

  function heardIn(chunk: Uint8Array): Heard | null {
    const hex = toHex(chunk)
    // AFN, sequence, the terminal itself, and the function.
    const [, afn = '', data = ''] = /^68.{8}68.{12}(0F|04|0A)..0000(.*)$/.exec(hex) ?? []
    if (afn === '04' && data.startsWith('0201')) return 'list-write'
    if (afn === '0A' && data.startsWith('0201')) return 'list-read'
    if (afn !== '0F') return null
    const block = data.slice(4, 22)
    came.set(block, (came.get(block) ?? 0) + 1)
    return 'block'
  }

  async function live(kill: Kill | null): Promise<void> {
    const program = path.join(import.meta.dirname, '../kills/head-end.ts')
    const own = spawn(process.execPath, [program, String(shiftMs), folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = own
    let passed = 0
    let isDead = false
    const gone = new Promise<void>((resolve) => own.once('exit', () => resolve()))
    const strike = (what: string) => {
      if (isDead) return
      isDead = true
      struck.push(what)
      own.kill('SIGKILL')
    }
    const said = await new Promise<string>((resolve, reject) => {
      own.stdout.once('data', resolve)
      own.once('exit', (code) => reject(new Error(`a life ended before it began: ${code}`)))
    })
    const ports: { url: string; dialin: number } = JSON.parse(String(said))
    url = ports.url
    const call = () => {
      if (isDead || child !== own) return
      const line = connect(ports.dialin, '127.0.0.1', () => line.write(terminal.login()))
      socket = line
      line.on('data', (chunk: Uint8Array) => {
        const what = heardIn(chunk)
        const answers = terminal.receive(chunk, now())
        if (what !== null) heard.set(what, (heard.get(what) ?? 0) + 1)
        if (terminal.firmware.taken !== null && terminal.firmware.taken !== taken) {
          taken = terminal.firmware.taken
          takes++
        }
        const isIt = kill !== null && what === kill.at && passed++ === kill.pass
        if (isIt && kill.when === 'before') return strike(`${what} unanswered`)
        for (const answer of answers) line.write(answer)
        if (isIt) strike(`${what} answered`)
      })
      line.on('error', () => line.destroy())
      line.on('close', () => void systemClock.after(milliseconds(300), call))
    }
    if (token === '') token = await begin()
    call()
    if (kill === null) return
    // A point that does not come is no reason to live for ever.
    const latest = kill.at === 'random' ? seconds(random.between(1, 6)) : NO_LATER
    const spare = systemClock.after(latest, () => strike('random'))
    await gone
    spare()
    socket?.destroy()
    shiftMs += NEXT_LIFE
  }

  async function ask<T>(method: string, route: string, body?: object, of = token): Promise<T> {
    const response = await fetch(`${url}/api/v1${route}`, {
      method,
      headers: {
        ...(of !== '' && { authorization: `Bearer ${of}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        'idempotency-key': route,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`)
    const answer: T = JSON.parse(text)
    return answer
  }
  const signIn = async (username: string) => {
    const credentials = { username, password: PASSWORD }
    return (await ask<{ token: string }>('POST', '/sessions', credentials, '')).token
  }

  /** The orders, given once, to the first process. */
  async function begin(): Promise<string> {
    const admin = await signIn('admin')
    const post = <T>(route: string, body: object, of = admin) => ask<T>('POST', route, body, of)
    await post('/users', { username: 'zhao', password: PASSWORD, roles: ['approver'] })
    const query = 'protocol=gdw376&version=V2.0&name=new.bin'
    const response = await fetch(`${url}/api/v1/firmware?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/octet-stream' },
      body: firmware,
    })
    const kept = await response.text()
    if (!response.ok) throw new Error(kept)
    const file: { id: number } = JSON.parse(kept)
    await post('/firmware-campaigns', {
      firmware: file.id,
      target: { all: true },
      blockBytes: BLOCK,
    })
    await post('/firmware-campaigns/1/approve', {}, await signIn('zhao'))
    await post('/field-orders', { kind: 'replace', spec: { meter: 1, reason: 'worn' } })
    await post('/field-orders/1/report', {
      at: new Date(now() - seconds(1)).toISOString(),
      newMeter: { address: CAME, protocol: 'dlt645-2007' },
      closing: [{ register: '1.8.0', value: '900000.00' }],
      opening: [{ register: '1.8.0', value: '0.00' }],
      photos: ['photo/1'],
    })
    return admin
  }

  const open = async (): Promise<Database> => {
    const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
    if (!opened.ok) throw new Error(opened.error.message)
    return opened.value
  }

  beforeAll(async () => {
    folder = await migratedFolder()
    const db = await open()
    const row = rowOf(1, OLD, { ...dialIn(TERMINAL), protocol: 'dlt645-2007' })
    const entered = await createRegistry(db, systemClock).importArchive([row])
    await db.close()
    expect(entered.ok).toBe(true)
    for (const kill of kills) await live(kill)
    await live(null)
    await until('order and campaign to be done', async () => {
      const order = await ask<{ state: string }>('GET', '/field-orders/1')
      const campaign = await ask<{ state: string }>('GET', '/firmware-campaigns/1')
      const device = await ask<object>('GET', '/firmware-campaigns/1/devices')
      end = { order, campaign, device, struck, heard: [...heard] }
      return order.state === 'done' && campaign.state === 'done'
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(end, null, 1), { cause: error })
    })
    const last = child
    child = null
    last?.kill('SIGKILL')
    await new Promise<void>((resolve) => last?.once('exit', () => resolve()))
  }, PATIENCE)
  afterAll(() => {
    child?.kill('SIGKILL')
    socket?.destroy()
    folder?.remove()
  })

  it('was killed at each of the points', () => {
    expect(struck).toHaveLength(kills.length)
    expect(struck).toContain('list-write unanswered')
    expect(struck.filter((one) => one.startsWith('block')).length).toBeGreaterThan(1)
  })

  it('tells the terminal once which meter came, though it died before it heard the answer', () => {
    expect(heard.get('list-write')).toBe(1)
  })

  it('has the file put together once, each block sent again at most where it died', () => {
    expect(takes).toBe(1)
    expect(toHex(taken ?? new Uint8Array(0))).toBe(toHex(firmware))
    const again = [...came.values()].reduce((sum, count) => sum + count - 1, 0)
    expect(came.size).toBeGreaterThanOrEqual(blocks)
    expect(again).toBeLessThanOrEqual(kills.length)
  })

  it('has the archive, the registers and the journal as if it had never died', async () => {
    const db = await open()
    try {
      const hung = await db.query(
        `select m.address, i.valid_to is null as hangs from installation i
         join meter m on m.id = i.meter_id order by i.valid_from`,
      )
      expect(hung).toEqual([
        { address: OLD, hangs: false },
        { address: CAME, hangs: true },
      ])
      const events = await db.query(
        `select event, count(*)::int as n from field_order_event group by 1 order by 1`,
      )
      expect(events).toContainEqual({ event: 'ordered', n: 1 })
      expect(events).toContainEqual({ event: 'reported', n: 1 })
      const steps = await db.query(
        `select count(*)::int as n, count(distinct name)::int as names,
           bool_and(state = 'done') as done from field_step`,
      )
      expect(steps).toEqual([{ n: 9, names: 9, done: true }])
      const device = await db.query(
        `select state, block, blocks, restarts, version_after from firmware_device`,
      )
      const done = { state: 'done', block: blocks, blocks, restarts: 0, version_after: 'V2.0' }
      expect(device).toEqual([done])
      const ended = await db.query(`select 1 from firmware_event where event = 'done'`)
      expect(ended.length).toBeLessThanOrEqual(2)
    } finally {
      await db.close()
    }
  })
})
