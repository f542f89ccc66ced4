import type { Instant } from '#src/core'
import type { Database, Db } from './database.ts'
import { internalsOf, patiently } from './internals.ts'

/**
 * Bounds the write-ahead log. A server does this by itself; the embedded database has no process
 * for it, so whoever owns the schedule calls this every few minutes.
 */
export async function checkpoint(db: Database): Promise<void> {
  if (internalsOf(db).unattended) await patiently(db).query('checkpoint')
}

/** Frees dead rows and renews the statistics of every table; call it daily. */
export async function vacuumAnalyze(db: Database): Promise<void> {
  if (internalsOf(db).unattended) await patiently(db).query('vacuum (analyze)')
  else await patiently(db).query('analyze')
}

/**
 * TimescaleDB writes Bloom filters for columns that are indexed as rows. Nothing here asks for one
 * moment of all meters, and for one value a row they were a seventh of all that is stored.
 */
const compressChunk = `
  select (select set_config(name, 'off', true) from pg_settings
      where name = 'timescaledb.enable_sparse_index_bloom'),
    compress_chunk($1::regclass)`

/**
 * Moves chunks that end before a moment to the columnstore, also those that got rows since. Chunk by
 * chunk, so that no lock is held for long; returns how many.
 */
export async function compressChunks(
  db: Db,
  hypertables: readonly string[],
  before: Instant,
): Promise<number> {
  const chunks = await db.query<{ chunk: string }>(
    `select format('%I.%I', c.chunk_schema, c.chunk_name) as chunk
     from timescaledb_information.chunks c
     join _timescaledb_catalog.chunk k
       on k.schema_name = c.chunk_schema and k.table_name = c.chunk_name
     where c.hypertable_schema = current_schema() and c.hypertable_name = any($1::text[])
       and c.range_end < to_timestamp($2::float8 / 1000)
       and (not c.is_compressed or k.status & 8 <> 0)
     order by c.range_end`,
    [hypertables, before],
  )
  for (const { chunk } of chunks) {
    await db.query(compressChunk, [chunk])
  }
  return chunks.length
}
