import fs from 'node:fs'
import path from 'node:path'
import { type Database, migrate, splitStatements } from '#src/db'
import { temporaryFolder } from '#tests/support'

/** Statements that only TimescaleDB understands; without them a hypertable is a table. */
const TIMESCALE =
  /create_hypertable|set_chunk_time_interval|timescaledb\.|add_\w+_policy|time_bucket|reading_hour/

/** The schema on a server without TimescaleDB: for what does not touch chunks. */
export async function migratePlain(db: Database): Promise<void> {
  const folder = temporaryFolder()
  try {
    const root = path.resolve(import.meta.dirname, '../../migrations')
    for (const name of fs.readdirSync(root)) {
      const text = fs.readFileSync(path.join(root, name), 'utf8')
      const kept = splitStatements(text).filter((statement) => !TIMESCALE.test(statement))
      fs.writeFileSync(path.join(folder.path, name), kept.map((one) => `${one};\n`).join('\n'))
    }
    const migrated = await migrate(db, folder.path)
    if (!migrated.ok) throw new Error(migrated.error.message)
  } finally {
    folder.remove()
  }
}
