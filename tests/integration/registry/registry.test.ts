import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, idOf, instant } from '#src/core'
import { type ArchiveRow, createRegistry, parseArchive, type Registry } from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
let registry: Registry
beforeAll(async () => {
  database = await migratedDatabase()
  registry = createRegistry(database.db, new ManualClock())
})
afterAll(() => database.close())

const civil = civilTime('Asia/Shanghai')
const header =
  'concentrator,channel,channel_kind,channel_settings,meter_address,protocol,profile,' +
  'usage_point,account,customer,transformer,feeder,ct,pt,valid_from'

function rows(...lines: readonly string[]): readonly ArchiveRow[] {
  const parsed = parseArchive(new TextEncoder().encode([header, ...lines].join('\n')), civil)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}

async function counts(): Promise<unknown> {
  const [row] = await database.db.query(
    `select (select count(*)::int from meter) as meters,
       (select count(*)::int from channel) as channels,
       (select count(*)::int from installation) as installations,
       (select count(*)::int from customer) as customers,
       (select count(*)::int from usage_point) as points`,
  )
  return row
}

/** Every test works on names of its own. */
let serial = 0
function names() {
  serial += 1
  const n = String(serial).padStart(3, '0')
  return {
    concentrator: `31${n}`,
    meter: (index: number) => `9${n}${String(index).padStart(8, '0')}`,
    account: `A${n}`,
    point: (index: number) => `UP${n}-${index}`,
    line: `tcp-${n}`,
  }
}

describe('the revision of the archive', () => {
  test('moves with every import that changes something, and with no other', async () => {
    const { concentrator, meter } = names()
    const before = await registry.revision()
    const one = rows(`${concentrator},,,,${meter(1)},dlt645-2007,,,,,,,,,`)
    expect((await registry.importArchive(one)).ok).toBe(true)
    const after = await registry.revision()
    expect(after).not.toBe(before)
    expect((await registry.importArchive(one)).ok).toBe(true)
    expect(await registry.revision()).toBe(after)
  })
})

describe('an archive import', () => {
  test('writes meters with everything around them', async () => {
    const { concentrator, meter, account, point } = names()
    const imported = await registry.importArchive(
      rows(
        `${concentrator},,,,${meter(1)},dlt645-2007,,${point(1)},${account},王小明,T1,F1,400/5,1,`,
        `${concentrator},,,,${meter(2)},dlt645-2007,,${point(2)},,,T1,F1,1,1,`,
      ),
    )
    expect(imported).toEqual({
      ok: true,
      value: { rows: 2, created: 2, changed: 0, unchanged: 0 },
    })
    const stored = await registry.concentratorByAddress(concentrator)
    expect(stored).toMatchObject({ transformer: 'T1', meters: 2, online: false, lastHeardAt: null })
    const [first] = await registry.meterByAddress('dlt645-2007', meter(1))
    expect(first).toMatchObject({
      concentrator,
      usagePoint: point(1),
      account,
      channelKind: 'dialin',
    })
    expect(await registry.accountMeters(account, instant(0), instant(9e12))).toEqual([
      expect.objectContaining({
        meterId: first?.id,
        ratio: { numerator: 80n, denominator: 1n },
        to: null,
      }),
    ])
    expect(await registry.account(account)).toMatchObject({ customerName: '王小明' })
    expect(await registry.accountMeters('none', instant(0), instant(1))).toBeUndefined()
  })

  test('changes nothing the second time', async () => {
    const { concentrator, meter, account, point, line } = names()
    const archive = rows(
      `${concentrator},,,,${meter(1)},dlt645-2007,,${point(1)},${account},A,T2,F2,2,100,2026-01-01`,
      `,${line},modbus-tcp,host=10.0.0.9;port=502,7,modbus,sdm630,${point(2)},${account},A,,,1,1,`,
    )
    await registry.importArchive(archive)
    const before = await counts()
    expect(await registry.importArchive(archive)).toEqual({
      ok: true,
      value: { rows: 2, created: 0, changed: 0, unchanged: 2 },
    })
    expect(await counts()).toEqual(before)
  })

  test('ends an installation when a later one says otherwise', async () => {
    const { concentrator, meter, account, point } = names()
    const line = (address: string, ct: string, from: string) =>
      `${concentrator},,,,${address},dlt645-2007,,${point(1)},${account},A,,,${ct},1,${from}`
    await registry.importArchive(rows(line(meter(1), '1', '2025-01-01')))
    await registry.importArchive(rows(line(meter(1), '30', '2025-06-01')))
    await registry.importArchive(rows(line(meter(2), '30', '2025-09-01')))
    const installations = await registry.accountMeters(account, instant(0), instant(9e12))
    const june = Date.UTC(2025, 4, 31, 16)
    const september = Date.UTC(2025, 7, 31, 16)
    expect(installations?.map(({ ratio, from, to }) => [ratio.numerator, from, to])).toEqual([
      [1n, Date.UTC(2024, 11, 31, 16), june],
      [30n, june, september],
      [30n, september, null],
    ])
    expect(await registry.accountMeters(account, instant(september), instant(9e12))).toHaveLength(1)
  })

  test('is refused as a whole when one row contradicts the archive', async () => {
    const { concentrator, meter, account, point, line } = names()
    const first = rows(
      `${concentrator},,,,${meter(1)},dlt645-2007,,${point(1)},${account},A,,,1,1,2025-06-01`,
      `,${line},tcp,host=a;port=1,${meter(2)},dlt645-2007,,,,,,,1,1,`,
    )
    await registry.importArchive(first)
    const before = await counts()
    const earlier = await registry.importArchive(
      rows(
        `${concentrator},,,,${meter(3)},dlt645-2007,,,,,,,1,1,`,
        `${concentrator},,,,${meter(1)},dlt645-2007,,${point(1)},${account},A,,,2,1,2025-05-01`,
      ),
    )
    expect(earlier).toMatchObject({ ok: false, error: [{ line: 3, column: 'valid_from' }] })
    const otherKind = await registry.importArchive(
      rows(`,${line},serial,path=/dev/ttyS0,${meter(2)},dlt645-2007,,,,,,,1,1,`),
    )
    expect(otherKind).toMatchObject({ ok: false, error: [{ line: 2, column: 'channel_kind' }] })
    const otherIdentity = await registry.importArchive(
      rows(`,${line}b,dialin,identity=${concentrator},${meter(4)},dlt645-2007,,,,,,,1,1,`),
    )
    expect(otherIdentity).toMatchObject({ ok: false, error: [{ line: 2, column: 'channel' }] })
    const taken = await registry.importArchive(
      rows(`${concentrator}9,${concentrator},,,${meter(5)},dlt645-2007,,,,,,,1,1,`),
    )
    expect(taken).toMatchObject({ ok: false })
    expect(await counts()).toEqual(before)
  })

  test('moves a meter to another channel', async () => {
    const { concentrator, meter, line } = names()
    await registry.importArchive(rows(`${concentrator},,,,${meter(1)},dlt645-2007,,,,,,,1,1,`))
    const moved = await registry.importArchive(
      rows(`,${line},tcp,host=a;port=1,${meter(1)},dlt645-2007,,,,,,,1,1,`),
    )
    expect(moved).toMatchObject({ ok: true, value: { created: 0, changed: 1 } })
    expect(await registry.meterByAddress('dlt645-2007', meter(1))).toMatchObject([
      { channelName: line, concentrator: null },
    ])
  })
})

describe('the registry', () => {
  test('pages through meters and concentrators', async () => {
    const { concentrator, meter } = names()
    const lines = [1, 2, 3, 4, 5].map(
      (index) => `${concentrator},,,,${meter(index)},dlt645-2007,,,,,,,1,1,`,
    )
    await registry.importArchive(rows(...lines))
    const owner = await registry.concentratorByAddress(concentrator)
    const concentratorId = owner?.id ?? idOf<'concentrator'>(0)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await registry.meters(
        { limit: 2, ...(cursor === '' ? {} : { cursor }) },
        { concentratorId },
      )
      if (!page.ok) throw new Error('a cursor of our own was refused')
      seen.push(...page.value.items.map(({ address }) => address))
      cursor = page.value.next
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map(meter))
    expect(await registry.meters({ limit: 2, cursor: 'x' })).toMatchObject({ ok: false })
    const page = await registry.concentrators({ limit: 100 })
    expect(page.ok && page.value.items.map(({ address }) => address)).toContain(concentrator)
  })

  test('keeps what was last heard of a concentrator', async () => {
    const { concentrator, meter } = names()
    await registry.importArchive(rows(`${concentrator},,,,${meter(1)},dlt645-2007,,,,,,,1,1,`))
    const owner = await registry.concentratorByAddress(concentrator)
    const id = owner?.id ?? idOf<'concentrator'>(0)
    await registry.concentratorsSeen([
      { id, online: true, lastHeardAt: instant(2_000), remoteAddress: '10.1.1.1:5', signal: 21 },
      { id, online: true, lastHeardAt: instant(5_000) },
    ])
    expect(await registry.concentrator(id)).toMatchObject({
      online: true,
      lastHeardAt: 5_000,
      remoteAddress: '10.1.1.1:5',
      signal: 21,
    })
    await registry.concentratorsSeen([{ id, online: true, lastHeardAt: instant(3_000) }])
    await registry.allConcentratorsOffline()
    expect(await registry.concentrator(id)).toMatchObject({ online: false, lastHeardAt: 5_000 })
  })
})

describe('installations', () => {
  /** `[meter, place, from, to]`, in days; without an end it goes on. */
  type Span = readonly [meter: number, place: number, from: number, to: number | null]

  const overlap = ([, , from, to]: Span, [, , otherFrom, otherTo]: Span) =>
    from < (otherTo ?? Number.POSITIVE_INFINITY) && otherFrom < (to ?? Number.POSITIVE_INFINITY)
  const clash = (one: Span, other: Span) =>
    (one[0] === other[0] || one[1] === other[1]) && overlap(one, other)

  test('never overlap, of a meter or of a place, within one statement or with earlier ones', async () => {
    const { concentrator, meter, point } = names()
    const lines = [1, 2, 3].map(
      (n) => `${concentrator},,,,${meter(n)},dlt645-2007,,${point(n)},,,,,1,1,2025-01-01`,
    )
    await registry.importArchive(rows(...lines))
    const ids = await database.db.query<{ id: number; usage_point_id: number; meter_id: number }>(
      `select i.* from installation i join meter m on m.id = i.meter_id
       where m.address = any($1::text[]) order by m.address`,
      [[1, 2, 3].map(meter)],
    )
    const span: fc.Arbitrary<Span> = fc
      .tuple(fc.nat(2), fc.nat(2), fc.nat(6), fc.option(fc.integer({ min: 1, max: 4 })))
      .map(([one, place, from, days]) => [one, place, from, days === null ? null : from + days])
    const statements = fc.array(fc.array(span, { minLength: 1, maxLength: 3 }), { maxLength: 4 })
    class Undone extends Error {}
    await fc.assert(
      fc.asyncProperty(statements, async (written) => {
        const stored: Span[] = []
        const begun = database.db.transaction(async (tx) => {
          await tx.query('delete from installation where id = any($1::int[])', [
            ids.map(({ id }) => id),
          ])
          for (const spans of written) {
            const isFine = spans.every(
              (one, index) => ![...stored, ...spans.slice(0, index)].some((two) => clash(one, two)),
            )
            const insert = tx.query(
              `insert into installation (meter_id, usage_point_id, ct_numerator, ct_denominator,
                 pt_numerator, pt_denominator, valid_from, valid_to)
               select m, p, 1, 1, 1, 1, '2025-01-01'::timestamptz + f * interval '1 day',
                 '2025-01-01'::timestamptz + t * interval '1 day'
               from unnest($1::int[], $2::int[], $3::int[], $4::int[]) as u (m, p, f, t)`,
              [
                spans.map(([one]) => ids[one]?.meter_id),
                spans.map(([, place]) => ids[place]?.usage_point_id),
                spans.map(([, , from]) => from),
                spans.map(([, , , to]) => to),
              ],
            )
            if (!isFine) {
              await expect(insert).rejects.toThrow(/overlapping|duplicate key/)
              throw new Undone()
            }
            await insert
            stored.push(...spans)
          }
          throw new Undone()
        })
        await expect(begun).rejects.toBeInstanceOf(Undone)
      }),
      { numRuns: 60 },
    )
  })

  test('are not moved into each other either', async () => {
    const { concentrator, meter, point } = names()
    const line = (n: number, from: string) =>
      `${concentrator},,,,${meter(n)},dlt645-2007,,${point(1)},,,,,1,1,${from}`
    await registry.importArchive(rows(line(1, '2025-01-01')))
    await registry.importArchive(rows(line(2, '2025-06-01')))
    const longer = database.db.query(
      `update installation i set valid_to = valid_to + interval '1 day' from meter m
       where m.id = i.meter_id and m.address = $1`,
      [meter(1)],
    )
    await expect(longer).rejects.toThrow('installation_one_meter_at_a_time')
  })
})
