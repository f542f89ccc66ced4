import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#src/core'
import { type Embedded, message, openEmbedded } from '#src/db/embedded'
import { embeddedFolder } from '#tests/support'

let folder: Awaited<ReturnType<typeof embeddedFolder>>
let embedded: Embedded
const clients: pg.Client[] = []

beforeAll(async () => {
  folder = await embeddedFolder()
  const opened = await openEmbedded({
    dataDir: folder.path,
    clock: systemClock,
    onLost: (reason) => {
      throw new Error(reason)
    },
  })
  if (!opened.ok) throw new Error(opened.error.message)
  embedded = opened.value
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await embedded.close()
  folder.remove()
})

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ user: 'postgres', stream: () => embedded.connect() })
  await client.connect()
  clients.push(client)
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

describe('several clients over one backend', () => {
  it('may give their prepared statements the same name', async () => {
    const [one, two] = [await connect(), await connect()]
    const ask = (client: pg.Client, text: string) =>
      client.query({ name: 'same', text, values: [20] })
    const answers = [
      await ask(one, 'select $1::int + 1 as x'),
      await ask(two, 'select $1::int + 2 as x'),
      await ask(one, 'select $1::int + 1 as x'),
    ]
    expect(answers.map(({ rows }) => rows[0].x)).toEqual([21, 22, 21])
  })

  it('are answered whatever the length of what they say', async () => {
    const client = await connect()
    const answered: number[] = []
    // The backend reads 8 KiB at a time, and a message may end with each of these.
    for (const middle of [8_192, 16_384, 24_576]) {
      for (let length = middle - 120; length < middle + 20; length++) {
        const text = 'select length($1::text) as n'
        const { rows } = await client.query(text, ['x'.repeat(length)])
        answered.push(rows[0].n - length)
      }
    }
    expect(answered).toEqual(answered.map(() => 0))
    expect(answered).toHaveLength(420)
  })

  it('hear of a mistake whatever the length of what follows it', async () => {
    const client = await connect()
    const codes = new Set<unknown>()
    for (const text of ['selekt $1::text', 'select 1 / (length($1::text) * 0)']) {
      for (let length = 8_072; length < 8_212; length++) {
        codes.add(await codeOf(client.query(text, ['x'.repeat(length)])))
      }
      const { rows } = await client.query('select 1 as x')
      expect(rows).toEqual([{ x: 1 }])
    }
    expect(codes).toEqual(new Set(['42601', '22012']))
  })

  it('leave no prepared statement behind', async () => {
    const leaving = await connect()
    await leaving.query({ name: 'left', text: 'select $1::int', values: [1] })
    const staying = await connect()
    const prepared = async () =>
      (await staying.query(`select count(*)::int as n from pg_prepared_statements`)).rows[0].n
    const before = await prepared()
    await leaving.end()
    expect(await prepared()).toBe(before - 1)
  })

  it('wait for the transaction of another, and see nothing of it before', async () => {
    const [writer, reader] = [await connect(), await connect()]
    await writer.query('create table seen (id int)')
    await writer.query('begin')
    await writer.query('insert into seen values (1)')
    const order: string[] = []
    const read = reader.query('select count(*)::int as n from seen').then(({ rows }) => {
      order.push('read')
      return rows[0].n
    })
    await writer.query('insert into seen values (2)').then(() => order.push('written'))
    await writer.query('rollback')
    expect(await read).toBe(0)
    expect(order).toEqual(['written', 'read'])
  })

  it('lose an open transaction when they go', async () => {
    const leaving = await connect()
    await leaving.query('create table abandoned (id int)')
    await leaving.query('begin')
    await leaving.query('insert into abandoned values (1)')
    await leaving.end()
    const next = await connect()
    expect((await next.query('select * from abandoned')).rows).toEqual([])
  })

  it('hear a notification while they are idle', async () => {
    const [listener, other, speaker] = [await connect(), await connect(), await connect()]
    await listener.query('listen meter_read')
    other.on('notification', () => {
      throw new Error('it does not listen')
    })
    const heard = once(listener, 'notification')
    await speaker.query(`select pg_notify('meter_read', 'meter 7')`)
    expect((await heard)[0]).toMatchObject({ channel: 'meter_read', payload: 'meter 7' })
  })

  it('get their notices', async () => {
    const client = await connect()
    const noticed = once(client, 'notice')
    await client.query(`do $$ begin raise notice 'a word'; end $$`)
    expect((await noticed)[0]).toMatchObject({ message: 'a word' })
  })
})

describe('large messages', () => {
  it('go through in both directions', async () => {
    const client = await connect()
    const text = 'x'.repeat(5_000_000)
    const { rows } = await client.query('select $1::text as text, length($1::text) as n', [text])
    expect(rows[0].n).toBe(text.length)
    expect(rows[0].text === text).toBe(true)
  })

  it('carry a batch of 20,000 rows', async () => {
    const client = await connect()
    await client.query('create table batch (id int, value int8)')
    const ids = Array.from({ length: 20_000 }, (_, id) => id)
    await client.query('insert into batch select * from unnest($1::int[], $2::int8[])', [ids, ids])
    const { rows } = await client.query('select sum(value)::text as sum from batch')
    expect(rows[0].sum).toBe('199990000')
  })
})

describe('COPY', () => {
  const lines = function* (count: number) {
    for (let id = 0; id < count; id += 1) yield `${id}\tmeter ${id}\n`
  }

  it('goes in and out', async () => {
    const client = await connect()
    await client.query('create table copied (id int, name text)')
    const into = client.query(copyFrom('/* all */ copy copied from stdin'))
    await pipeline(Readable.from(lines(50_000)), into)
    expect(into.rowCount).toBe(50_000)
    let text = ''
    const out = client.query(copyTo('copy (select * from copied order by id) to stdout'))
    for await (const chunk of out) text += String(chunk)
    expect(text).toBe([...lines(50_000)].join(''))
  })

  it('fails with the database’s reason, and the connection goes on', async () => {
    const client = await connect()
    await client.query('create table refused (id int)')
    const into = client.query(copyFrom('copy refused from stdin'))
    expect(await codeOf(pipeline(Readable.from(['1\n', 'two\n']), into))).toBe('22P02')
    const missing = client.query(copyFrom('copy nowhere from stdin'))
    expect(await codeOf(pipeline(Readable.from(['1\n']), missing))).toBe('42P01')
    expect((await client.query('select * from refused')).rows).toEqual([])
  })

  it('stores nothing when its source fails', async () => {
    const client = await connect()
    await client.query('create table broken (id int)')
    const source = Readable.from(
      (function* () {
        yield '1\n'
        throw new Error('the file ended early')
      })(),
    )
    const into = client.query(copyFrom('copy broken from stdin'))
    await expect(pipeline(source, into)).rejects.toThrow('the file ended early')
    expect((await client.query('select * from broken')).rows).toEqual([])
  })

  it('is refused in company, where it would end the backend', async () => {
    const client = await connect()
    await client.query('create table accompanied (id int)')
    expect(await codeOf(client.query('select 1; copy accompanied from stdin'))).toBe('0A000')
    const { rows } = await client.query(`select 'copy x from stdin; no' as text`)
    expect(rows[0].text).toBe('copy x from stdin; no')
  })
})

describe('a socket', () => {
  const startup = (code: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32BE(8)
    bytes.writeInt32BE(code, 4)
    return bytes
  }

  it('is told that there is no encryption, and may start without', async () => {
    const socket = embedded.connect()
    socket.write(startup(80877103))
    expect(String((await once(socket, 'data'))[0])).toBe('N')
    socket.write(Buffer.concat([startup(196608)]))
    const [greeting] = await once(socket, 'data')
    expect(String.fromCharCode(greeting[0])).toBe('R')
    socket.destroy()
  })

  it('that asks to cancel is closed without an answer', async () => {
    const socket = embedded.connect()
    socket.write(startup(80877102))
    socket.resume()
    await once(socket, 'end')
  })

  it('that speaks nonsense is closed, and the others go on', async () => {
    const socket = embedded.connect()
    socket.resume()
    const failed = once(socket, 'error')
    socket.write(startup(196608))
    socket.write(Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff]))
    await failed
    expect((await (await connect()).query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  it('may send its startup and its first query in one chunk', async () => {
    const socket = embedded.connect()
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.write(Buffer.concat([startup(196608), message('Q', 'select 42 as answer')]))
    while (!Buffer.concat(chunks).includes('SELECT 1')) await once(socket, 'data')
    socket.destroy()
  })
})
