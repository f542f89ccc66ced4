import { type CivilTime, hours, type Instant, instant } from '#src/core'
import type { Database } from '#src/db'
import { explainDay } from './explain.ts'
import { rollUp } from './rollup.ts'
import type { Metering } from './types.ts'
import { usageOf } from './usage.ts'
import { keptUsage } from './usage-queries.ts'

/** Days are re-run and late readings come for a while; compressed chunks are slow to change. */
const compressAfter = hours(100 * 24)

export function createMetering(db: Database, civil: CivilTime): Metering {
  return {
    usage: (query) => usageOf(db, civil, query),
    explain: (usagePoint, date, register) => explainDay(db, civil, usagePoint, date, register),
    kept: (query) => keptUsage(db, civil, query),
    rollUp: (now) => rollUp(db, civil, now),
    compress: (now) => compress(db, instant(now - compressAfter)),
    async analyze() {
      for (const table of ['usage_day', 'usage_month', 'usage_dirty', 'energy_dirty']) {
        await db.query(`analyze ${table}`)
      }
    },
  }
}

/** Chunk by chunk, so that no lock is held for long; also those that got rows since. */
async function compress(db: Database, before: Instant): Promise<number> {
  const chunks = await db.query<{ chunk: string }>(
    `select format('%I.%I', c.chunk_schema, c.chunk_name) as chunk
     from timescaledb_information.chunks c
     join _timescaledb_catalog.chunk k
       on k.schema_name = c.chunk_schema and k.table_name = c.chunk_name
     where c.hypertable_schema = current_schema() and c.hypertable_name = 'usage_day'
       and c.range_end < to_timestamp($1::float8 / 1000)
       and (not c.is_compressed or k.status & 8 <> 0)
     order by c.range_end`,
    [before],
  )
  for (const { chunk } of chunks) {
    await db.query(`select compress_chunk($1::regclass)`, [chunk])
  }
  return chunks.length
}
