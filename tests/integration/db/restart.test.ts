import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '#src/db'
import { type Embedded, openEmbedded } from '#src/db/embedded'
import { embeddedFolder, ManualClock } from '#tests/support'

const clock = new ManualClock()
const lost: string[] = []
let folder: Awaited<ReturnType<typeof embeddedFolder>>
let embedded: Embedded

beforeAll(async () => {
  folder = await embeddedFolder()
  const opened = await openEmbedded({
    dataDir: folder.path,
    clock,
    onLost: (reason) => lost.push(reason),
  })
  if (!opened.ok) throw new Error(opened.error.message)
  embedded = opened.value
})
afterAll(async () => {
  await embedded.close()
  folder.remove()
})

const limits = { statement_timeout: 60_000, idle_in_transaction_session_timeout: 30_000 }

/** A client whose connection may end under it. */
async function connect(settings: pg.ClientConfig = limits): Promise<pg.Client> {
  const stream = () => embedded.connect()
  const client = new pg.Client({ user: 'postgres', stream, ...settings })
  client.on('error', () => {})
  await client.connect()
  return client
}

const codeOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error instanceof Error ? Reflect.get(error, 'code') : undefined
  }
  return 'no error'
}

async function worksAgain(): Promise<void> {
  const client = await connect()
  const { rows } = await client.query(
    `select current_setting('enable_seqscan') as seqscan, count(*)::int as n from kept`,
  )
  expect(rows).toEqual([{ seqscan: 'on', n: 1 }])
  await client.end()
}

describe('the embedded database', () => {
  beforeAll(async () => {
    const client = await connect()
    await client.query('create table kept (id int)')
    await client.query('insert into kept values (1)')
    await client.end()
  })

  it('ends a statement that runs too long, and works again', async () => {
    const [running, waiting, idle] = [await connect(), await connect(), await connect()]
    const before = embedded.restarts()
    // An answer comes before the word that its turn is over, whose limit still runs until then.
    await vi.waitUntil(() => clock.waiting === 0)
    const slow = codeOf(running.query('select pg_sleep(3600)'))
    await vi.waitUntil(() => clock.waiting > 0)
    const queued = codeOf(waiting.query('insert into kept values (2)'))
    await clock.advance(59_999)
    expect(embedded.restarts()).toBe(before)
    await clock.advance(1)
    expect(await slow).toBe('57014')
    // Whoever waited is told that the database went away, and may try again.
    expect(await queued).toBe('57P02')
    expect(await codeOf(idle.query('select 1'))).not.toBe('no error')
    expect(embedded.restarts()).toBe(before + 1)
    await worksAgain()
  })

  it('survives a trap of its WebAssembly instance', async () => {
    const [culprit, waiting] = [await connect(), await connect()]
    // COPY in the extended protocol waits for data that cannot come, which ends the instance.
    const trapped = codeOf(culprit.query({ name: 'copy', text: 'copy kept from stdin' }))
    const queued = codeOf(waiting.query('select 1'))
    expect(await trapped).toBe('57P02')
    expect(await queued).toBe('57P02')
    expect(lost.at(-1)).toContain('trapped')
    await worksAgain()
  })

  it('rolls back a transaction that is left idle, without a restart', async () => {
    // No limit of its statements: the timer that is waited for below can only be the idle one.
    const idle = await connect({ idle_in_transaction_session_timeout: 30_000 })
    const waiting = await connect()
    const before = embedded.restarts()
    await idle.query('begin')
    await idle.query('insert into kept values (3)')
    const queued = waiting.query('select count(*)::int as n from kept')
    await vi.waitUntil(() => clock.waiting > 0)
    await clock.advance(30_000)
    expect((await queued).rows).toEqual([{ n: 1 }])
    expect(await codeOf(idle.query('select 1'))).not.toBe('no error')
    expect(embedded.restarts()).toBe(before)
    await waiting.end()
    await worksAgain()
  })

  it('counts only the time a statement runs, not the time it waits for its turn', async () => {
    const [first, second] = [await connect({ statement_timeout: 90_000 }), await connect()]
    await first.query('begin')
    const queued = second.query('select 1 as one')
    await clock.advance(80_000)
    await first.query('commit')
    expect((await queued).rows).toEqual([{ one: 1 }])
    await first.end()
    await second.end()
  })
})

describe('a COMMIT whose answer is lost', () => {
  it('is neither done nor undone but unknown, and is not rolled back behind', async () => {
    const own = await embeddedFolder()
    const time = new ManualClock()
    const opened = await openDatabase({ dataDir: own.path, clock: time })
    if (!opened.ok) throw new Error(opened.error.message)
    const db = opened.value
    await db.query('create table posted (id int)')
    await db.query(`create function linger() returns trigger language plpgsql as
      $$ begin if new.id = 1 then perform pg_sleep(3600); end if; return null; end $$`)
    await db.query(`create constraint trigger linger after insert on posted
      deferrable initially deferred for each row execute function linger()`)
    let isCommitting = false
    const insert = (id: number) =>
      db.transaction(async (tx) => {
        await tx.query('insert into posted values ($1::int)', [id])
        isCommitting = true
      })
    const lostCommit = insert(1).then(
      () => undefined,
      (error: unknown) => error,
    )
    await vi.waitUntil(() => isCommitting)
    await time.advance(120_000)
    expect(await lostCommit).toMatchObject({ kind: 'commit-unknown', retry: 'never' })
    await insert(2)
    expect(await db.query('select id from posted')).toEqual([{ id: 2 }])
    await db.close()
    own.remove()
  })
})
