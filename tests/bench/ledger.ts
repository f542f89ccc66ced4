import { slotAfter } from '#src/acquisition'
import { createCollection, type LedgerTask, type SlotOutcome } from '#src/collection'
import {
  civilTime,
  hours,
  type Instant,
  idOf,
  instant,
  minutes,
  parseBusinessDate,
} from '#src/core'
import type { Database } from '#src/db'
import { migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const isServer = process.env.TEST_DATABASE_URL !== undefined
/** On a server so many, 100,000 unless told; the embedded database is for smaller fields. */
const METERS = Number(process.env.BENCH_METERS ?? (isServer ? 100_000 : 5_000))
/** Slots of a load curve that are made, so many hours. */
const HOURS = Number(process.env.BENCH_HOURS ?? 6)
const RECORDED = 5_000
const BATCHES = 4
const zone = civilTime('Asia/Shanghai')
const START = instant(Date.parse('2026-11-20T00:00:00+08:00'))

/** The ledger of slots against bare statements on the same rows; on TEST_DATABASE_URL if it is set. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    const planId = await field(db)
    const collection = createCollection(db, zone)
    const task = taskOf(planId)
    const followed = await secondsOf(() => collection.follow([task], START))
    const again = await secondsOf(() => collection.follow([task], START))
    const copiedMembers = await secondsOf(() =>
      db.query(`create table bare_member as select * from collection_member`),
    )
    await db.query('analyze collection_member')
    const end = instant(START + hours(HOURS))
    const made = await secondsOf(() => collection.advance(task, end))
    const rows = METERS * (HOURS * 4)
    const copied = await secondsOf(() =>
      db.query(`create table bare_slot as select * from collection_slot`),
    )
    const [slotStart = START] = task.slots(START, end, 1)
    const batches = Array.from({ length: BATCHES }, (_, batch) =>
      Array.from({ length: RECORDED }, (__, index): SlotOutcome => {
        // Meters of many concentrators, as they answer at the same time.
        const meterId = idOf<'meter'>(1 + ((batch * RECORDED + index * 7) % METERS))
        const answer = { kind: 'answered', attempts: 1, answeredAt: slotStart } as const
        return { planId, meterId, slotStart, ...answer }
      }),
    )
    const recorded = await secondsOf(async () => {
      for (const outcomes of batches) await collection.record(outcomes)
    })
    await db.query('create index on bare_slot (meter_id, slot_start)')
    const updated = await secondsOf(async () => {
      for (const outcomes of batches) {
        await db.query(
          `update bare_slot set state = 2, answered_at = slot_start
           where slot_start = to_timestamp($1::float8 / 1000) and meter_id = any($2::int[])`,
          [slotStart, outcomes.map(({ meterId }) => meterId)],
        )
      }
    })
    const date = parseBusinessDate('2026-11-20')
    if (date === undefined) throw new Error('a date')
    await db.query('analyze collection_slot')
    const scan = () => db.query(`select count(*) filter (where state in (2, 3)) from bare_slot`)
    const scanned = await best(scan)
    const live = await best(() => collection.summary(date))
    const name = (what: string) => `${db.kind} database, ${METERS} meters: ${what}`
    const perSecond = 'slots/s'
    return [
      {
        ...{ name: name('slots written down'), ours: rows / made, limit: rows / copied },
        ...{ unit: perSecond, against: 'a copy of the same rows without index' },
      },
      {
        ...{
          name: name('outcomes recorded'),
          ours: (BATCHES * RECORDED) / recorded,
          limit: (BATCHES * RECORDED) / updated,
        },
        ...{ unit: perSecond, against: 'a bare update of as many rows' },
      },
      {
        ...{ name: name('a day that changes, counted'), ours: rows / live, limit: rows / scanned },
        ...{ unit: perSecond, against: 'a bare scan of the same rows' },
      },
      {
        ...{
          name: name('meters taken in'),
          ours: METERS / followed,
          limit: METERS / copiedMembers,
        },
        ...{ unit: 'meters/s', against: 'a copy of the same rows without index' },
      },
      {
        ...{ name: name('meters looked at, none new'), ours: METERS / again },
        ...{ limit: METERS / copiedMembers },
        ...{ unit: 'meters/s', against: 'a copy of the same rows without index' },
      },
    ]
  } finally {
    await close()
  }
}

/** Meters at a hundred to a concentrator, each at a usage point of its area. */
async function field(db: Database) {
  await db.query(`insert into channel (name, kind, settings)
    select 'c' || n, 'dialin', jsonb_build_object('identity', 'i' || n)
    from generate_series(1, ${METERS / 100}) n`)
  await db.query(`insert into concentrator (address, channel_id) select 'i' || id, id from channel`)
  await db.query(`insert into transformer (code) select 'T' || id from channel`)
  await db.query(`insert into usage_point (code, transformer_id)
    select 'U' || n, 1 + (n - 1) / 100 from generate_series(1, ${METERS}) n`)
  await db.query(`insert into meter (address, protocol, channel_id)
    select lpad(n::text, 12, '0'), 'dlt645-2007', 1 + (n - 1) / 100
    from generate_series(1, ${METERS}) n`)
  await db.query(`insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
      pt_numerator, pt_denominator, valid_from)
    select n, n, 1, 1, 1, 1, '2020-01-01' from generate_series(1, ${METERS}) n`)
  await db.query('analyze')
  const [plan] = await db.query<{ id: number }>(
    `select id from poll_plan where name = 'DL/T 645 load profile'`,
  )
  if (!plan) throw new Error('the plan of the migrations is there')
  return idOf<'poll_plan'>(plan.id)
}

function taskOf(planId: LedgerTask['planId']): LedgerTask {
  const duty = { cycle: minutes(15), offset: minutes(2) }
  return {
    ...{ planId, cycleSeconds: 900, offsetSeconds: 120 },
    ...{ first: START, next: slotAfter(duty, START, zone), reach: START },
    slots(from, to, most) {
      const starts: Instant[] = []
      for (let at = slotAfter(duty, instant(from - 1), zone); at < to; ) {
        if (starts.length === most) break
        starts.push(at)
        at = slotAfter(duty, at, zone)
      }
      return starts
    },
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1_000
}

const best = async (work: () => Promise<unknown>): Promise<number> =>
  Math.min(await secondsOf(work), await secondsOf(work), await secondsOf(work))
