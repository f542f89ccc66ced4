import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face, gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'
import { instant, milliseconds, systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { dialIn, meterOf, rowOf } from './devices.ts'
import { startHes } from './process.ts'
import { until } from './time.ts'
import { PASSWORD, startWorld, type World, ZONE } from './world.ts'

const SEED = 46
const TERMINAL = '3301-0B01'
const OLD = '330120004601'
const CAME = '330120004602'

interface OrderView {
  readonly id: number
  readonly state: string
  readonly verdict: string | null
  readonly steps: readonly {
    readonly name: string
    readonly state: string
    readonly reason: string | null
  }[]
}

describe(`a meter behind a terminal is replaced, seed ${SEED}`, () => {
  const clock = systemClock
  const meters = [meterOf(OLD, SEED), meterOf(CAME, SEED + 1)] as const
  const terminal = gdw376Face({
    address: TERMINAL,
    site: new Site(ZONE, SEED),
    points: [{ point: 3, meter: meters[0] }],
    port: dlt645Face(meters),
    password: null,
    bytesMax: standardBytesMax,
  })
  let database: TestDatabase
  let world: World
  let socket: Socket | null = null
  let isOver = false

  /** The head-end hangs up where its archive of a channel changed: a terminal calls again. */
  const call = () => {
    if (isOver) return
    const own = connect(world.headEnd.ports.dialin ?? 0, '127.0.0.1', () => {
      own.write(terminal.login())
    })
    socket = own
    own.on('data', (chunk: Uint8Array) => {
      for (const answer of terminal.receive(chunk, clock.now())) own.write(answer)
    })
    own.on('error', () => own.destroy())
    own.on('close', () => void clock.after(milliseconds(300), call))
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 60,
      seed: async (registry) => {
        const entered = await registry.importArchive([
          rowOf(1, OLD, { ...dialIn(TERMINAL), protocol: 'dlt645-2007' }),
        ])
        expect(entered.ok).toBe(true)
      },
    })
    call()
  })
  afterAll(async () => {
    isOver = true
    socket?.destroy()
    await world?.stop()
    await database?.close()
  })

  const told = async <T>(...argv: readonly string[]) => {
    const { exit, stdout, stderr } = await startHes(
      [...argv, '--server', world.api.url, '--json'],
      { HES_USERNAME: 'admin', HES_PASSWORD: PASSWORD },
    ).ended
    expect(exit, stderr).toBe(0)
    const answer: T = JSON.parse(stdout)
    return answer
  }
  const hes = (...argv: readonly string[]) => told<OrderView>(...argv)
  const orderOf = (id: number) => world.api.get<OrderView>(`/api/v1/field-orders/${id}`)
  const arrives = async (id: number, step: string, state: string) => {
    let last: OrderView | undefined
    await until(`${step} to be ${state}`, async () => {
      last = await orderOf(id)
      if (last.state === 'failed') throw new Error(JSON.stringify(last, null, 2))
      return last.steps.some((one) => one.name === step && one.state === state)
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(last, null, 2), { cause: error })
    })
  }

  it('from the order to the verdict, over a real socket', async () => {
    const page = await world.api.get<{ items: readonly { id: number }[] }>(
      `/api/v1/meters?address=${OLD}`,
    )
    const old = page.items[0]?.id ?? 0
    const { id } = await hes('order', 'replace', String(old), '--reason', 'worn', '--key', 'k1')
    const again = await hes('order', 'replace', String(old), '--reason', 'worn', '--key', 'k1')
    expect(again.id).toBe(id)
    await told('user', 'contact', 'admin', '--telephone', '13800000001', '--locale', 'en')
    const policy = await told<object>('messages', 'policy', '--quiet', '22-7')
    expect(policy).toMatchObject({ quietFromHour: 22, quietToHour: 7, personHourMax: 6 })
    const rule = ['--on', 'order.assigned', '--to-assignee', '--template', 'order.assigned']
    await told('messages', 'rule', 'order-assigned', ...rule, '--quiet', '20-9')
    await told('order', 'assign', String(id), '1')
    const messages = await until('the message to whoever it was assigned to', async () => {
      const path = `/api/v1/messages?reference=field-order/${id}`
      const { items } = await world.api.get<{ items: readonly object[] }>(path)
      return items.length > 0 && items
    })
    expect(messages).toMatchObject([
      { recipient: '13800000001', body: `Field order ${id} (replace) is yours: worn.` },
    ])
    await arrives(id, 'closing', 'done')
    const at = new Date(instant(clock.now() - milliseconds(1_000))).toISOString()
    const report = ['--at', at, '--new-meter', CAME, '--opening', '1.8.0=0.00']
    await hes('order', 'step', String(id), ...report)
    await arrives(id, 'verdict', 'done')
    const done = await orderOf(id)
    expect(done).toMatchObject({
      state: 'done',
      verdict: 'good; closing registers read before it was taken away',
    })
    expect(done.steps.map(({ name }) => name)).toEqual([
      'closing',
      'reported',
      'archive',
      'registers',
      'download',
      'read-back',
      'first-reading',
      'slots',
      'verdict',
    ])
    const came = await world.api.get<{ items: readonly { usagePoint: string }[] }>(
      `/api/v1/meters?address=${CAME}`,
    )
    expect(came.items[0]?.usagePoint).toBe(`P${OLD}`)
    const wrote = await database.db.query(
      `select reference, effect, address from gate_journal where event = 'passed'`,
    )
    expect(wrote).toEqual([{ reference: `field-order/${id}`, effect: 'write', address: TERMINAL }])
  })
})
