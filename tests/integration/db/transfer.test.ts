import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, exportAll, importAll, migrate, type TransferProgress } from '#src/db'
import { emptyDatabase, type TestDatabase, temporaryFolder } from '#tests/support'

const schema = {
  '0001_tables.sql': `
    create table customer (id int generated always as identity primary key, name text not null);
    create table account (
      id int generated always as identity primary key,
      customer_id int not null references customer,
      settings jsonb not null default '{}',
      balance numeric(12, 2),
      opened date,
      upper_name text generated always as (upper(settings ->> 'name')) stored);
    create table plan (name text primary key, minutes int not null);
    insert into plan values ('daily', 1440);
    create function never() returns trigger language plpgsql as
      $$ begin raise exception 'append only'; end $$;
    create trigger account_watch before insert on account for each row execute function never();
    create table curve (at timestamptz not null, account_id int not null, value int8,
      primary key (account_id, at));
    select create_hypertable('curve', by_range('at', interval '7 days'));
    alter table curve set (timescaledb.compress, timescaledb.compress_segmentby = 'account_id');
    create table day_energy (day date not null, value int8);
    select create_hypertable('day_energy', by_range('day', interval '30 days'));`,
  '0002_hours.sql': `-- no transaction
    create materialized view hourly with (timescaledb.continuous, timescaledb.materialized_only = true)
      as select account_id, time_bucket('1 hour', at) as hour, count(*) as rows
         from curve group by 1, 2 with no data;`,
}

let source: TestDatabase
let target: TestDatabase
const folders = [temporaryFolder(), temporaryFolder()] as const
const [migrations, exported] = folders

beforeAll(async () => {
  for (const [name, sql] of Object.entries(schema)) {
    fs.writeFileSync(path.join(migrations.path, name), sql)
  }
  source = await emptyDatabase()
  target = await emptyDatabase()
  for (const { db } of [source, target]) {
    const migrated = await migrate(db, migrations.path)
    if (!migrated.ok) throw new Error(migrated.error.message)
  }
  await fill(source.db)
})
afterAll(async () => {
  await source.close()
  await target.close()
  for (const folder of folders) folder.remove()
})

async function fill(db: Database): Promise<void> {
  await db.query('alter table account disable trigger account_watch')
  await db.query(`insert into customer (name)
    select 'Wáng \\\\ ' || chr(9) || chr(10) || g from generate_series(1, 300) g`)
  await db.query(`insert into account (customer_id, settings, balance, opened)
    select id, jsonb_build_object('name', name), id * 1.05, date '2020-02-29' + id from customer`)
  await db.query('delete from account where id % 7 = 0')
  await db.query('alter table account enable trigger account_watch')
  await db.query(`update plan set minutes = 720 where name = 'daily'`)
  await db.query(`insert into curve
    select t, a, case when a = 3 then null else extract(epoch from t)::int8 * a end
      from generate_series('2026-10-01'::timestamptz, '2026-11-20', interval '1 hour') t,
           generate_series(1, 10) a`)
  await db.query(`insert into day_energy
    select d::date, 5 from generate_series('2026-01-01'::date, '2026-06-01', interval '1 day') d`)
  await db.query(
    `select compress_chunk(c) from show_chunks('curve', older_than => '2026-11-01'::timestamptz) c`,
  )
}

const all = async (db: Database) => ({
  customers: await db.query('select * from customer order by id'),
  accounts: await db.query('select * from account order by id'),
  plans: await db.query('select * from plan'),
  curve: await db.query('select * from curve order by account_id, at'),
  days: await db.query('select * from day_energy order by day'),
})

const steps = () => {
  const seen: TransferProgress[] = []
  return { seen, note: (step: TransferProgress) => seen.push(step) }
}

describe('moving everything to another database', { shuffle: false }, () => {
  it('exports all tables with their counts', async () => {
    const result = await exportAll(source.db, exported.path)
    expect(result).toEqual({
      ok: true,
      value: {
        tables: expect.arrayContaining([
          { table: 'customer', rows: 300 },
          { table: 'account', rows: 258 },
          { table: 'plan', rows: 1 },
          { table: 'curve', rows: 12_010 },
          { table: 'day_energy', rows: 152 },
        ]),
      },
    })
  })

  it('exports again only what is missing or damaged', async () => {
    const files = fs.readdirSync(exported.path).filter((name) => name.startsWith('curve'))
    expect(files.length).toBeGreaterThan(5)
    fs.rmSync(path.join(exported.path, files[0] ?? ''))
    fs.appendFileSync(path.join(exported.path, files[1] ?? ''), 'noise')
    const { seen, note } = steps()
    expect(await exportAll(source.db, exported.path, note)).toMatchObject({ ok: true })
    expect(seen.filter(({ skipped }) => !skipped)).toHaveLength(2)
  })

  it('refuses a damaged file, goes on where it ended, and ends with equal databases', async () => {
    const file = path.join(exported.path, 'day_energy.00003.copy')
    const intact = fs.readFileSync(file)
    fs.writeFileSync(file, intact.toString().replace('5', '6'))
    const damaged = await importAll(target.db, exported.path)
    expect(damaged).toMatchObject({ ok: false, error: { code: 'damaged' } })

    fs.writeFileSync(file, intact)
    const { seen, note } = steps()
    expect(await importAll(target.db, exported.path, note)).toMatchObject({ ok: true })
    expect(seen.some(({ skipped }) => skipped)).toBe(true)
    expect(await all(target.db)).toEqual(await all(source.db))
    expect(await target.db.query('select sum(rows)::int as rows from hourly')).toEqual([
      { rows: 12_010 },
    ])
    expect(await target.db.query(`select to_regclass('transfer_part') as left_over`)).toEqual([
      { left_over: null },
    ])
  })

  it('goes on numbering where the old database was', async () => {
    const [row] = await target.db.query<{ id: number }>(
      `insert into customer (name) values ('new') returning id`,
    )
    expect(row?.id).toBe(301)
  })

  it('refuses a database that holds something', async () => {
    const result = await importAll(target.db, exported.path)
    expect(result).toMatchObject({ ok: false, error: { code: 'not-empty' } })
    if (!result.ok) expect(result.error.message).toContain('customer')
  })

  it('exports again only what has changed', async () => {
    await source.db.query(`insert into customer (name) values ('late')`)
    const { seen, note } = steps()
    const result = await exportAll(source.db, exported.path, note)
    expect(result.ok && result.value.tables).toContainEqual({ table: 'customer', rows: 301 })
    expect(seen.filter(({ skipped }) => !skipped).map(({ table }) => table)).toEqual(['customer'])
  })

  it('refuses an export of another schema', async () => {
    fs.writeFileSync(path.join(migrations.path, '0003_more.sql'), 'create table more (id int);')
    await migrate(target.db, migrations.path)
    const result = await importAll(target.db, exported.path)
    expect(result).toMatchObject({ ok: false, error: { code: 'schema' } })
  })

  it('refuses a folder that holds something else, or nothing', async () => {
    expect(await exportAll(source.db, migrations.path)).toMatchObject({
      ok: false,
      error: { code: 'folder' },
    })
    expect(await importAll(target.db, migrations.path)).toMatchObject({
      ok: false,
      error: { code: 'manifest' },
    })
  })
})
