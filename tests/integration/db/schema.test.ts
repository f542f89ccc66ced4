import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { DUMP_COMMAND, dumpSchema, migratedEmbedded } from '#tests/support'

const kept = path.resolve(import.meta.dirname, '../../support/schema.sql')

it('the dump that is kept for review is what the migrations make', async () => {
  const database = await migratedEmbedded()
  try {
    const made = await dumpSchema(database.db)
    expect(made, `run ${DUMP_COMMAND} and look at what changed`).toBe(fs.readFileSync(kept, 'utf8'))
    expect(await dumpSchema(database.db)).toBe(made)
  } finally {
    await database.close()
  }
})
