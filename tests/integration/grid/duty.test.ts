import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { civilTime } from '#src/core'
import { createDuties, type Duties } from '#src/grid/duty'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { buildField, moment } from './field.ts'

const civil = civilTime('Asia/Shanghai')
const NOW = moment('2026-11-01T00:00+08:00')
const T1 = { kind: 'area', code: 'T1' } as const
const day = (text: string) => moment(`${text}T00:00+08:00`)

let database: TestDatabase
let duties: Duties
const nothingMore = async () => {}

beforeAll(async () => {
  database = await migratedDatabase()
  await buildField(database.db)
  duties = createDuties({ db: database.db, civil })
})
afterAll(() => database.close())
beforeEach(async () => {
  for (const table of ['area_duty', 'area_manager']) {
    await database.db.query(`delete from ${table}`)
  }
})

interface Person {
  readonly staffNo?: string
  readonly phone?: string
  readonly rename?: boolean
}

async function set(name: string, from: string, to?: string, person: Person = {}) {
  const { staffNo = null, phone = null, rename = false } = person
  const until = to === undefined ? null : day(to)
  const entry = { node: T1, name, staffNo, phone, from: day(from), to: until }
  const done = await duties.set(entry, rename, 'test', nothingMore)
  return done.ok ? 'done' : done.error.message
}

const history = async () =>
  ((await duties.history(T1)) ?? []).map(({ manager, from, to }) => {
    const date = (at: typeof from) => civil.dateOf(at)
    return `${manager.name} ${date(from)} ${to === null ? '' : date(to)}`.trim()
  })

const who = async (at: string) => {
  const all = await duties.at(day(at), { kind: 'area' }, { after: 0, limit: 100 })
  return all.map(({ node, duty }) => `${node.code} ${duty?.manager.name ?? 'nobody'}`)
}

describe('somebody responsible for an area', () => {
  test('is relieved by the next, and stays known for the days before', async () => {
    await set('Wang Fang', '2026-01-01')
    await set('Li Na', '2026-06-01')
    expect(await history()).toEqual(['Wang Fang 2026-01-01 2026-06-01', 'Li Na 2026-06-01'])
    expect(await who('2025-12-31')).toEqual(['T1 nobody', 'T2 nobody', 'T3 nobody'])
    expect((await who('2026-05-31'))[0]).toBe('T1 Wang Fang')
    expect((await who('2026-06-01'))[0]).toBe('T1 Li Na')
  })

  test('lasts until what is entered for later, in whatever order it is entered', async () => {
    await set('Li Na', '2026-06-01')
    await set('Wang Fang', '2026-01-01')
    expect(await history()).toEqual(['Wang Fang 2026-01-01 2026-06-01', 'Li Na 2026-06-01'])
    expect(await set('Zhao Min', '2026-03-01', '2026-07-01')).toContain('a later time')
    expect(await set('Zhao Min', '2026-03-01', '2026-03-01')).toContain('before it begins')
    expect(await history()).toHaveLength(2)
    const known = await database.db.query('select from area_manager')
    expect(known, 'who was refused is not entered').toHaveLength(2)
  })

  test('goes on after somebody has stood in', async () => {
    await set('Wang Fang', '2026-01-01')
    await set('Li Na', '2026-02-01', '2026-02-15')
    expect(await history()).toEqual([
      'Wang Fang 2026-01-01 2026-02-01',
      'Li Na 2026-02-01 2026-02-15',
      'Wang Fang 2026-02-15',
    ])
  })

  test('is corrected where another was entered for the same moment', async () => {
    await set('Wang Feng', '2026-01-01')
    await set('Wang Fang', '2026-01-01')
    await set('Wang Fang', '2026-01-01')
    expect(await history()).toEqual(['Wang Fang 2026-01-01'])
  })

  test('is nobody after an end, and what was to come stays', async () => {
    await set('Wang Fang', '2026-01-01')
    await set('Li Na', '2026-06-01')
    const end = (at: string) => duties.end(T1, day(at), nothingMore)
    expect((await end('2026-03-01')).ok).toBe(true)
    expect(await history()).toEqual(['Wang Fang 2026-01-01 2026-03-01', 'Li Na 2026-06-01'])
    expect(await end('2026-04-01')).toMatchObject({ error: { kind: 'clash' } })
  })

  test('is told from another of the name by the staff number', async () => {
    await set('Wang Fang', '2026-01-01', undefined, { staffNo: '1', phone: '139' })
    expect(await set('Li Na', '2026-02-01', undefined, { staffNo: '1' })).toBe(
      'staff number 1 is Wang Fang, not Li Na',
    )
    await set('Wang Fang', '2026-03-01', undefined, { staffNo: '2' })
    expect(await set('Wang Fang', '2026-04-01')).toContain('the staff number is needed')
    await set('Wang Fangfang', '2026-05-01', undefined, { staffNo: '1', rename: true })
    expect(await history()).toEqual([
      'Wang Fangfang 2026-01-01 2026-03-01',
      'Wang Fang 2026-03-01 2026-05-01',
      'Wang Fangfang 2026-05-01',
    ])
    const [one] = (await duties.history(T1)) ?? []
    expect(one?.manager).toEqual({ name: 'Wang Fangfang', staffNo: '1', phone: '139' })
  })

  test('is one at a time, which the database itself says', async () => {
    await set('Wang Fang', '2026-01-01')
    const twice = database.db.query(
      `insert into area_duty (node_id, manager_id, valid_from, set_by)
       select node_id, manager_id, '2026-05-01T00:00Z', 'test' from area_duty`,
    )
    await expect(twice).rejects.toThrow()
    const names = ['Li Na', 'Zhao Min', 'Sun Li']
    const done = await Promise.all(names.map((name) => set(name, '2026-06-01')))
    expect(done).toEqual(['done', 'done', 'done'])
    expect(await history()).toHaveLength(2)
  })

  test('is found by name or number, and areas without anybody are too', async () => {
    await set('Wang Fang', '2026-01-01', undefined, { staffNo: '1207' })
    const codes = async (filter: Parameters<Duties['at']>[1]) =>
      (await duties.at(NOW, filter, { after: 0, limit: 100 })).map(({ node }) => node.code)
    expect(await codes({ manager: '1207' })).toEqual(['T1'])
    expect(await codes({ manager: 'Wang Fang' })).toEqual(['T1'])
    expect(await codes({ held: true })).toEqual(['T1'])
    expect((await codes({ held: false })).toSorted()).toEqual(['F1', 'F2', 'T2', 'T3'])
  })
})

describe('a file of who is responsible', () => {
  const enter = (text: string) => duties.enter(text, 'test', NOW, nothingMore)

  test('is entered with English or Chinese headings', async () => {
    const chinese =
      '类型,编号,姓名,工号,电话,生效日期\n台区,T1,王芳,1207,139,2026-01-01\n线路,F1,李娜,,,\n'
    expect(await enter(chinese)).toEqual({ ok: true, value: 2 })
    expect(await enter('code,name,staff_no,valid_from\nT2,王芳,1207,2026-02-01')).toMatchObject({
      ok: true,
    })
    expect(await who('2026-03-01')).toEqual(['T1 王芳', 'T2 王芳', 'T3 nobody'])
    const feeder = await duties.history({ kind: 'feeder', code: 'F1' })
    expect(feeder).toMatchObject([{ manager: { name: '李娜' }, from: NOW, to: null }])
  })

  test('is entered whole or not at all, and every bad row is named', async () => {
    const rows = ['T1,Wang Fang,2026-01-01', 'T9,Li Na,2026-01-01', 'T1,Li Na,2026-01-32']
    const wrong = await enter(['code,name,valid_from', ...rows].join('\n'))
    expect(wrong).toMatchObject({ error: [{ line: 4, column: 'valid_from' }] })
    const missing = await enter(['code,name,valid_from', ...rows.slice(0, 2)].join('\n'))
    expect(missing).toMatchObject({
      error: [{ line: 3, column: 'code', message: 'there is no area T9' }],
    })
    expect(await history()).toEqual([])
    for (const text of [
      '',
      'code\nT1',
      'code,name',
      'code,name\n"T1,Li Na',
      'code,name,x\nT1,a,b',
    ]) {
      expect(await enter(text), text).toMatchObject({ ok: false })
    }
  })
})
