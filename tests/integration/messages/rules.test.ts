import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCases } from '#src/cases'
import { civilTime, hours, idOf, minutes } from '#src/core'
import type { Database } from '#src/db'
import { createFieldOrders } from '#src/fieldwork'
import {
  createMessages,
  createNotifier,
  createPostOffice,
  type MessageRule,
  type Notifier,
  type Provider,
} from '#src/messages'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
const { signal } = new AbortController()
const NOTHING = { kind: 'sent', ref: null } as const
let database: TestDatabase
let clock: ManualClock
let sent: string[] = []
let nth = 0

const provider: Provider = {
  name: 'test',
  idempotentFor: null,
  send: async ({ recipient, body }) => {
    sent.push(`${recipient} ${body}`)
    return { kind: 'accepted', ref: null }
  },
  query: async () => NOTHING,
  receipts: () => ({ ok: true, value: [] }),
}
const events = [{ code: 'cover.open', severity: 'critical', zh: '开盖', en: 'Cover open' }] as const
const notifierOn = (db: Database): Notifier =>
  createNotifier({
    ...{ db, clock, civil, events },
    messages: createMessages(db, clock),
    report: () => {},
  })
const officeOn = (db: Database) =>
  createPostOffice({ db, clock, civil, provider, report: () => {} })

const usual: MessageRule = {
  name: 'ours',
  occasion: 'case.opened',
  minSeverity: 'high',
  topics: null,
  toAssignee: false,
  toRole: 'operator',
  template: 'case.opened',
  urgent: false,
  quiet: null,
  personHourMax: null,
  validMinutes: 1_440,
  enabled: true,
}
const put = async (rule: Partial<MessageRule>) => {
  const done = await notifierOn(database.db).put({ ...usual, ...rule })
  expect(done).toMatchObject({ ok: true })
}
const finding = (key: string, severity: 'medium' | 'critical' = 'critical') => ({
  ...{ kind: 'meter.silent', key, severity, evidence: {} },
  subject: { kind: 'meter', id: idOf<'meter'>(1) } as const,
})
const find = (...given: Parameters<typeof finding>) =>
  createCases(database.db, clock).found([finding(...given)])

beforeAll(async () => {
  database = await migratedDatabase()
  const { db } = database
  await db.query(`insert into channel (name, kind, settings) values ('c', 'tcp', '{"host": "a"}')`)
  await db.query(
    `insert into meter (address, protocol, channel_id) values ('000000000001', 'dlt645-2007', 1)`,
  )
  await db.query(
    `insert into app_user (username, password_hash, roles, created_at, password_changed_at,
       telephone, telephone_since, locale, disabled)
     values ('wang', 'x', '{operator}', now(), now(), '13800000001', '2020-01-01', 'zh', false),
       ('li', 'x', '{technician}', now(), now(), '13800000002', '2020-01-01', 'en', false),
       ('mute', 'x', '{operator}', now(), now(), null, null, 'zh', false),
       ('gone', 'x', '{operator}', now(), now(), '13800000004', '2020-01-01', 'zh', true)`,
  )
})
afterAll(() => database.close())
beforeEach(async () => {
  // At noon of the utility, long after the test before.
  clock = new ManualClock(Date.UTC(2026, 10, 22 + 20 * ++nth, 4))
  sent = []
  await database.db.query(`delete from message_rule`)
  await database.db.query(`update message set next_at = null`)
  await notifierOn(database.db).setPolicy({
    quiet: { fromHour: 21, toHour: 8 },
    personHourMax: 1_000,
  })
})

const carried = async () => {
  await notifierOn(database.db).round()
  await officeOn(database.db).round(signal)
  return sent
}

test('a case above a severity is told to everybody of a role who has a number, once', async () => {
  await put({})
  await find('a', 'medium')
  await find('b')
  expect(await carried()).toEqual([
    expect.stringMatching(/^13800000001 新线索\d+：meter.silent（紧急），000000000001，请于/),
  ])
  await find('b')
  await clock.advance(hours(1))
  expect(await carried()).toHaveLength(1)
})

test('whoever is given a case or an order is told, in their language; a second click tells nothing', async () => {
  const { db } = database
  await put({ name: 'case', occasion: 'case.assigned', toRole: null, toAssignee: true })
  await put({
    ...{ name: 'order', occasion: 'order.assigned', template: 'order.assigned', toRole: null },
    ...{ minSeverity: 'low', toAssignee: true },
  })
  await find('c')
  const cases = createCases(db, clock)
  const [found] = await cases.list({}, null, 1)
  if (!found) throw new Error('there is no case')
  await cases.move(found.id, { kind: 'assign', to: idOf(2) }, { name: 'wang', userId: idOf(1) })
  const orders = createFieldOrders(db, clock)
  await db.query(`insert into usage_point (code) values ('U1') on conflict do nothing`)
  const ordered = await orders.order({
    ...{ key: `k${clock.now()}`, kind: 'install', requestedBy: 'wang' },
    spec: { usagePoint: 'U1', channel: 1, reason: 'new supply' },
  })
  if (!ordered.ok) throw new Error(ordered.error.message)
  const { id } = ordered.value
  expect(await orders.assign(id, idOf(2), 'wang')).toMatchObject({ value: { assigneeId: 2 } })
  await orders.assign(id, idOf(2), 'wang')
  expect(await orders.assign(id, idOf(4), 'wang')).toMatchObject({
    error: { kind: 'no-such-user' },
  })
  expect((await carried()).toSorted()).toEqual([
    `13800000002 Field order ${id} (install) is yours: new supply.`,
    expect.stringMatching(/^13800000002 New case \d+: meter.silent \(critical\)/),
  ])
})

test('an order that hangs, a campaign that stopped and a grave event are told as well', async () => {
  const { db } = database
  const rule = { minSeverity: 'low', urgent: true } as const
  await put({ ...rule, name: 'a', occasion: 'order.hanging', template: 'order.hanging' })
  await put({ ...rule, name: 'b', occasion: 'firmware.stopped', template: 'firmware.stopped' })
  await put({ ...rule, name: 'c', occasion: 'device.event', template: 'device.event' })
  await createCases(db, clock).found([
    {
      ...finding(`hang ${clock.now()}`),
      kind: 'order.hanging',
      evidence: { order: 1, step: 'reported', since: clock.now() - minutes(90) },
    },
  ])
  await db.query(
    `with f as (
       insert into firmware (name, protocol, version, size, sha256, md5, bytes, uploaded_by,
         uploaded_at)
       values ('f', 'gdw376', 'V2', 1, repeat('a', 64), decode(repeat('00', 16), 'hex'), '\\x00', 'li',
         now()) returning id),
     c as (
       insert into firmware_campaign (idempotency_key, firmware_id, state, target, canary, batch,
         block_bytes, from_hour, to_hour, failure_percent_max, requested_by, requested_at,
         approved_by, approved_at)
       select 'k', id, 'stopped', '{}', 1, 1, 64, 0, 0, 5, 'wang', now(), 'li', now() from f
       returning id)
     insert into firmware_event (campaign_id, at, actor, event, detail)
     select id, to_timestamp($1::float8 / 1000), 'system', 'stopped', '{"done": 3, "failed": 2}'
     from c`,
    [clock.now()],
  )
  await db.query(
    `insert into device_event (meter_id, protocol, event_id, series, code, phase, is_span,
       raised_at, received_at, source, details, raw, at)
     select 1, 'dlt645-2007', code, code, code, '', false, t, t + interval '1 minute', 'report', '{}', '', t
     from unnest(array['cover.open', 'power.fail']) as u (code),
       lateral (select to_timestamp($1::float8 / 1000) as t) v`,
    [clock.now() - minutes(1)],
  )
  expect((await carried()).map((text) => text.replace(/\d{4}-.*/, '…')).toSorted()).toEqual([
    '13800000001 000000000001发生开盖，时间…',
    expect.stringMatching(/^13800000001 升级任务\d+已自动停止：失败2台，成功3台。$/),
    '13800000001 现场工单1停在“reported”已90分钟。',
  ])
})

test('a rule keeps its own quiet hours and its own number an hour', async () => {
  await put({ quiet: { fromHour: 11, toHour: 13 }, personHourMax: 2 })
  for (const key of ['q1', 'q2', 'q3']) await find(key)
  expect(await carried()).toEqual([])
  const waiting = await database.db.query(`select 1 from message where state = 'queued'`)
  expect(waiting).toHaveLength(2)
  await clock.advance(hours(1))
  expect(await carried()).toHaveLength(3)
  await put({ personHourMax: 2, name: 'other' })
  await notifierOn(database.db).setPolicy({
    quiet: { fromHour: 0, toHour: 23 },
    personHourMax: 1,
  })
  await clock.advance(hours(2))
  await find('u1')
  await find('u2')
  sent = []
  expect(await carried()).toHaveLength(1)
})

test('what happened before a rule, before a number, or too long ago is not told', async () => {
  await find('old')
  await clock.advance(minutes(1))
  await put({ validMinutes: 30 })
  expect(await carried()).toEqual([])
  await find('late')
  await clock.advance(minutes(31))
  expect(await carried()).toEqual([])
})

test('whoever dies when and however many look, nothing is told twice and nothing forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 3 }),
      async (deaths, processes) => {
        const run = `${clock.now()}`
        await put({ name: 'told' })
        sent = []
        for (const nth of [1, 2, 3]) await find(`death ${run} ${nth}`)
        for (const death of [...deaths, Number.POSITIVE_INFINITY]) {
          let left = death
          const mortal: Database = {
            ...database.db,
            kind: database.db.kind,
            query: (text, values) => database.db.query(text, values),
            transaction: (work) => {
              if (left-- <= 0) throw new Error('killed')
              return database.db.transaction(work)
            },
          }
          await Promise.allSettled(
            Array.from({ length: processes }, () => notifierOn(mortal).round()),
          )
        }
        await officeOn(database.db).round(signal)
        expect(sent).toHaveLength(3)
        expect(new Set(sent).size).toBe(3)
        await clock.advance(hours(24))
      },
    ),
    { numRuns: 6 },
  )
})

test('a rule that tells nobody, or in words that its occasion has not, is refused', async () => {
  const notifier = notifierOn(database.db)
  const wrong = (rule: Partial<MessageRule>) => notifier.put({ ...usual, ...rule })
  expect(await wrong({ toRole: null })).toMatchObject({ error: { kind: 'nobody' } })
  expect(await wrong({ template: 'no-such' })).toMatchObject({ error: { kind: 'no-template' } })
  expect(await wrong({ template: 'device.event' })).toMatchObject({
    error: { kind: 'unknown-parameter' },
  })
  await put({})
  const words = { code: 'case.opened', locale: 'en', body: 'Look at {nothing}.' } as const
  expect(await notifier.putTemplate(words)).toMatchObject({ error: { kind: 'unknown-parameter' } })
})
