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

/** 100,000 on a server; the embedded database is for smaller fields. */
const METERS = process.env.TEST_DATABASE_URL === undefined ? 5_000 : 100_000
/** Slots of a load curve that are made: a quarter of a day. */
const HOURS = 6
const RECORDED = 5_000
const zone = civilTime('Asia/Shanghai')
const START = instant(Date.parse('2026-11-20T00:00:00+08:00'))

/** The ledger of slots against bare statements on the same rows; on TEST_DATABASE_URL if it is set. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    const planId = await field(db)
    const collection = createCollection(db, zone)
    const task = taskOf(planId)
    await collection.follow([task], START)
    const end = instant(START + hours(HOURS))
    const made = await secondsOf(() => collection.advance(task, end))
    const rows = METERS * (HOURS * 4)
    const copied = await secondsOf(() =>
      db.query(`create table bare_slot as select * from collection_slot`),
    )
    const starts = task.slots(START, end, 1)
    const outcomes = Array.from({ length: RECORDED }, (_, index): SlotOutcome => {
      const slotStart = starts[0] ?? START
      const meterId = idOf<'meter'>(index + 1)
      const answer = { kind: 'answered', attempts: 1, answeredAt: slotStart } as const
      return { planId, meterId, slotStart, ...answer }
    })
    const recorded = await secondsOf(() => collection.record(outcomes))
    const updated = await secondsOf(() =>
      db.query(`update bare_slot set state = 2, answered_at = slot_start
        where slot_start = (select min(slot_start) from bare_slot) and meter_id <= ${RECORDED}`),
    )
    const date = parseBusinessDate('2026-11-20')
    if (date === undefined) throw new Error('a date')
    await db.query('analyze collection_slot')
    const scan = () => db.query(`select count(*) filter (where state in (2, 3)) from bare_slot`)
    const scanned = await best(scan)
    const live = await best(() => collection.summary(date))
    await collection.recount(instant(START + hours(72)))
    const counted = await best(() => collection.summary(date))
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
          ours: RECORDED / recorded,
          limit: RECORDED / updated,
        },
        ...{ unit: perSecond, against: 'a bare update of as many rows' },
      },
      {
        ...{ name: name('a day that changes, counted'), ours: rows / live, limit: rows / scanned },
        ...{ unit: perSecond, against: 'a bare scan of the same rows' },
      },
      {
        ...{ name: name('a day that is over'), ours: rows / counted, limit: rows / scanned },
        ...{ unit: perSecond, against: 'a bare scan of the same rows' },
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
