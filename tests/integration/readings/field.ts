import { civilTime, type Instant, idOf, instant, type MeterId } from '#src/core'
import { createReadings, type KeptReading, type Readings, type StoredReading } from '#src/readings'
import { migratedDatabase, type TestDatabase } from '#tests/support'

/** A database with a store in it, and as many meters as a test file asks for. */
export interface Field {
  readonly database: TestDatabase
  readonly readings: Readings
  /** The same store as another site would see it, in its own time zone. */
  in(zone: string): Readings
  /** A meter that no other test has. */
  newMeter(): Promise<MeterId>
}

export async function openField(zone = 'Asia/Shanghai'): Promise<Field> {
  const database = await migratedDatabase()
  await database.db.query(`insert into channel (name, kind) values ('test', 'tcp')`)
  return {
    database,
    readings: createReadings(database.db, civilTime(zone)),
    in: (other) => createReadings(database.db, civilTime(other)),
    async newMeter() {
      const [row] = await database.db.query<{ id: number }>(
        `insert into meter (address, protocol, channel_id)
         select (count(*) + 1)::text, 'modbus', 1 from meter returning id`,
      )
      return idOf(row?.id ?? 0)
    },
  }
}

export const at = (text: string): Instant => instant(Date.parse(text))

/** A reading of 1.8.0 that nothing is wrong with, unless told otherwise. */
export function reading(
  meterId: MeterId,
  measuredAt: Instant,
  digits: number,
  scale = 2,
  overrides: Partial<StoredReading> = {},
): StoredReading {
  return {
    meterId,
    item: '1.8.0',
    value: { kind: 'number', digits, scale },
    dataClass: 'current',
    measuredAt,
    timeSource: 'meter',
    receivedAt: instant(measuredAt + 1_000),
    source: 'poll',
    quality: 'good',
    ...overrides,
  }
}

/** Every reading of a meter, newest first, through pages of a few. */
export async function listAll(
  readings: Readings,
  meterId: MeterId,
  limit = 100,
): Promise<KeptReading[]> {
  const all: KeptReading[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await readings.list(meterId, { limit, ...(cursor === '' ? {} : { cursor }) })
    if (!page.ok) throw new Error('a cursor of our own was refused')
    all.push(...page.value.items)
    cursor = page.value.next
  }
  return all
}
