import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Channel, type Dialer, memoryPair } from '#drivers/channel'
import { channelLocks, exclusiveDialer, openRelayBench } from '#src/acquisition/field'
import { civilTime } from '#src/core'
import { ManualClock, settle, temporaryFolder, testGate } from '#tests/support'

const never = new AbortController().signal
const channel = { kind: 'tcp', host: '127.0.0.1', port: 4001 } as const
const other = { ...channel, port: 4002 }

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function dialer(): { dialer: Dialer; far: () => Channel | null } {
  let far: Channel | null = null
  return {
    far: () => far,
    dialer: {
      name: 'a line',
      async open() {
        const [near, end] = memoryPair()
        far = end
        return { ok: true, value: near }
      },
    },
  }
}

/** Locks as another process of this machine sees them. */
const elsewhere = () => channelLocks(folder.path)

test('a channel of the head-end is kept from the bench until it is closed', async () => {
  const held = exclusiveDialer(dialer().dialer, channel, channelLocks(folder.path))
  const opened = await held.open(never)
  expect(opened.ok).toBe(true)
  expect(elsewhere()('tcp:127.0.0.1:4001')).toEqual({ ok: false, error: process.pid })
  expect(elsewhere()('tcp:127.0.0.1:4002').ok).toBe(true)
  if (opened.ok) await opened.value.close()
  expect(elsewhere()('tcp:127.0.0.1:4001').ok).toBe(true)
})

test('it is given back when the other side hangs up', async () => {
  const field = dialer()
  const held = exclusiveDialer(field.dialer, channel, channelLocks(folder.path))
  const opened = await held.open(never)
  const drained = (async () => {
    if (opened.ok) for await (const _ of opened.value.bytes());
  })()
  await field.far()?.close()
  await drained
  await settle()
  expect(elsewhere()('tcp:127.0.0.1:4001').ok).toBe(true)
})

test('two channels of one head-end may lead to the same place', async () => {
  const locks = channelLocks(folder.path)
  const first = await exclusiveDialer(dialer().dialer, channel, locks).open(never)
  const second = await exclusiveDialer(dialer().dialer, channel, locks).open(never)
  expect([first.ok, second.ok]).toEqual([true, true])
  if (first.ok) await first.value.close()
  expect(elsewhere()('tcp:127.0.0.1:4001').ok).toBe(false)
  if (second.ok) await second.value.close()
  expect(elsewhere()('tcp:127.0.0.1:4001').ok).toBe(true)
})

test('a channel of the bench is busy for the head-end, which tries again later', async () => {
  const lock = elsewhere()('tcp:127.0.0.1:4001')
  const held = exclusiveDialer(dialer().dialer, channel, channelLocks(folder.path))
  expect(await held.open(never)).toMatchObject({
    ok: false,
    error: { code: 'transport.busy', retry: 'later' },
  })
  if (lock.ok) lock.value.release()
  expect((await held.open(never)).ok).toBe(true)
})

test('the bench opens nothing on a channel that a head-end has', async () => {
  const clock = new ManualClock()
  const gate = { ...testGate(clock), lockChannel: elsewhere() }
  let dialed = 0
  const connect = async () => {
    dialed += 1
    throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  }
  const world = {
    ...{ clock, gate, civil: civilTime('Asia/Shanghai') },
    network: { connect, listen: connect },
    serialPorts: { open: connect },
  }
  const lock = elsewhere()('tcp:127.0.0.1:4001')
  expect(await openRelayBench(channel, 'dlt645-2007', world, never)).toMatchObject({
    error: { code: 'relay.channel-in-use' },
  })
  expect(dialed).toBe(0)
  expect(await openRelayBench(other, 'dlt645-2007', world, never)).toMatchObject({
    error: { code: 'transport.refused' },
  })
  expect(elsewhere()('tcp:127.0.0.1:4002').ok).toBe(true)
  if (lock.ok) lock.value.release()
})
