import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hours } from '#src/core'
import { createProposals, type Proposals } from '#src/grid/proposals'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { ALWAYS, addPoint, buildField, moment, place } from './field.ts'

/** T2 and T3 hang on F2; each has five meters on each phase, and a fortnight of voltages. */
const MEMBERS = 5
const DAYS = 12
const NOW = moment('2026-11-22T00:00:00Z')
const FEEDER = { kind: 'feeder', code: 'F2' } as const
const ALL = { after: 0, limit: 100 }
const noted = async () => {}

let database: TestDatabase
let proposals: Proposals
let clock: ManualClock

beforeAll(async () => {
  database = await migratedDatabase()
  const { db } = database
  await buildField(db)
  for (const area of ['T2', 'T3']) {
    for (const phase of ['A', 'B', 'C']) {
      for (let member = 1; member <= MEMBERS; member++) {
        const code = `${area}${phase}${member}`
        await addPoint(db, code)
        await place(db, code, `area ${area}`, 'receive', phase)
      }
      // What a wire does, all on it see; each adds its own, rounded to 0.1 V.
      await db.query(
        `with wire as (
           select n, 230 + 3 * random() as v from generate_series(0, $2::int * 96 - 1) n)
         insert into reading_curve (measured_at, received_at, decimals, meter_id, voltage_a,
           data_class, source, quality, time_source)
         select $3::timestamptz - (n + 1) * interval '15 minutes', $3::timestamptz, 0, i.meter_id,
           round((w.v + 0.7 * random()) * 10) * 100, 2, 1, 1, 1
         from wire w, usage_point u join installation i on i.usage_point_id = u.id
         where u.code like $1::text || '_' and (n + i.meter_id) % 17 > 0`,
        [`${area}${phase}`, DAYS, new Date(NOW).toISOString()],
      )
    }
  }
})
afterAll(() => database.close())
beforeEach(async () => {
  clock = new ManualClock(NOW)
  proposals = createProposals({ db: database.db, clock })
  await database.db.query('delete from place_proposal')
  await database.db.query('delete from archive_change')
})

const search = async () => {
  const done = await proposals.search(FEEDER, hours(24 * DAYS))
  if (!done.ok) throw new Error(done.error.message)
  return done.value
}

/** What the archive has wrong, for the time of a test. */
async function misfiled(point: string, area: string, phase: string): Promise<void> {
  await database.db.query(
    `update usage_point_place p set phase = $3::text, valid_to = null,
       valid_from = $4::timestamptz, node_id = (
         select id from grid_node where kind = 'area' and code = $2::text)
     from usage_point u where u.code = $1::text and p.usage_point_id = u.id`,
    [point, area, phase, ALWAYS],
  )
}

const placesOf = (point: string) =>
  database.db.query(
    `select n.code as area, p.phase, p.valid_from, p.valid_to from usage_point_place p
     join usage_point u on u.id = p.usage_point_id join grid_node n on n.id = p.node_id
     where u.code = $1::text order by p.valid_from`,
    [point],
  )

async function onlyProposal() {
  const [one, ...others] = await proposals.list({ state: 'open' }, ALL)
  expect(others).toEqual([])
  if (one === undefined) throw new Error('there is a proposal')
  return one
}

describe('proposals', () => {
  test('are none where the archive is right, and it is confirmed', async () => {
    expect(await search()).toEqual({ areas: 2, points: 33, judged: 30, confirmed: 30, open: 0 })
  })

  test('name who hangs in another area, with how sure that is, and go when it is mended', async () => {
    await misfiled('T2A1', 'T3', 'A')
    expect(await search()).toMatchObject({ confirmed: 29, open: 1 })
    expect(await onlyProposal()).toMatchObject({
      usagePoint: 'T2A1',
      archived: { area: 'T3', phase: 'A' },
      proposed: { area: 'T2', phase: 'A' },
      evidence: { voltage: { days: DAYS, areaDays: DAYS }, terminals: [] },
    })
    await search()
    await onlyProposal()
    await misfiled('T2A1', 'T2', 'A')
    expect(await search()).toMatchObject({ open: 0 })
    expect(await proposals.list({ state: 'withdrawn' }, ALL)).toHaveLength(1)
  })

  test('name who is on another phase; adopting it corrects the archive, and says so', async () => {
    await misfiled('T3B2', 'T3', 'C')
    await search()
    const { id } = await onlyProposal()
    const before = await database.db.query('select revision from archive_revision')
    const adopted = await proposals.adopt(id, null, 'lee', noted)
    expect(adopted).toMatchObject({ ok: true, value: { state: 'adopted', decidedBy: 'lee' } })
    expect(await placesOf('T3B2')).toMatchObject([{ area: 'T3', phase: 'B', valid_to: null }])
    expect(
      await database.db.query('select key, action, before, after, changed_by from archive_change'),
    ).toEqual([
      {
        key: 'T3B2',
        action: 'corrected',
        before: { phase: 'C' },
        after: { phase: 'B' },
        changed_by: 'lee',
      },
    ])
    expect(await database.db.query('select revision from archive_revision')).not.toEqual(before)
    expect(await proposals.adopt(id, null, 'lee', noted)).toMatchObject({
      error: { kind: 'not-now' },
    })
    expect(await search()).toMatchObject({ open: 0 })
  })

  test('are adopted from a day on, so that the past stays as it was', async () => {
    await misfiled('T2C3', 'T3', 'C')
    await search()
    const { id } = await onlyProposal()
    const since = moment('2026-11-01T00:00:00Z')
    expect(await proposals.adopt(id, moment('2026-12-01T00:00Z'), 'lee', noted)).toMatchObject({
      error: { kind: 'not-now' },
    })
    expect((await proposals.adopt(id, since, 'lee', noted)).ok).toBe(true)
    expect(await placesOf('T2C3')).toMatchObject([
      { area: 'T3', phase: 'C', valid_to: since },
      { area: 'T2', phase: 'C', valid_from: since, valid_to: null },
    ])
    const [area] = await database.db.query(
      `select t.code from usage_point u join transformer t on t.id = u.transformer_id
       where u.code = 'T2C3'`,
    )
    expect(area).toEqual({ code: 'T2' })
    await database.db.query(
      `delete from usage_point_place where valid_from = '2026-11-01Z'::timestamptz`,
    )
    await misfiled('T2C3', 'T2', 'C')
  })

  test('are adopted by two where the policy of the archive wants it', async () => {
    await misfiled('T2C3', 'T3', 'C')
    await search()
    const { id } = await onlyProposal()
    await database.db.query(`update archive_policy set proposals = 'second-person'`)
    expect(await proposals.adopt(id, null, 'lee', noted)).toMatchObject({
      value: { state: 'open', askedBy: 'lee' },
    })
    expect(await placesOf('T2C3')).toMatchObject([{ area: 'T3', phase: 'C' }])
    expect(await proposals.adopt(id, null, 'lee', noted)).toMatchObject({
      error: { kind: 'second-person' },
    })
    // Who wants it for another time agrees to nothing.
    const since = moment('2026-11-01T00:00:00Z')
    expect(await proposals.adopt(id, since, 'kim', noted)).toMatchObject({
      value: { state: 'open', askedBy: 'kim', askedSince: since },
    })
    expect(await proposals.adopt(id, since, 'lee', noted)).toMatchObject({
      value: { state: 'adopted', decidedBy: 'lee', askedBy: 'kim' },
    })
    expect(await placesOf('T2C3')).toHaveLength(2)
    await database.db.query(`update archive_policy set proposals = 'none'`)
    await database.db.query(
      `delete from usage_point_place where valid_from = '2026-11-01Z'::timestamptz`,
    )
    await misfiled('T2C3', 'T2', 'C')
  })

  test('are not adopted once the archive says something else', async () => {
    await misfiled('T2B1', 'T3', 'B')
    await search()
    const { id } = await onlyProposal()
    await misfiled('T2B1', 'T2', 'B')
    expect(await proposals.adopt(id, null, 'lee', noted)).toMatchObject({
      error: { kind: 'not-now', message: 'the archive says something else meanwhile' },
    })
  })

  test('that were dismissed do not come again', async () => {
    await misfiled('T2B1', 'T3', 'B')
    await search()
    const { id } = await onlyProposal()
    expect(await proposals.dismiss(id, 'seen on site', 'lee', noted)).toMatchObject({
      value: { state: 'dismissed', reason: 'seen on site' },
    })
    expect(await search()).toMatchObject({ open: 0 })
    await misfiled('T2B1', 'T2', 'B')
  })

  test('rest on who reads the meter where there is no voltage', async () => {
    const { db } = database
    await db.query(
      `insert into channel (name, kind, settings) values ('c3', 'dialin', '{"identity": "c3"}')`,
    )
    await db.query(
      `insert into concentrator (address, channel_id, transformer_id)
       select '000000000003', c.id, t.id from channel c, transformer t
       where c.name = 'c3' and t.code = 'T3'`,
    )
    // P21 of T2 is heard on the line of T3's terminal.
    await db.query(
      `insert into bus_stranger (channel_id, address, protocol, seen_at)
       select c.id, '000000000004', 'dlt645-2007', $1::timestamptz from channel c
       where c.name = 'c3'`,
      [new Date(NOW - 3_600_000).toISOString()],
    )
    await search()
    expect(await onlyProposal()).toMatchObject({
      usagePoint: 'P21',
      proposed: { area: 'T3', phase: 'A' },
      confidence: '0.7000',
      evidence: { voltage: null, terminals: ['T3'] },
    })
    await db.query('delete from bus_stranger')
    await db.query('delete from concentrator')
  })

  test('are looked for each night, feeder by feeder', async () => {
    await misfiled('T2A1', 'T3', 'A')
    await proposals.nightly()
    await onlyProposal()
    const searched = await database.db.query('select searched_at from place_search')
    expect(searched).toHaveLength(2)
    await misfiled('T2A1', 'T2', 'A')
  })

  test('of what there is not are refused', async () => {
    const none = await proposals.search({ kind: 'feeder', code: 'F9' }, hours(24))
    expect(none).toMatchObject({ error: { kind: 'no-node' } })
    expect(await proposals.adopt(999, null, 'lee', noted)).toMatchObject({
      error: { kind: 'not-found' },
    })
    expect(await proposals.get(999)).toBeNull()
  })
})
