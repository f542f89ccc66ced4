// Writes tests/support/schema.sql anew, from a fresh embedded database with every migration.
import fs from 'node:fs'
import path from 'node:path'
import { dumpSchema, migratedEmbedded } from '#tests/support'

const database = await migratedEmbedded()
try {
  const target = path.resolve(import.meta.dirname, '../schema.sql')
  fs.writeFileSync(target, await dumpSchema(database.db))
} finally {
  await database.close()
}
