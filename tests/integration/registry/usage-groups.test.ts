import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, type Instant, instant } from '#src/core'
import {
  createArchiveDesk,
  createPointHistory,
  createUsageGroups,
  type GroupFilter,
  type UsageGroups,
} from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
const clock = new ManualClock(Date.UTC(2026, 10, 20, 4))
let database: TestDatabase
let groups: UsageGroups
beforeAll(async () => {
  database = await migratedDatabase()
  groups = createUsageGroups(database.db, clock)
  const protocols = async () => ({ 'dlt645-2007': null })
  const desk = createArchiveDesk({ db: database.db, civil, clock, protocols })
  const header =
    'concentrator,protocol,meter_address,usage_point,account,customer_class,customer,region,feeder,' +
    'transformer,role,trade,tariff,capacity_kva,ct,opening,valid_from'
  const lines = [
    'C1,dlt645-2007,1,G1,A1,residential,a,R1,F1,T1,receive,,E1,8,1,1.8.0=5.10,2025-01-01',
    'C1,dlt645-2007,2,G2,A2,industrial,b,R1,F1,T2,receive,3311,E2,315,40,,2025-01-01',
    'C1,dlt645-2007,3,G3,A3,commercial,c,R2,F2,T3,receive,1081,E2,50,1,,2025-01-01',
    'C1,dlt645-2007,4,G4,,,,R1,F1,T1,supply,,,,80,,2025-01-01',
  ]
  const later = 'C1,dlt645-2007,3,G3,A3,commercial,c,R1,F1,T2,receive,1081,E1,50,1,,2025-07-01'
  for (const rows of [lines, [later]]) {
    const bytes = new TextEncoder().encode([header, ...rows].join('\n'))
    const done = await desk.importNow({ kind: 'archive', name: 'g.csv', bytes }, 'tester')
    if (!done.ok) throw new Error(JSON.stringify(done.error))
  }
})
afterAll(() => database.close())

const day = (text: string): Instant => instant(Date.parse(`${text}T00:00:00+08:00`))

async function pointsOf(id: number, at: string): Promise<readonly string[]> {
  const found = await groups.points(id, day(at), { limit: 1_000 })
  if (!found.ok) throw new Error(found.error.kind)
  return found.value.items
}

async function made(name: string, filter?: GroupFilter): Promise<number> {
  const group = await groups.create({ name, ...(filter && { filter }) }, 'tester')
  if (!group.ok) throw new Error(group.error.kind)
  return group.value.id
}

describe('a group of usage points', () => {
  test('finds by attribute who had it at the time, by the archive as it then was', async () => {
    const cases: readonly (readonly [GroupFilter, readonly string[], readonly string[]])[] = [
      [{ feeder: ['F1'], role: ['receive'] }, ['G1', 'G2'], ['G1', 'G2', 'G3']],
      [{ area: ['T1'] }, ['G1', 'G4'], ['G1', 'G4']],
      [{ tariff: ['E1'] }, ['G1'], ['G1', 'G3']],
      [{ class: ['industrial', 'commercial'] }, ['G2', 'G3'], ['G2', 'G3']],
      [{ capacity_min: '50', capacity_max: '315' }, ['G3'], ['G3']],
      [{ region: ['R1'], trade: ['1081'] }, [], ['G3']],
    ]
    for (const [index, [filter, before, after]] of cases.entries()) {
      const id = await made(`case ${index}`, filter)
      expect(await pointsOf(id, '2025-03-01')).toEqual(before)
      expect(await pointsOf(id, '2025-09-01')).toEqual(after)
    }
  })

  test('knows an account or a usage point in full width as well', async () => {
    const id = await made('in full width')
    expect((await groups.add(id, { accounts: ['Ａ１'] }, day('2025-02-01'))).ok).toBe(true)
    expect((await groups.add(id, { usagePoints: ['Ｇ２'] }, day('2025-02-01'))).ok).toBe(true)
    expect(await pointsOf(id, '2025-03-01')).toEqual(['G1', 'G2'])
  })

  test('has what is listed by hand for its time, beside its filter, each once', async () => {
    const id = await made('by hand', { area: ['T1'] })
    await groups.add(id, { usagePoints: ['G1', 'G2'] }, day('2025-02-01'))
    await groups.remove(id, { usagePoints: ['G2'] }, day('2025-05-01'))
    await groups.filter(id, null, day('2025-06-01'))
    expect(await pointsOf(id, '2025-01-15')).toEqual(['G1', 'G4'])
    expect(await pointsOf(id, '2025-03-01')).toEqual(['G1', 'G2', 'G4'])
    expect(await pointsOf(id, '2025-05-15')).toEqual(['G1', 'G4'])
    expect(await pointsOf(id, '2025-06-15')).toEqual(['G1'])
    expect(
      await groups.add(id, { usagePoints: ['G1', 'nobody'] }, day('2025-06-01')),
    ).toMatchObject({
      ...{ ok: false, error: { kind: 'unknown-points', codes: ['nobody'] } },
    })
    expect(await groups.create({ name: 'by hand' }, 'tester')).toMatchObject({ ok: false })
  })

  test('takes account numbers, and names those that use nothing then', async () => {
    const id = await made('by account')
    const add = (accounts: string[], at: string) => groups.add(id, { accounts }, day(at))
    expect(await add(['A1', 'A3', 'nobody'], '2025-02-01')).toMatchObject({
      error: { kind: 'unknown-accounts', accounts: ['nobody'] },
    })
    expect(await add(['A1'], '2024-12-01')).toMatchObject({
      error: { kind: 'unknown-accounts', accounts: ['A1'] },
    })
    expect(await pointsOf(id, '2025-03-01')).toEqual([])
    expect(await add(['A1', 'A3'], '2025-02-01')).toMatchObject({ ok: true })
    expect(await pointsOf(id, '2025-03-01')).toEqual(['G1', 'G3'])
    await groups.remove(id, { accounts: ['A1'] }, day('2025-04-01'))
    expect(await pointsOf(id, '2025-05-01')).toEqual(['G3'])
  })

  test('is at every time what the last word before it says, whatever the words were', async () => {
    const word = fc.record({
      verb: fc.constantFrom('add', 'remove'),
      point: fc.nat(2),
      day: fc.nat(5),
    })
    let serial = 0
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        serial += 1
        const id = await made(`property ${serial}`)
        const said: { at: Instant; code: string; isIn: boolean }[] = []
        // Words come in the order of the days they are for, as a person would say them.
        for (const { verb, point, day: on } of words.toSorted((a, b) => a.day - b.day)) {
          const [code, at] = [`G${point + 1}`, instant(day('2025-01-01') + on * 86_400_000)]
          const done = await groups[verb](id, { usagePoints: [code] }, at)
          if (!done.ok) throw new Error(done.error.kind)
          said.push({ at, code, isIn: verb === 'add' })
        }
        for (const on of [0, 1, 2, 3, 4, 5]) {
          const at = instant(day('2025-01-01') + on * 86_400_000)
          const last = new Map(
            said.filter((one) => one.at <= at).map(({ code, isIn }) => [code, isIn]),
          )
          const expected = [...last].filter(([, isIn]) => isIn).map(([code]) => code)
          const found = await groups.points(id, at, { limit: 10 })
          expect(found.ok && found.value.items).toEqual(expected.sort())
        }
      }),
      { numRuns: 25 },
    )
  })
})

describe('a usage point', () => {
  test('is told as of any day, with meter, registers, place, account and contract', async () => {
    const history = createPointHistory(database.db)
    expect(await history.at('G1', day('2024-12-31'))).toMatchObject({
      ...{ installations: [], places: [], account: null, contract: null },
    })
    expect(await history.at('G1', day('2025-01-01'))).toMatchObject({
      installations: [
        {
          ...{ meter: '000000000001', ct: '1', from: day('2025-01-01'), to: null },
          registers: [{ register: '1.8.0', opening: '5.1', closing: null }],
        },
      ],
      places: [{ kind: 'area', node: 'T1', role: 'receive', above: ['feeder F1', 'region R1'] }],
      account: { no: 'A1', customer: 'a', class: 'residential' },
      contract: { tariff: 'E1', capacityKva: '8', generates: false },
    })
    expect(await history.at('G3', day('2025-03-01'))).toMatchObject({
      ...{ places: [{ node: 'T3', to: day('2025-07-01') }], contract: { tariff: 'E2' } },
    })
    expect(await history.at('G3', day('2025-08-01'))).toMatchObject({
      ...{ places: [{ node: 'T2' }], contract: { tariff: 'E1' } },
    })
    expect(await history.at('nobody', day('2025-08-01'))).toBeUndefined()
    const changes = await history.changes('G3', { limit: 2 })
    expect(changes).toMatchObject({
      ok: true,
      value: {
        items: [
          { subject: 'contract', before: { tariff: 'E2' }, after: { tariff: 'E1' }, by: 'tester' },
          { subject: 'usage-point', before: { place: 'area T3' }, after: { place: 'area T2' } },
        ],
      },
    })
    expect(changes.ok && changes.value.next).not.toBeNull()
  })
})
