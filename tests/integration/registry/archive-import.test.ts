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
     join usage_point p on p.id = s.usage_point_id where p.code like 'U__'
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

describe('a meter that a file swaps', () => {
  const head = 'concentrator,meter_address,protocol,usage_point,ct,opening,closing,valid_from'
  const put = (...lines: readonly string[]) => desk.importNow(file(head, ...lines), 'tester')
  const shown = async (point: string) =>
    await database.db.query(
      `select m.address::int as meter, r.opening_digits as opening, r.closing_digits as closing,
         i.valid_to is null as lasts
       from installation i join usage_point p on p.id = i.usage_point_id
       join meter m on m.id = i.meter_id
       left join installation_register r on r.installation_id = i.id and r.register = '1.8.0'
       where p.code = $1::text order by i.valid_from`,
      [point],
    )

  test('and swaps back leaves what each showed, and the same file again changes nothing', async () => {
    const files = [
      'C4,401,dlt645-2007,X1,1,10.00,,2025-01-01',
      'C4,402,dlt645-2007,X1,1,5.00,1.8.0=123.45,2025-03-01',
      'C4,401,dlt645-2007,X1,1,123.45,77.10,2025-05-01',
      // The same meter behind other transformers.
      'C4,401,dlt645-2007,X1,100/5,130.00,130.00,2025-07-01',
    ]
    for (const line of files) expect(await put(line)).toMatchObject({ ok: true })
    const is = [
      { meter: 401, opening: 1_000n, closing: 12_345n, lasts: false },
      { meter: 402, opening: 500n, closing: 7_710n, lasts: false },
      { meter: 401, opening: 12_345n, closing: 13_000n, lasts: false },
      { meter: 401, opening: 13_000n, closing: null, lasts: true },
    ]
    expect(await shown('X1')).toEqual(is)
    expect(await put(files[3] ?? '')).toMatchObject({ ok: true, value: { changed: 0 } })
    // What was read wrongly is put right, and told of the meter that was taken down.
    const mended = await put('C4,401,dlt645-2007,X1,100/5,130.00,131.00,2025-07-01')
    if (!mended.ok) throw new Error('the file is right')
    const changes = await desk.changes(mended.value.id, { limit: 10 })
    expect(changes.ok && changes.value.items).toMatchObject([
      {
        ...{ key: '000000000401', action: 'corrected' },
        ...{ before: { 'closing 1.8.0': '130' }, after: { 'closing 1.8.0': '131' } },
      },
    ])
  })

  test('for another at the same time as that one for it keeps both readings apart', async () => {
    await put('C5,501,dlt645-2007,Y1,1,1,,2025-01-01', 'C5,502,dlt645-2007,Y2,1,2,,2025-01-01')
    const crossed = [
      'C5,501,dlt645-2007,Y2,1,11,22,2025-03-01',
      'C5,502,dlt645-2007,Y1,1,22,11,2025-03-01',
    ]
    expect(await put(...crossed)).toMatchObject({ ok: true })
    expect(await shown('Y1')).toMatchObject([
      { meter: 501, closing: 11n },
      { meter: 502, opening: 22n },
    ])
    expect(await shown('Y2')).toMatchObject([
      { meter: 502, closing: 22n },
      { meter: 501, opening: 11n },
    ])
  })

  test('from where none hung has nothing to have shown', async () => {
    expect(await put('C6,601,dlt645-2007,Z1,1,1,5,2025-01-01')).toMatchObject({
      ...{ ok: false, error: [{ line: 2, column: 'closing' }] },
    })
  })
})
