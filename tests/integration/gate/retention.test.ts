import { afterAll, beforeAll, expect, test } from 'vitest'
import { isJournalWhole, retainJournal } from '#src/acquisition/gate'
import { retainClocks } from '#src/clocks'
import { instant } from '#src/core'
import { retainParameters } from '#src/parameters'
import { migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

const at = (text: string) => instant(Date.parse(text))
const NOW = at('2026-11-22T04:00:00Z')
const BEFORE = at('2024-01-01T00:00:00Z')
const count = async (table: string) =>
  (await database.db.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n

test('the journal of the gate lets go of what is old in blocks that verify each other', async () => {
  const { db } = database
  const entered = (from: string, rows: number) =>
    db.query(
      `insert into gate_journal (at, event, via, protocol, effect, address, approvers, frame,
         outcome)
       select $1::timestamptz + n * interval '1 second', 'passed', 'c', 'gdw376', 'write', 'a',
         '{wang}', '68', '{}' from generate_series(1, $2::int) n`,
      [from, rows],
    )
  await entered('2022-05-01T00:00:00Z', 5_003)
  await entered('2026-11-01T00:00:00Z', 3)
  const use = (id: string, expires: string) =>
    db.query(
      `insert into gate_permit_use (permit_id, used_at, cuts, via, effect, protocol, address,
         expires_at)
       values ($1::uuid, $2::timestamptz, false, 'c', 'write', 'gdw376', 'a', $2::timestamptz)`,
      [id, expires],
    )
  await use('00000000-0000-0000-0000-000000000001', '2022-05-01T00:10:00Z')
  await use('00000000-0000-0000-0000-000000000002', '2026-11-01T00:10:00Z')
  const [known] = await db.query<{ digest: string }>(
    `select gate_journal_digest(1, 5000, repeat('0', 64)) as digest`,
  )
  // By hand nothing goes, whatever it is.
  await expect(db.query('delete from gate_journal where seq = 1')).rejects.toThrow('append-only')
  await expect(db.query('delete from gate_permit_use')).rejects.toThrow('append-only')
  expect(await retainJournal(db, BEFORE, NOW)).toBe(5_003)
  expect(await count('gate_journal')).toBe(3)
  expect(await count('gate_permit_use')).toBe(1)
  const blocks = await db.query<{ rows: number; digest: string; before_digest: string }>(
    `select rows, digest, before_digest from gate_journal_block order by id`,
  )
  expect(blocks.map(({ rows }) => rows)).toEqual([5_000, 3])
  expect(blocks[0]?.digest).toBe(known?.digest)
  expect(blocks[1]?.before_digest).toBe(blocks[0]?.digest)
  expect(await isJournalWhole(db)).toBe(true)
  expect(await retainJournal(db, BEFORE, NOW)).toBe(0)
  // A block that somebody took out, or wrote, is seen.
  await db.query('alter table gate_journal_block disable trigger user')
  await db.query('delete from gate_journal_block where id = 1')
  expect(await isJournalWhole(db)).toBe(false)
})

test('clocks and settings forget what ended long ago, and nothing that goes on', async () => {
  const { db } = database
  await db.query(`insert into channel (name, kind, settings) values ('c', 'tcp', '{"host": "a"}')`)
  await db.query(
    `insert into meter (address, protocol, channel_id) values ('000000000001', 'dlt645-2007', 1)`,
  )
  await db.query(
    `insert into clock_measurement (measured_at, kind, device_id, offset_ms, uncertainty_ms, source)
     select t, 'meter', 1, 0, 1, 'scheduled'
     from unnest(array['2022-05-01', '2026-11-01']::timestamptz[]) as u (t)`,
  )
  await db.query(
    `insert into clock_correction (kind, device_id, channel_id, how, state, requested_by,
       requested_at, people_needed, offset_ms, uncertainty_ms, ended_at)
     select 'meter', 1, 1, 'own', s, 'wang', '2022-05-01', 0, 5000, 10, e
     from (values ('failed', '2022-05-01'::timestamptz), ('failed', '2026-11-01'),
       ('unknown', null)) as v (s, e)`,
  )
  await db.query(
    `insert into parameter_run (name, state, stop_percent, requested_by, requested_at, ended_at)
     values ('old', 'done', 5, 'wang', '2022-05-01', '2022-05-01'),
       ('kept', 'done', 5, 'wang', '2022-05-01', '2022-05-01')`,
  )
  await db.query(
    `insert into parameter_write (run_id, meter_id, channel_id, item, wanted, people_needed, effect,
       state, requested_by, requested_at, approvers, next_at, ended_at)
     select r, 1, 1, i, '5', 1, 'write', s, 'wang', '2022-05-01', '{wang}', '2022-05-01', e
     from (values (1, 'a', 'done', '2022-05-01'::timestamptz), (2, 'b', 'done', '2026-11-01'),
       (2, 'c', 'unknown', null)) as v (r, i, s, e)`,
  )
  expect(await retainClocks(db, BEFORE)).toBe(2)
  expect(await retainParameters(db, BEFORE)).toBe(2)
  expect(await count('clock_measurement')).toBe(1)
  expect(await count('clock_correction')).toBe(2)
  expect(await count('parameter_write')).toBe(2)
  expect(await count('parameter_run')).toBe(1)
})
