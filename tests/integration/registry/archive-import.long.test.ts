import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, instant } from '#src/core'
import { type ArchiveDesk, createArchiveDesk } from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
let desk: ArchiveDesk
beforeAll(async () => {
  database = await migratedDatabase()
  const clock = new ManualClock(instant(Date.UTC(2026, 10, 20, 4)))
  const protocols = async () => ({ 'dlt645-2007': null })
  desk = createArchiveDesk({ db: database.db, civil: civilTime('Asia/Shanghai'), clock, protocols })
})
afterAll(() => database.close())

const file = (...lines: readonly string[]) => ({
  ...{ kind: 'archive' as const, name: 'archive.csv' },
  bytes: new TextEncoder().encode(lines.join('\n')),
})
const header =
  'concentrator,meter_address,protocol,usage_point,account,transformer,contract,tariff,valid_from'

describe('what follows from a long import', () => {
  test('is written down in the order of the file, however long it is', async () => {
    const rows = Array.from(
      { length: 5_100 },
      (_, index) => `C2,${10_000 + index},dlt645-2007,W${index},,T2,,,2025-01-01`,
    )
    const done = await desk.importNow(file(header, ...rows), 'tester')
    if (!done.ok) throw new Error('the file is right')
    const lines = await database.db.query<{ line: number; blank: boolean }>(
      `select line, before is null as blank from archive_change
       where import_id = $1::int and subject = 'usage-point' order by id`,
      [done.value.id],
    )
    expect(lines.map(({ line }) => line)).toEqual(rows.map((_, index) => index + 2))
    expect(lines.every(({ blank }) => blank)).toBe(true)
  })
})
