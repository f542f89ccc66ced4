import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCases } from '#src/cases'
import { civilTime } from '#src/core'
import { createDiagnosis } from '#src/diagnosis'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
let database: TestDatabase
const clock = new ManualClock()

beforeAll(async () => {
  database = await migratedDatabase()
  const { db } = database
  await db.query(`insert into channel (name, kind, settings) values ('c', 'tcp', '{"host": "a"}')`)
  await db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, 3) n`,
  )
})
afterAll(() => database.close())

const journal = (meter: number, outcome: string) =>
  database.db.query(
    `insert into gate_journal (at, event, via, protocol, effect, address, approvers, frame, outcome)
     values (to_timestamp($1::float8 / 1000), 'ended', 'c', 'dlt645-2007', 'trip',
       lpad($2::text, 12, '0'), '{}', '', array[$3::text])`,
    [clock.now(), meter, outcome],
  )

test('orders that were refused or not carried out become work, which ends by a later one', async () => {
  const { db } = database
  const cases = createCases(db, clock)
  const diagnosis = createDiagnosis({ db, clock, civil, cases, probes: () => null })
  const today = civil.dateOf(clock.now())
  await journal(1, 'refused 04')
  await journal(1, 'refused 04')
  // Silent in every way: its communication is at fault, and not its control.
  await journal(2, 'failed exchange.timeout')
  await journal(2, 'failed exchange.timeout')
  await db.query(
    `insert into parameter_write (meter_id, channel_id, item, wanted, people_needed, effect, state,
       requested_by, requested_at, approvers, after_value, sent_at, next_at, ended_at)
     values (3, 1, 'x', '5', 1, 'write', 'failed', 'wang', $1, '{wang}', '4', $1, $1, $1)`,
    [new Date(clock.now()).toISOString()],
  )
  expect(await diagnosis.offer(today)).toBe(2)
  expect(await diagnosis.control()).toEqual([
    { cause: 'wrong-state', devices: 1, orders: 1 },
    { cause: 'refused', devices: 1, orders: 2 },
  ])
  const open = await cases.list({ states: ['open'] }, null, 10)
  expect(open).toMatchObject([
    { kind: 'control.wrong-state', subject: { id: 3 }, severity: 'high' },
    { kind: 'control.refused', subject: { id: 1 }, evidence: { orders: [{}, {}] } },
  ])
  expect(open[0]?.evidence).toMatchObject({
    orders: [{ reference: 'parameter-write/1', detail: 'wanted 5, read back 4' }],
  })
  await diagnosis.offer(today)
  expect(await cases.list({ states: ['open'] }, null, 10)).toHaveLength(2)
  await clock.advance(60_000)
  await journal(1, 'answered')
  expect(await diagnosis.offer(today)).toBe(1)
  const left = await cases.list({ states: ['open'] }, null, 10)
  expect(left.map(({ kind }) => kind)).toEqual(['control.wrong-state'])
})
