import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cases, createCases, type Finding } from '#src/cases'
import { hours, idOf, type UserId } from '#src/core'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
let cases: Cases
let clock: ManualClock
let nth = 0
const user: UserId = idOf(1)
const person = { name: 'wang', userId: user }

beforeAll(async () => {
  database = await migratedDatabase()
  const { db } = database
  await db.query(`insert into channel (name, kind) values ('c', 'tcp')`)
  await db.query(
    `insert into meter (address, protocol, channel_id) values ('000000000001', 'dlt645-2007', 1)`,
  )
  await db.query(
    `insert into app_user (username, password_hash, roles, created_at, password_changed_at)
     values ('wang', 'x', '{technician}', now(), now())`,
  )
})
afterAll(() => database.close())
beforeEach(() => {
  clock = new ManualClock()
  cases = createCases(database.db, clock)
  nth++
})

const finding = (given: Partial<Finding> = {}): Finding => ({
  kind: 'meter.silent',
  key: `silent/${nth}`,
  subject: { kind: 'meter', id: idOf(1) },
  severity: 'medium',
  evidence: { slots: [1] },
  ...given,
})

async function theCase() {
  const [found] = await cases.list({}, null, 1)
  if (!found) throw new Error('no case was opened')
  return found
}

const acts = async () => (await cases.history((await theCase()).id)).map(({ act }) => act)

test('the same finding is one case, however often it comes', async () => {
  expect(await cases.found([finding(), finding()])).toMatchObject({ opened: 1, extended: 0 })
  expect(await cases.found([finding({ evidence: { slots: [2] } })])).toMatchObject({ extended: 1 })
  expect(await theCase()).toMatchObject({
    state: 'open',
    timesFound: 3,
    evidence: { slots: [2] },
  })
  expect(await acts()).toEqual(['opened'])
})

test('what becomes worse is due earlier, and never later', async () => {
  await cases.found([finding()])
  await cases.found([finding({ severity: 'critical' })])
  expect((await theCase()).dueAt).toBe(clock.now() + hours(4))
  await cases.found([finding({ severity: 'low' })])
  expect(await theCase()).toMatchObject({ severity: 'critical', dueAt: clock.now() + hours(4) })
  expect(await acts()).toEqual(['opened', 'worsened'])
})

test('a case that evidence closed is opened again by evidence', async () => {
  await cases.found([finding()])
  expect(await cases.settled([{ key: finding().key, evidence: { reading: 7 } }])).toBe(1)
  expect(await cases.settled([{ key: finding().key, evidence: {} }])).toBe(0)
  expect(await cases.found([finding()])).toMatchObject({ reopened: 1 })
  expect(await theCase()).toMatchObject({ state: 'open', endedAt: null, assignee: null })
  expect(await acts()).toEqual(['opened', 'closed', 'reopened'])
})

test('what a person dismissed stays quiet for a time, and then comes back', async () => {
  await cases.found([finding()])
  const { id } = await theCase()
  const dismiss = { kind: 'dismiss', note: 'a vacant flat', quietFor: hours(2) } as const
  expect(await cases.move(id, dismiss, person)).toMatchObject({ ok: true })
  expect(await cases.found([finding()])).toMatchObject({ extended: 1, reopened: 0 })
  expect(await theCase()).toMatchObject({ state: 'dismissed', timesFound: 2 })
  await clock.advance(hours(2))
  expect(await cases.found([finding()])).toMatchObject({ reopened: 1 })
  expect(await theCase()).toMatchObject({ state: 'open', mutedUntil: null })
})

test('a person takes a case, works on it, and closes it by what shows that it is over', async () => {
  await cases.found([finding()])
  const { id } = await theCase()
  expect(await cases.move(id, { kind: 'assign', to: user }, person)).toMatchObject({
    value: { state: 'assigned', assignee: { username: 'wang' } },
  })
  await cases.move(id, { kind: 'start' }, person)
  const empty = { kind: 'close', evidence: {}, note: '' } as const
  expect(await cases.move(id, empty, person)).toMatchObject({ error: { kind: 'not-now' } })
  await cases.move(id, { ...empty, note: 'the fuse was blown' }, person)
  expect(await theCase()).toMatchObject({ state: 'closed', endedAt: clock.now() })
  expect(await cases.move(id, { kind: 'start' }, person)).toMatchObject({
    error: { kind: 'not-now' },
  })
  expect(await acts()).toEqual(['opened', 'assigned', 'started', 'closed'])
})

test('nobody is given work who is not there, and nothing of a move that fails stays', async () => {
  await cases.found([finding()])
  const { id } = await theCase()
  const nobody = { kind: 'assign', to: idOf<'app_user'>(999) } as const
  expect(await cases.move(id, nobody, person)).toMatchObject({ error: { kind: 'no-such-user' } })
  const failing = cases.move(id, { kind: 'note', note: 'x' }, person, async () => {
    throw new Error('no audit')
  })
  await expect(failing).rejects.toThrow('no audit')
  expect(await acts()).toEqual(['opened'])
  await expect(database.db.query('delete from work_case_history')).rejects.toThrow('append-only')
})
