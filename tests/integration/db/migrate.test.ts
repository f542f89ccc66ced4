import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Clock, milliseconds, systemClock } from '#src/core'
import { type Database, migrate, migrationStatus } from '#src/db'
import { emptyDatabase, type TestDatabase, temporaryFolder } from '#tests/support'

let test: TestDatabase
let db: Database
let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  test = await emptyDatabase()
  db = test.db
})
afterAll(() => test.close())
beforeEach(async () => {
  folder = temporaryFolder()
  await db.query('drop table if exists schema_migration, schema_migration_lease, one, two')
})
afterEach(() => folder.remove())

const write = (files: Readonly<Record<string, string>>) => {
  for (const [name, sql] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder.path, name), sql)
  }
}
const run = () => migrate(db, folder.path)
const states = async () => {
  const status = await migrationStatus(db, folder.path)
  return status.ok ? status.value.map(({ name, state }) => `${name} ${state}`) : status.error.code
}

describe('migrating', () => {
  it('applies files in order, once', async () => {
    write({
      '0002_two.sql': 'alter table one add column value int;',
      '0001_one.sql': 'create table one (id int);\ninsert into one values (1);',
    })
    expect(await states()).toEqual(['0001_one.sql pending', '0002_two.sql pending'])
    expect(await run()).toEqual({ ok: true, value: ['0001_one.sql', '0002_two.sql'] })
    expect(await run()).toEqual({ ok: true, value: [] })
    expect(await db.query('select * from one')).toEqual([{ id: 1, value: null }])
    expect(await states()).toEqual(['0001_one.sql applied', '0002_two.sql applied'])
  })

  it('leaves nothing of a file that fails, and says which one', async () => {
    write({
      '0001_one.sql': 'create table one (id int);',
      '0002_two.sql': 'create table two (id int); insert into two values (1 / 0);',
    })
    const result = await run()
    expect(result).toMatchObject({ ok: false, error: { code: 'failed' } })
    if (!result.ok) expect(result.error.message).toMatch(/0002_two\.sql.*division by zero/)
    expect(await states()).toEqual(['0001_one.sql applied', '0002_two.sql pending'])
    expect(await db.query(`select to_regclass('two') is null as gone`)).toEqual([{ gone: true }])
    write({ '0002_two.sql': 'create table two (id int);' })
    expect(await run()).toEqual({ ok: true, value: ['0002_two.sql'] })
  })

  it('runs a file without a transaction statement by statement, and goes on after a failure', async () => {
    write({
      '0001_one.sql': [
        '-- no transaction',
        'create table one (id int);',
        'do $$ begin perform 1; insert into one values (1); end $$; -- not; here',
        'vacuum one;',
        'insert into two values (1);',
      ].join('\n'),
    })
    expect(await run()).toMatchObject({ ok: false, error: { code: 'failed' } })
    expect(await states()).toEqual(['0001_one.sql unfinished'])
    await db.query('create table two (id int)')
    expect(await run()).toEqual({ ok: true, value: ['0001_one.sql'] })
    // What had been done was not done again.
    expect(await db.query('select count(*)::int as n from one')).toEqual([{ n: 1 }])
  })

  it('refuses a file that was edited since', async () => {
    write({ '0001_one.sql': 'create table one (id int);' })
    await run()
    write({ '0001_one.sql': 'create table one (id int, more int);' })
    expect(await run()).toMatchObject({ ok: false, error: { code: 'changed' } })
    expect(await states()).toBe('changed')
  })

  it('does not mind how a checkout ends its lines', async () => {
    write({ '0001_one.sql': 'create table one (\n  id int);\n' })
    await run()
    write({ '0001_one.sql': 'create table one (\r\n  id int);\r\n' })
    expect(await run()).toEqual({ ok: true, value: [] })
  })

  it('refuses a database that a newer version has been at', async () => {
    write({ '0001_one.sql': 'create table one (id int);' })
    await run()
    fs.rmSync(path.join(folder.path, '0001_one.sql'))
    expect(await run()).toMatchObject({ ok: false, error: { code: 'unknown' } })
  })

  it.each([
    [{ 'one.sql': 'select 1' }],
    [{ '0001_one.sql': 'select 1', '0001_two.sql': 'select 1' }],
  ])('refuses names that leave the order open: %j', async (files) => {
    write(files)
    expect(await run()).toMatchObject({ ok: false, error: { code: 'name' } })
  })

  it('may be started by several nodes at once', async () => {
    write({
      '0001_one.sql': 'create table one (id int);',
      '0002_two.sql': '-- no transaction\ncreate table two (id int);\ninsert into two values (1);',
    })
    // Time does not pass in a waiting node: it tries again as soon as it may.
    const eager: Clock = {
      now: systemClock.now,
      after: (_, wake) => systemClock.after(milliseconds(1), wake),
    }
    const results = await Promise.all(
      Array.from({ length: 4 }, () => migrate(db, folder.path, { clock: eager })),
    )
    const applied = results.flatMap((result) => (result.ok ? result.value : ['failed']))
    expect(applied.toSorted()).toEqual(['0001_one.sql', '0002_two.sql'])
    expect(await db.query('select count(*)::int as n from two')).toEqual([{ n: 1 }])
  })
})
