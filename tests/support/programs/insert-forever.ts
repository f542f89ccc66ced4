import { systemClock } from '#src/core'
import { openDatabase } from '#src/db'

/** Inserts numbered rows into the folder's database and prints each number once it is stored. */
const [dataDir = ''] = process.argv.slice(2)
const opened = await openDatabase({ dataDir, clock: systemClock })
if (!opened.ok) throw new Error(opened.error.message)
await opened.value.query('create table if not exists counted (id int)')
for (let id = 0; ; id += 1) {
  await opened.value.query('insert into counted values ($1::int)', [id])
  process.stdout.write(`${id}\n`)
}
