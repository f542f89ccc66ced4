import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Instant, instant } from '#src/core'
import { type Database, type DatabaseFailure, patiently, timestamptz } from '#src/db'
import { emptyDatabase, type TestDatabase } from '#tests/support'

let test: TestDatabase
let db: Database

beforeAll(async () => {
  test = await emptyDatabase()
  db = test.db
})
afterAll(() => test.close())

const caught = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it should have failed')
}

describe('values', () => {
  it('come as the types the product works with', async () => {
    const [row] = await db.query(
      `select 9007199254740993::int8 as big, 1.50::numeric(8, 2) as exact, date '2026-11-22' as day,
              timestamptz '2026-11-22 08:00:00.123456+08' as at, array[1, null]::int8[] as bigs,
              array[1.10]::numeric[] as exacts, timestamptz 'infinity' as never,
              interval '90 minutes' as span, null::int8 as nothing`,
    )
    expect(row).toEqual({
      big: 9007199254740993n,
      exact: '1.50',
      day: '2026-11-22',
      at: Date.UTC(2026, 10, 22, 0, 0, 0, 123),
      bigs: [1n, null],
      exacts: ['1.10'],
      never: Number.POSITIVE_INFINITY,
      span: 'PT1H30M',
      nothing: null,
    })
  })

  it('carry instants there and back to the millisecond, leap days and far years too', async () => {
    const instants: Instant[] = []
    for (let year = 1; year < 10_000; year += 37) {
      instants.push(instant(new Date(0).setUTCFullYear(year, 1, 28) + 86_399_999))
      instants.push(instant(new Date(0).setUTCFullYear(year, 2, 1) + (year % 1_000)))
    }
    const rows = await db.query<{ at: Instant }>(
      'select at from unnest($1::timestamptz[]) with ordinality as t(at, n) order by n',
      [instants.map(timestamptz)],
    )
    expect(rows.map(({ at }) => at)).toEqual(instants)
  })

  it('keep bigints exact as parameters', async () => {
    const [row] = await db.query('select $1::int8 as one, $2::int8[] as many', [
      2n ** 62n,
      [1n, 2n],
    ])
    expect(row).toEqual({ one: 2n ** 62n, many: [1n, 2n] })
  })
})

describe('the session', () => {
  it('has the settings of a production server', async () => {
    const [row] = await db.query<{ seqscan: string; zone: string; dates: string; license: string }>(
      `select current_setting('enable_seqscan') as seqscan, current_setting('timezone') as zone,
              current_setting('datestyle') as dates, current_setting('timescaledb.license') as license`,
    )
    expect(row).toMatchObject({ seqscan: 'on', zone: 'UTC', license: 'timescale' })
    expect(row?.dates).toMatch(/^ISO/)
  })
})

describe('a failed statement', () => {
  it('says what was tried, with PostgreSQL’s code', async () => {
    await db.query('create table account_test (id int constraint account_test_id unique)')
    await db.query('insert into account_test values (1)')
    const error = await caught(db.query('insert into account_test values (1)'))
    expect(error).toMatchObject({
      name: 'DatabaseFailure',
      kind: 'statement',
      sqlState: '23505',
      constraint: 'account_test_id',
      retry: 'never',
    } satisfies Partial<DatabaseFailure>)
    expect(String(error)).toContain('insert into account_test')
  })

  it('does not disturb the next one', async () => {
    await caught(db.query('selec 1'))
    await caught(db.query('select $1::int / 0', [1]))
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('a transaction', () => {
  it('commits what its work resolves and rolls back what it rejects', async () => {
    await db.query('create table kept (id int)')
    await db.transaction((tx) => tx.query('insert into kept values (1)'))
    const bug = new Error('a rule was broken')
    const error = await caught(
      db.transaction(async (tx) => {
        await tx.query('insert into kept values (2)')
        throw bug
      }),
    )
    expect(error).toBe(bug)
    expect(await db.query('select id from kept')).toEqual([{ id: 1 }])
  })

  it('refuses the pool inside, which would wait for itself', async () => {
    const inside = (work: () => Promise<unknown>) => caught(db.transaction(work))
    expect(String(await inside(() => db.query('select 1')))).toContain('only its own')
    expect(String(await inside(() => db.transaction(async () => {})))).toContain('only its own')
    expect(String(await inside(() => patiently(db).query('select 1')))).toContain('only its own')
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('is over when its work has resolved', async () => {
    let late: (() => Promise<unknown>) | undefined
    await db.transaction(async (tx) => {
      late = () => tx.query('select 1')
    })
    expect(String(await caught(late?.() ?? Promise.resolve()))).toContain('until it ends')
  })

  it('lets work that outlives it use the pool again', async () => {
    let release = () => {}
    const later = new Promise<void>((resolve) => {
      release = resolve
    })
    let outliving: Promise<unknown> = Promise.resolve()
    await db.transaction(async () => {
      outliving = later.then(() => db.query('select 1 as one'))
    })
    release()
    expect(await outliving).toEqual([{ one: 1 }])
  })

  it('does not pass for committed when a statement in it failed', async () => {
    await db.query('create table swallowed (id int)')
    const error = await caught(
      db.transaction(async (tx) => {
        await tx.query('insert into swallowed values (1)')
        await caught(tx.query('select 1 / 0'))
      }),
    )
    expect(String(error)).toContain('nothing was committed')
    expect(await db.query('select * from swallowed')).toEqual([])
  })

  it('keeps others out of what it reads and writes', async () => {
    await db.query('create table counter (value int)')
    await db.query('insert into counter values (0)')
    const increment = () =>
      db.transaction(async (tx) => {
        const [row] = await tx.query<{ value: number }>('select value from counter for update')
        await tx.query('update counter set value = $1::int', [(row?.value ?? 0) + 1])
      })
    const readers = Array.from({ length: 40 }, () => db.query('select value from counter'))
    await Promise.all([...Array.from({ length: 40 }, increment), ...readers])
    expect(await db.query('select value from counter')).toEqual([{ value: 40 }])
  })
})

describe('a stream', () => {
  const million = 'select g as id, repeat($1::text, 20) as text from generate_series(1, 300000) g'

  it('gives every row once, in batches of the size asked for', async () => {
    const sizes: number[] = []
    let sum = 0
    for await (const batch of db.stream<{ id: number }>(million, ['x'], 50_000)) {
      sizes.push(batch.length)
      for (const { id } of batch) sum += id
    }
    expect(sizes).toEqual([50_000, 50_000, 50_000, 50_000, 50_000, 50_000])
    expect(sum).toBe((300_000 * 300_001) / 2)
  })

  it('lets others work while its reader is slow, and may be left early', async () => {
    for await (const batch of db.stream(million, ['x'], 1_000)) {
      expect(batch).toHaveLength(1_000)
      await db.transaction((tx) => tx.query('select 1'))
      break
    }
    expect(await db.query('select count(*) from pg_cursors')).toEqual([{ count: 0n }])
  })

  it('fails like any statement', async () => {
    const read = async () => {
      for await (const _ of db.stream('select 1 / (3 - g) from generate_series(1, 5) g', [], 2));
    }
    expect(await caught(read())).toMatchObject({ sqlState: '22012' })
  })
})
