import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, instant } from '#src/core'
import { type ArchiveDesk, type ArchiveFile, createArchiveDesk } from '#src/registry'
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

const file = (kind: ArchiveFile['kind'], header: string, ...lines: readonly string[]) => ({
  ...{ kind, name: `${kind}.csv` },
  bytes: new TextEncoder().encode([header, ...lines].join('\n')),
})
const columns =
  'concentrator,meter_address,protocol,usage_point,account,customer,transformer,valid_from'
const archive = (...lines: readonly string[]) =>
  file('archive', columns, ...lines.map((line) => `C1,${line}`))
const page = { limit: 1_000 }

async function changesOf(id: number) {
  const found = await desk.changes(id, page)
  if (!found.ok) throw new Error('a page without a cursor')
  return found.value.items
}

async function findingsOf(id: number) {
  const found = await desk.findings(id, page)
  if (!found.ok) throw new Error('a page without a cursor')
  return found.value.items
}

/** Everything that an import may touch, as one word. */
async function world(): Promise<unknown> {
  const tables = 'meter,usage_point,account,customer,usage_point_place,account_usage_point,contract'
  const sums = tables.split(',').map(
    (table) => `select '${table}', md5(string_agg(t::text, '|'
    order by t.id)) from ${table} t`,
  )
  return await database.db.query(sums.join(' union all '))
}

describe('a file for the archive', () => {
  test('is shown before it is applied, with old and new values, and nothing is written', async () => {
    const first = await desk.importNow(
      archive('1,dlt645-2007,U1,K1,Wang,T1,2025-01-01', '2,dlt645-2007,U2,K2,Li,T1,2025-01-01'),
      'tester',
    )
    expect(first).toMatchObject({ ok: true, value: { state: 'applied', created: 2 } })
    // Whatever a line adds is told as one.
    const added = first.ok ? await changesOf(first.value.id) : []
    expect(added.filter(({ line }) => line === 3)).toMatchObject([
      {
        ...{ subject: 'usage-point', key: 'U2', action: 'added' },
        after: { meter: '000000000002', protocol: 'dlt645-2007', account: 'K2', customer: 'Li' },
      },
    ])
    const before = await world()
    const proposed = await desk.propose(
      archive('1,dlt645-2007,U1,K3,Zhao,T2,2025-06-01', '2,dlt645-2007,U2,K2,Li Si,T1,2025-06-01'),
      'anna',
    )
    expect(proposed).toMatchObject({ state: 'proposed', changed: 2, appliedAt: null })
    expect(await world()).toEqual(before)
    const validFrom = Date.UTC(2025, 4, 31, 16)
    const changes = await changesOf(proposed.id)
    expect(changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ line: 2, subject: 'usage-point', key: 'U1', action: 'changed', validFrom },
          ...{ before: { account: 'K1' }, after: { account: 'K3' } },
        }),
        expect.objectContaining({
          ...{ key: 'U1', before: { place: 'area T1' }, after: { place: 'area T2' } },
        }),
        expect.objectContaining({
          ...{ subject: 'account', key: 'K2', before: { customer: 'Li' } },
          ...{ after: { customer: 'Li Si' } },
        }),
      ]),
    )
    const applied = await desk.apply(proposed.id, 'berta')
    expect(applied).toMatchObject({ ok: true, value: { state: 'applied', appliedBy: 'berta' } })
    expect(await desk.apply(proposed.id, 'berta')).toMatchObject({
      ...{ ok: false, error: { kind: 'not-proposed', state: 'applied' } },
    })
    const again = await desk.preview(archive('1,dlt645-2007,U1,K3,Zhao,T2,2025-06-01'))
    expect(again).toMatchObject({ changed: 0, changes: [], findings: [] })
  })

  test('is not applied once the archive moved in what it touches, and says in what', async () => {
    await desk.importNow(
      archive('11,dlt645-2007,U11,K11,A,T1,2025-01-01', '12,dlt645-2007,U12,K12,B,T1,2025-01-01'),
      'tester',
    )
    const one = await desk.propose(archive('11,dlt645-2007,U11,K11,A2,T1,'), 'anna')
    const other = await desk.propose(archive('12,dlt645-2007,U12,K12,B2,T1,'), 'anna')
    await desk.importNow(archive('11,dlt645-2007,U11,K11,A3,T1,'), 'tester')
    const before = await world()
    expect(await desk.apply(one.id, 'berta')).toEqual({
      ...{ ok: false, error: { kind: 'moved', things: ['account K11'] } },
    })
    expect(await world()).toEqual(before)
    expect(await desk.apply(other.id, 'berta')).toMatchObject({ ok: true })
    expect(await desk.withdraw(one.id, 'anna')).toMatchObject({ value: { state: 'withdrawn' } })
  })

  test('with a conflict is kept as refused, with every conflict', async () => {
    await desk.importNow(archive('21,dlt645-2007,U21,K21,A,T1,2025-01-01'), 'tester')
    const proposed = await desk.propose(archive('21,dlt645-2007,U21,K22,A,T1,2024-01-01'), 'anna')
    expect(proposed).toMatchObject({ state: 'refused', counts: { conflict: 1 } })
    expect(await findingsOf(proposed.id)).toMatchObject([
      { kind: 'conflict', line: 2, field: 'account', value: 'K22' },
    ])
    const unreadable = await desk.propose(archive('x,dlt645-2007,,,,,'), 'anna')
    expect(unreadable).toMatchObject({ state: 'refused' })
  })
})

describe('an archive that nobody may change alone', () => {
  test('takes small files at once, and large ones from one person and another', async () => {
    const rows = (of: string) =>
      archive(...['91', '92', '93'].map((no) => `${no},dlt645-2007,U${no},K${no},${of},T9,`))
    const alone = { approval: 'none', aboveRows: 0, proposals: 'none' } as const
    expect(await desk.policy()).toEqual({ ...alone, setBy: null, setAt: null })
    const strict = { ...alone, approval: 'second-person', aboveRows: 2 } as const
    expect(await desk.setPolicy(strict, 'root')).toMatchObject({ ...strict, setBy: 'root' })
    const before = await world()
    expect(await desk.importNow(rows('A'), 'anna')).toEqual({
      ok: false,
      error: { kind: 'approval', rows: 3, aboveRows: 2 },
    })
    expect(await world()).toEqual(before)
    const { id } = await desk.propose(rows('A'), 'anna')
    expect(await desk.apply(id, 'anna')).toEqual({
      ok: false,
      error: { kind: 'second-person', proposedBy: 'anna' },
    })
    expect(await world()).toEqual(before)
    expect(await desk.apply(id, 'berta')).toMatchObject({ ok: true })
    const small = archive('91,dlt645-2007,U91,K91,B,T9,', '92,dlt645-2007,U92,K92,B,T9,')
    expect(await desk.importNow(small, 'anna')).toMatchObject({ ok: true, value: { changed: 2 } })
    const mine = await desk.propose(archive('93,dlt645-2007,U93,K93,C,T9,'), 'anna')
    expect(await desk.apply(mine.id, 'anna')).toMatchObject({ ok: true })
    await desk.setPolicy(alone, 'root')
  })
})

describe('a batch of the marketing system', { shuffle: false }, () => {
  const batch = (...lines: readonly string[]) =>
    file('marketing', '户号,户名,用电点,电价,合同容量,生效日期,销户日期', ...lines)

  test('is the master of customers, contracts and who uses a point; the rest is reported', async () => {
    await desk.importNow(
      archive(
        ...[
          '31,dlt645-2007,U31,M31,Old,T3,2025-01-01',
          '32,dlt645-2007,U32,M32,Gone,T3,2025-01-01',
        ],
        ...[
          '33,dlt645-2007,U33,M33,Left,T3,2025-01-01',
          '34,dlt645-2007,U34,M34,Ours,T3,2025-01-01',
        ],
      ),
      'tester',
    )
    const proposed = await desk.propose(
      batch(
        ...[
          'M31,New,U31,E1,15,2025-01-01,',
          'M32,,U32,,,,2026-01-01',
          'M35,Next,U33,,,2026-02-01,',
        ],
        ...['M36,Fresh,U36,E2,8,,', 'M37,Early,U31,,,2024-01-01,'],
      ),
      'anna',
    )
    expect(proposed).toMatchObject({ state: 'proposed', rows: 5 })
    const findings = await findingsOf(proposed.id)
    const named = findings.map(({ kind, value }) => `${kind} ${value}`)
    expect(named).toEqual(
      expect.arrayContaining(['conflict U31', 'unknown M35', 'unknown M36', 'unknown M37']),
    )
    expect(named).toEqual(expect.arrayContaining(['ours-only M33', 'ours-only M34']))
    expect(await desk.apply(proposed.id, 'berta')).toMatchObject({ ok: true })
    const held = await database.db.query(
      `select p.code, a.no, c.name, h.valid_to is not null as over, k.tariff, k.capacity_kva
       from account_usage_point h join usage_point p on p.id = h.usage_point_id
       join account a on a.id = h.account_id join customer c on c.id = a.customer_id
       left join contract k on k.account_id = a.id and k.valid_to is null
       where p.code in ('U31', 'U32', 'U33', 'U36') order by p.code, h.valid_from`,
    )
    expect(held).toEqual([
      { code: 'U31', no: 'M31', name: 'New', over: false, tariff: 'E1', capacity_kva: '15' },
      { code: 'U32', no: 'M32', name: 'Gone', over: true, tariff: null, capacity_kva: null },
      { code: 'U33', no: 'M33', name: 'Left', over: true, tariff: null, capacity_kva: null },
      { code: 'U33', no: 'M35', name: 'Next', over: false, tariff: null, capacity_kva: null },
      { code: 'U36', no: 'M36', name: 'Fresh', over: false, tariff: 'E2', capacity_kva: '8' },
    ])
    const now = await database.db.query(
      `select p.code, a.no from usage_point p left join account a on a.id = p.account_id
       where p.code in ('U31', 'U32', 'U33') order by p.code`,
    )
    expect(now).toEqual([
      { code: 'U31', no: 'M31' },
      { code: 'U32', no: null },
      { code: 'U33', no: 'M35' },
    ])
  })

  test('changes nothing a second time, and its last word is kept for comparison', async () => {
    const lines = ['M31,New,U31,E9,15,2026-03-01,', 'M36,Fresh,U36,E2,8,,'] as const
    const first = await desk.propose(batch(...lines), 'anna')
    expect(await changesOf(first.id)).toMatchObject([
      { subject: 'contract', key: 'M31', before: { tariff: 'E1' }, after: { tariff: 'E9' } },
    ])
    await desk.apply(first.id, 'berta')
    const second = await desk.propose(batch(...lines), 'anna')
    expect(await changesOf(second.id)).toEqual([])
    const kept = await database.db.query(
      `select account_no, usage_point, tariff from marketing_record order by 1`,
    )
    expect(kept).toEqual([
      { account_no: 'M31', usage_point: 'U31', tariff: 'E9' },
      { account_no: 'M36', usage_point: 'U36', tariff: 'E2' },
    ])
    const partial = await desk.propose({ ...batch('M31,New,U31,E9,15,,'), complete: false }, 'anna')
    expect(await findingsOf(partial.id)).toEqual([])
  })
})
