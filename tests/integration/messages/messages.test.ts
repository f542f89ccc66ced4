import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilTime, hours, minutes } from '#src/core'
import {
  createMessages,
  createPostOffice,
  type Message,
  type Messages,
  type PostOffice,
  type SmsSettings,
  smsOverHttp,
} from '#src/messages'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { json, SECRET, smsGateway } from './sms-gateway.ts'

let database: TestDatabase
let gateway: Awaited<ReturnType<typeof smsGateway>>
let clock: ManualClock
let messages: Messages
let office: PostOffice
let nth = 0
const { signal } = new AbortController()

beforeAll(async () => {
  database = await migratedDatabase()
  gateway = await smsGateway()
  await database.db.query('update message_policy set person_hour_max = 3')
})
afterAll(async () => {
  await gateway.close()
  await database.close()
})
beforeEach(async () => {
  // What an earlier test left behind is not due here.
  await database.db.query(`update message set next_at = null`)
  gateway.arrived.length = 0
  nth++
  clock = new ManualClock()
  messages = createMessages(database.db, clock)
  office = officeWith(gateway.settings)
})

const officeWith = (settings: SmsSettings) =>
  createPostOffice({
    db: database.db,
    clock,
    civil: civilTime('Asia/Shanghai'),
    provider: smsOverHttp(settings, SECRET, clock),
    report: () => {},
  })

async function post(given: Partial<Parameters<Messages['post']>[0]> = {}): Promise<Message> {
  const posted = await messages.post({
    key: `key ${nth}`,
    template: 'case.assigned',
    locale: 'zh',
    parameters: { case: '7', kind: '"停走"', due: '18:00' },
    channel: 'sms',
    recipient: `1380000${nth}`,
    urgent: false,
    reference: 'case/7',
    requestedBy: 'system',
    validFor: hours(24),
    ...given,
  })
  if (!posted.ok) throw new Error(posted.error.message)
  return posted.value
}

const state = async ({ id }: Message) => (await messages.get(id))?.state

async function after(ms: number) {
  await clock.advance(ms)
  await office.round(signal)
}

function receipt(sid: string, stat: string, secret = SECRET) {
  const body = JSON.stringify({ reports: [{ sid, stat }] })
  const time = String(Math.floor(clock.now() / 1_000))
  const sign = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  const headers: Record<string, string> = { 'x-time': time, 'x-sign': sign }
  const call = { body, header: (name: string) => headers[name] }
  return smsOverHttp(gateway.settings, SECRET, clock).receipts(call, clock.now())
}

async function receive(sid: string, stat: string) {
  const told = receipt(sid, stat)
  return told.ok ? await messages.received(told.value) : 'refused'
}

test('a message leaves once in its words, and its receipt ends it', async () => {
  const message = await post()
  expect((await post()).id).toBe(message.id)
  await office.round(signal)
  expect(gateway.arrived).toEqual([
    { id: message.id, to: `1380000${nth}`, text: '您有新的工单线索7（"停走"），请于18:00前处理。' },
  ])
  expect(gateway.forged).toEqual([])
  expect(await state(message)).toBe('sent')
  expect(await receive(`S-${message.id}`, 'DELIVRD')).toBe(1)
  expect(await receive(`S-${message.id}`, 'DELIVRD')).toBe(0)
  expect(await receive(`S-${message.id}`, 'UNDELIV')).toBe(0)
  expect(await state(message)).toBe('delivered')
  const events = (await messages.events(message.id)).map(({ event }) => event)
  expect(events).toEqual(['queued', 'accepted', 'delivered'])
})

test('a key stands for one message, and a template for all of its parameters', async () => {
  await post()
  const other = messages.post({ ...(await post()), recipient: '139', validFor: hours(1) })
  expect(await other).toMatchObject({ error: { kind: 'key-reused' } })
  const bare = messages.post({ ...(await post()), parameters: {}, validFor: hours(1) })
  expect(await bare).toMatchObject({ error: { kind: 'missing-parameter' } })
})

test('what a provider took without an answer is asked for, never sent again', async () => {
  gateway.next((response, id) => {
    gateway.known.set(id, 'SENT')
    response.destroy()
  })
  const message = await post()
  await office.round(signal)
  expect(await state(message)).toBe('unknown')
  await after(minutes(3))
  expect(await state(message)).toBe('sent')
  gateway.known.set(message.id, 'DELIVRD')
  await after(hours(1))
  expect(await state(message)).toBe('delivered')
  expect(gateway.arrived).toHaveLength(1)
})

test('what never arrived there is sent again, once the provider says so', async () => {
  gateway.next((response) => json(response, 500, {}))
  const message = await post()
  await office.round(signal)
  expect(await state(message)).toBe('unknown')
  await after(minutes(3))
  await after(minutes(1))
  expect(await state(message)).toBe('sent')
  expect(gateway.arrived).toHaveLength(2)
})

test('a provider that cannot be asked leaves doubt, and a late receipt ends it', async () => {
  const { query: _, ...blind } = gateway.settings
  office = officeWith(blind)
  gateway.next((response) => response.destroy())
  const message = await post()
  await office.round(signal)
  await after(hours(2))
  await after(hours(23))
  expect(await state(message)).toBe('unknown')
  expect(gateway.arrived).toHaveLength(1)
  expect(await receive(message.id, 'DELIVRD')).toBe(1)
  expect(await state(message)).toBe('delivered')
})

test('a provider that takes the same id for one is simply asked again, with that id', async () => {
  const { query: _, ...blind } = gateway.settings
  office = officeWith({ ...blind, idempotentHours: 24 })
  gateway.next((response) => response.destroy())
  const message = await post()
  await office.round(signal)
  await after(minutes(3))
  expect(await state(message)).toBe('sent')
  expect(new Set(gateway.arrived.map(({ id }) => id)).size).toBe(1)
  expect(gateway.arrived).toHaveLength(2)
})

test('a busy provider is tried later, a wrong number never again', async () => {
  gateway.next((response) => json(response, 200, { code: 'BUSY' }))
  const message = await post()
  await office.round(signal)
  expect(await state(message)).toBe('queued')
  await after(minutes(2))
  expect(await state(message)).toBe('sent')
  gateway.next((response) => json(response, 200, { code: 'BAD_NUMBER' }))
  const wrong = await post({ key: `wrong ${nth}`, recipient: 'nobody' })
  await office.round(signal)
  expect(await messages.get(wrong.id)).toMatchObject({
    state: 'failed',
    reason: 'HTTP 200, BAD_NUMBER',
  })
  const again = await messages.resend(wrong.id, 'the number is mended', 'wang')
  expect(again).toMatchObject({ ok: true, value: { state: 'queued' } })
})

test('a receipt that comes before the answer is kept for it', async () => {
  const message = await post()
  gateway.next((response, id) => {
    receive(`S-${id}`, 'DELIVRD').then(
      () => gateway.accept(response, id),
      () => response.destroy(),
    )
  })
  await office.round(signal)
  expect(await state(message)).toBe('delivered')
})

test('a forged or old callback is no receipt', async () => {
  expect(receipt('S-1', 'DELIVRD', 'guess')).toMatchObject({ ok: false, error: 'forged' })
  const good = receipt('S-1', 'DELIVRD')
  expect(good.ok).toBe(true)
})

test('nobody is woken at night, and nobody gets more than is bearable', async () => {
  // 23:00 in the utility's zone.
  await clock.advance(hours(11))
  const calm = await post()
  const urgent = await post({ key: `urgent ${nth}`, urgent: true, recipient: '1' })
  await office.round(signal)
  expect([await state(calm), await state(urgent)]).toEqual(['queued', 'sent'])
  await after(hours(9))
  expect(await state(calm)).toBe('sent')
  for (let one = 0; one < 5; one++) await post({ key: `many ${nth}.${one}` })
  await office.round(signal)
  const to = gateway.arrived.filter((one) => one.to === calm.recipient)
  expect(to).toHaveLength(3)
  await after(minutes(61))
  expect(gateway.arrived.filter((one) => one.to === calm.recipient)).toHaveLength(6)
})

test('a process that dies while it sends leaves the message in doubt, not unsent', async () => {
  const message = await post()
  const dying = officeWith(gateway.settings)
  gateway.next((response, id) => {
    gateway.known.set(id, 'SENT')
    // Told to nobody: the process that asked is gone.
    void database.db
      .query(`update message set turn = turn + 1 where id = $1::uuid`, [id])
      .then(() => gateway.accept(response, id))
  })
  await dying.round(signal)
  expect(await state(message)).toBe('sending')
  await after(minutes(3))
  expect(await state(message)).toBe('sent')
  expect(gateway.arrived).toHaveLength(1)
})
