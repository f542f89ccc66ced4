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

/** Usage points whose segments are to be looked at anew, each with how often it is noted. */
const noted = async () =>
  await database.db.query<{ code: string; times: number }>(
    `select p.code, count(*)::int as times from statistics_archive_change s
     join usage_point p on p.id = s.usage_point_id where p.code like 'U%'
     group by p.code order by p.code`,
  )

describe('what follows from an import', () => {
  test('is noted once for each usage point, whatever was entered of it', async () => {
    const rows = Array.from(
      { length: 20 },
      (_, index) =>
        `C1,${100 + index},dlt645-2007,U${10 + index},K${index},T1,V${index},R1,2025-01-01`,
    )
    expect(await desk.importNow(file(header, ...rows), 'tester')).toMatchObject({ ok: true })
    expect(await noted()).toEqual(rows.map((_, index) => ({ code: `U${10 + index}`, times: 1 })))

    await database.db.query('delete from statistics_archive_change')
    const later = `C1,100,dlt645-2007,U10,K0,T1,V0,R2,2026-01-01`
    expect(await desk.importNow(file(header, later), 'tester')).toMatchObject({ ok: true })
    const [one, ...others] = await noted()
    expect(one).toMatchObject({ code: 'U10' })
    expect(others).toEqual([])
  })

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

  test('tells of a concentrator once, also where a later row says more of it', async () => {
    const rows = ['C3,300,dlt645-2007,,,,,,', 'C3,301,dlt645-2007,U301,,T3,,,']
    const done = await desk.importNow(file(header, ...rows), 'tester')
    if (!done.ok) throw new Error('the file is right')
    const told = await database.db.query(
      `select line, action from archive_change
       where import_id = $1::int and subject = 'concentrator'`,
      [done.value.id],
    )
    expect(told).toEqual([{ line: 2, action: 'added' }])
  })
})
