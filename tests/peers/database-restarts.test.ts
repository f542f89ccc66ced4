import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { minutes, ok, systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { temporaryFolder } from '#tests/support'
import { bundled } from '../kills/bundle.ts'
import { findings, KILL_EVENT } from '../kills/findings.ts'
import { Lane } from '../kills/lane.ts'
import { migratePlain } from './plain-schema.ts'
import { makeServer, type PostgresServer } from './postgresql.ts'
import { describeWith, patience } from './support.ts'

const ROUNDS = 2
/** Acknowledgements while the database is up, and while it is away. */
const BEFORE = 300
const AWAY = 4_000
/** Several of the transactions that take a backlog in. */
const OUTBOX_BYTES_MAX = 64 * 2 ** 20

interface Stored {
  readonly number: number
  readonly tx: number
}

describeWith(['postgresql-15'], 'a PostgreSQL that crashes under load', () => {
  const folder = temporaryFolder()
  const made = temporaryFolder()
  let server: PostgresServer
  let db: Database

  beforeAll(async () => {
    server = await makeServer(folder.path)
    await server.start()
    const check = async () => ok(undefined)
    const opened = await openDatabase({ url: server.url, dataDir: '', clock: systemClock, check })
    if (!opened.ok) throw new Error(opened.error.message)
    db = opened.value
    await migratePlain(db)
    await db.query(KILL_EVENT)
  })
  afterAll(async () => {
    await db?.close()
    await server?.stop('fast')
    folder.remove()
    made.remove()
  })

  it('costs nothing acknowledged, doubles nothing, and lets fresh data by while a backlog drains', async () => {
    const program = await bundled(
      path.resolve(import.meta.dirname, '../kills/ingest.ts'),
      made.path,
    )
    const acknowledged = new Set<number>()
    let sent = 0
    const field = { acknowledged, nextNumber: () => sent++ }
    const lane = new Lane({
      ...{ field, program, databaseUrl: server.url },
      ...{ mutation: 'none', outboxBytesMax: OUTBOX_BYTES_MAX },
    })
    const borders: Border[] = []
    try {
      await lane.open()
      for (let round = 0; round < ROUNDS; round++) {
        const up = acknowledged.size
        const first = lane.live('random', BEFORE + AWAY)
        await lane.heard(BEFORE)
        await server.stop('immediate')
        await first
        expect(acknowledged.size - up).toBeGreaterThan(BEFORE)
        // Whoever comes next finds a backlog and no database, and takes on all the same.
        const number = sent
        const second = lane.live('random', Number.POSITIVE_INFINITY, minutes(2))
        await lane.heard(BEFORE)
        await server.start()
        const from = await newest(db)
        const owed = [...acknowledged].filter((one) => one < number).length
        await expect.poll(() => storedBelow(db, number), patience).toBeGreaterThanOrEqual(owed)
        lane.kill()
        await second
        borders.push({ number, from, to: await newest(db) })
      }
      expect(await lane.finish()).toBeNull()
    } finally {
      await lane.close()
    }
    const found = await findings(db, acknowledged, sent)
    expect(found.wrong).toEqual([])
    expect(found.stored).toBeGreaterThanOrEqual(acknowledged.size)
    for (const border of borders) {
      const { fresh, backlog } = await turnsBehind(db, border)
      expect(backlog).toBeGreaterThan(1)
      expect(fresh, `beside ${backlog} of the backlog`).toBeGreaterThanOrEqual(backlog - 1)
    }
  })
})

/** What was sent before a start, and what was stored until its end. */
interface Border {
  readonly number: number
  readonly from: number
  readonly to: number
}

async function storedBelow(db: Database, number: number): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    'select count(*)::int as n from kill_event where number < $1::int',
    [number],
  )
  return row?.n ?? 0
}

async function newest(db: Database): Promise<number> {
  const [row] = await db.query<{ id: bigint | null }>('select max(id) as id from kill_event')
  return Number(row?.id ?? 0)
}

/** Transactions of each kind from the database's return to the last of its backlog. */
async function turnsBehind(
  db: Database,
  border: Border,
): Promise<{ readonly fresh: number; readonly backlog: number }> {
  const rows = await db.query<Stored>(
    `select number, tx::text::float8 as tx from kill_event
     where id > $1::int8 and id <= $2::int8 order by id`,
    [border.from, border.to],
  )
  const end = rows.findLastIndex(({ number }) => number < border.number)
  const turns = Map.groupBy(rows.slice(0, end + 1), ({ tx }) => tx)
  const backlog = [...turns.values()].filter((some) =>
    some.some(({ number }) => number < border.number),
  ).length
  return { backlog, fresh: turns.size - backlog }
}
