import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#src/core'
import { checkpoint, type Database, lockHolder, openDatabase, vacuumAnalyze } from '#src/db'
import { embeddedFolder } from '#tests/support'

let folder: Awaited<ReturnType<typeof embeddedFolder>>
beforeEach(async () => {
  folder = await embeddedFolder()
})
afterEach(() => folder.remove())

async function open(): Promise<Database> {
  const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

const program = path.resolve(import.meta.dirname, '../../support/programs/insert-forever.ts')

describe('a reopened embedded database', () => {
  it('reads and writes compressed chunks, which a careless session finds empty', async () => {
    const first = await open()
    await first.query('create table curve (at timestamptz not null, meter int, value int8)')
    await first.query(`select create_hypertable('curve', by_range('at', interval '1 day'))`)
    await first.query(`alter table curve set (timescaledb.compress,
      timescaledb.compress_segmentby = 'meter', timescaledb.compress_orderby = 'at')`)
    await first.query(`insert into curve
      select t, m, m * 1000 from generate_series('2026-11-01'::timestamptz, '2026-11-04',
        interval '15 minutes') t, generate_series(1, 20) m`)
    await first.query(`select compress_chunk(c) from show_chunks('curve') c`)
    const counted = 'select count(*)::int as rows, sum(value)::text as total from curve'
    const before = await first.query(counted)
    await first.close()

    const second = await open()
    expect(await second.query(counted)).toEqual(before)
    await second.query(`insert into curve values ('2026-11-01 00:01', 1, 5)`)
    const [row] = await second.query<{ rows: number }>(counted)
    expect(row?.rows).toBe(289 * 20 + 1)
    await second.close()
  })

  it('has kept every row that was acknowledged before a kill -9', async () => {
    const child = spawn(process.execPath, [program, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    let acknowledged = -1
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line)
      if (acknowledged !== 200) continue
      const refused = await openDatabase({ dataDir: folder.path, clock: systemClock })
      expect(refused.ok || refused.error.message).toContain(`process ${child.pid}`)
      child.kill('SIGKILL')
    }
    await exited
    expect(acknowledged).toBeGreaterThanOrEqual(200)

    // The dead process has left its lock behind, which holds nobody up.
    const db = await open()
    const [row] = await db.query<{ rows: number }>('select count(*)::int as rows from counted')
    expect(row?.rows).toBeGreaterThan(acknowledged)
    await db.close()
  })

  it('keeps its log short and its statistics fresh when it is maintained', async () => {
    const db = await open()
    await db.query('create table busy (id int, text text)')
    await db.query(`insert into busy select g, repeat('x', 500) from generate_series(1, 30000) g`)
    const redo = async () =>
      (
        await db.query<{ lsn: string }>('select redo_lsn::text as lsn from pg_control_checkpoint()')
      )[0]
    const before = await redo()
    await checkpoint(db)
    expect(await redo()).not.toEqual(before)
    await vacuumAnalyze(db)
    expect(
      await db.query(`select reltuples::int as rows from pg_class where relname = 'busy'`),
    ).toEqual([{ rows: 30_000 }])
    await db.close()
  })
})

describe('an open folder', () => {
  it('keeps a second one out until it is closed', async () => {
    const db = await open()
    expect(lockHolder(folder.path)).toBe(`process ${process.pid}`)
    const second = await openDatabase({ dataDir: folder.path, clock: systemClock })
    expect(second).toMatchObject({ ok: false, error: { code: 'data-dir-in-use', retry: 'later' } })
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
    await db.close()
    expect(lockHolder(folder.path)).toBeNull()
  })
})

describe('a first start that was cut short', () => {
  it('is begun again', async () => {
    fs.rmSync(path.join(folder.path, 'database.made'))
    fs.rmSync(path.join(folder.path, 'database/base'), { recursive: true })
    const db = await open()
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
    await db.close()
  })
})

describe('a folder that cannot be used', () => {
  it('is refused with what to do', async () => {
    const file = path.join(folder.path, 'a-file')
    fs.writeFileSync(file, '')
    const opened = await openDatabase({ dataDir: path.join(file, 'x'), clock: systemClock })
    expect(opened).toMatchObject({ ok: false, error: { code: 'data-dir-unusable' } })
    if (!opened.ok) expect(opened.error.message).toContain('HES_DATA_DIR')
  })

  it('is refused when its database is damaged, and not held', async () => {
    fs.writeFileSync(path.join(folder.path, 'database/global/pg_control'), 'damaged')
    const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
    expect(opened).toMatchObject({ ok: false, error: { code: 'embedded-failed' } })
    expect(lockHolder(folder.path)).toBeNull()
  })
})
