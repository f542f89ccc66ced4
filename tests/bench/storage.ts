import { Readable } from 'node:stream'
import type { ItemCode } from '#protocols/model'
import { civilTime, idOf, instant, minutes, seconds } from '#src/core'
import { checkpoint, copyInto, type Database } from '#src/db'
import { createReadings, type Readings, type StoredReading } from '#src/readings'
import { migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

/** What the default poll plan reads of a meter: one wide row. */
const items: readonly (readonly [item: ItemCode, first: number, scale: number])[] = [
  ['1.8.0', 12_345_678, 2],
  ['1.8.1', 2_345_678, 2],
  ['1.8.2', 4_000_000, 2],
  ['1.8.3', 3_000_000, 2],
  ['1.8.4', 3_000_000, 2],
  ['2.8.0', 1_234, 2],
  ['16.7.0', 12_345, 4],
  ['32.7.0', 2_301, 1],
  ['52.7.0', 2_312, 1],
  ['72.7.0', 2_295, 1],
  ['31.7.0', 5_432, 3],
  ['51.7.0', 5_123, 3],
  ['71.7.0', 5_678, 3],
  ['13.7.0', 987, 3],
]
/** As many as the engine writes in one statement. */
const METERS = 350
const BATCHES = 40
const PASSES = 3
const FIRST = Date.UTC(2026, 10, 20, 2)

/** Readings stored per second, idempotently, against COPY; on TEST_DATABASE_URL if it is set. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    const readings = createReadings(db, civilTime('Asia/Shanghai'))
    const batches = Array.from({ length: BATCHES }, (_, slot) => batchAt(slot))
    const passes: Pass[] = []
    for (let pass = 0; pass < PASSES; pass++) passes.push(await measure(db, readings, batches))
    const best = (pick: (pass: Pass) => number) => Math.max(...passes.map(pick))
    const wide = best(({ wideCopy }) => wideCopy)
    const unit = 'readings/s'
    const name = (what: string) => `${db.kind} database: ${what}`
    return [
      {
        name: name('wide polls stored'),
        ours: best(({ stored }) => stored),
        limit: wide,
        unit,
        against: 'COPY of the same rows',
      },
      {
        name: name('wide polls stored'),
        ours: best(({ stored }) => stored),
        limit: best(({ narrowCopy }) => narrowCopy),
        unit,
        against: 'COPY with a row for each reading',
      },
      {
        name: name('the same sent again'),
        ours: best(({ repeated }) => repeated),
        limit: wide,
        unit,
        against: 'COPY of the same rows',
      },
    ]
  } finally {
    await close()
  }
}

interface Pass {
  readonly stored: number
  readonly repeated: number
  readonly wideCopy: number
  readonly narrowCopy: number
}

/** The four ways one after the other, each into tables that are empty but for their chunks. */
async function measure(
  db: Database,
  readings: Readings,
  batches: readonly (readonly StoredReading[])[],
): Promise<Pass> {
  const storeAll = async () => {
    for (const batch of batches) await readings.store(batch)
  }
  await empty(db, readings)
  const stored = await rateOf(db, storeAll)
  const repeated = await rateOf(db, storeAll)
  const wide = await wideLines(db)
  await empty(db, readings)
  const wideCopy = await rateOf(db, () => copyAll(db, 'reading_curve', wide))
  await empty(db, readings)
  const narrow = narrowLines(batches.flat())
  const narrowCopy = await rateOf(db, () => copyAll(db, 'reading_item', narrow))
  return { stored, repeated, wideCopy, narrowCopy }
}

async function rateOf(db: Database, work: () => Promise<void>): Promise<number> {
  await checkpoint(db)
  const start = performance.now()
  await work()
  return (BATCHES * METERS * items.length * 1_000) / (performance.now() - start)
}

async function empty(db: Database, readings: Readings): Promise<void> {
  await db.query('truncate reading_curve, reading_item, meter_latest, meter_latest_item')
  const [one] = batchAt(0)
  if (!one) return
  await readings.store([one, { ...one, item: '0.0.96.6.0' }])
  await db.query('delete from reading_curve')
  await db.query('delete from reading_item')
  await db.query('truncate meter_latest, meter_latest_item')
}

interface CopyRows {
  readonly columns: string
  readonly lines: readonly string[]
}

async function copyAll(db: Database, table: string, { columns, lines }: CopyRows): Promise<void> {
  const rows = await copyInto(db, `copy ${table} (${columns}) from stdin`, chunked(lines))
  if (rows !== lines.length) throw new Error(`${rows} of ${lines.length} rows were copied`)
}

/** Text in pieces as a file would give them: a write for each line would measure the stream. */
function chunked(lines: readonly string[]): Readable {
  const chunks: string[] = []
  for (let from = 0; from < lines.length; from += 500) {
    chunks.push(`${lines.slice(from, from + 500).join('\n')}\n`)
  }
  return Readable.from(chunks)
}

async function wideLines(db: Database): Promise<CopyRows> {
  const names = await db.query<{ name: string }>(
    `select column_name::text as name from information_schema.columns
     where table_schema = 'public' and table_name = 'reading_curve' order by ordinal_position`,
  )
  const texts = names.map(({ name }) => `coalesce(${name}::text, '\\N')`)
  const rows = await db.query<{ line: string }>(
    `select concat_ws(e'\\t', ${texts.join(', ')}) as line
     from reading_curve order by measured_at, meter_id`,
  )
  return { columns: names.map(({ name }) => name).join(', '), lines: rows.map(({ line }) => line) }
}

function narrowLines(readings: readonly StoredReading[]): CopyRows {
  const columns =
    'measured_at, received_at, digits, meter_id, scale, data_class, source, quality, time_source, item'
  const lines = readings.flatMap(({ meterId, item, value, measuredAt, receivedAt }) => {
    if (value.kind !== 'number') return []
    const times = [measuredAt, receivedAt].map((at) => new Date(at).toISOString())
    return [[...times, value.digits, meterId, value.scale, 1, 1, 1, 2, item].join('\t')]
  })
  return { columns, lines }
}

/** Every meter's present values of one quarter of an hour. */
function batchAt(slot: number): readonly StoredReading[] {
  const slotAt = FIRST + slot * minutes(15)
  const batch: StoredReading[] = []
  for (let meter = 0; meter < METERS; meter++) {
    const measuredAt = instant(slotAt + meter * 50)
    for (const [item, first, scale] of items) {
      batch.push({
        meterId: idOf(meter + 1),
        item,
        value: { kind: 'number', digits: first + slot * 3 + meter, scale },
        dataClass: 'current',
        measuredAt,
        timeSource: 'head-end',
        receivedAt: instant(measuredAt + seconds(1)),
        source: 'poll',
        quality: 'good',
      })
    }
  }
  return batch
}
