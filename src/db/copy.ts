import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Database } from './database.ts'
import { internalsOf } from './internals.ts'
import { withClient } from './pool.ts'

/** Runs `copy … from stdin` over the rows of a stream, all or nothing; gives how many came. */
export function copyInto(db: Database, statement: string, rows: Readable): Promise<number> {
  return withClient(internalsOf(db).pool, async (client) => {
    const copy = client.query(copyFrom(statement))
    await pipeline(rows, copy)
    return copy.rowCount
  })
}
