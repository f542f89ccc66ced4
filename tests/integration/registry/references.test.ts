import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase()
  const { db } = database
  await db.query(`insert into channel (name, kind) values ('one', 'mqtt')`)
  await db.query(`insert into customer (name, class) values ('c', 'residential')`)
  await db.query(`insert into account (no, customer_id) values ('A1', 1)`)
  await db.query(`insert into transformer (code) values ('T1')`)
  await db.query(`insert into usage_point (code, account_id, transformer_id) values ('P1', 1, 1)`)
  await db.query(`insert into meter (address, protocol, channel_id) values ('1', 'mqtt', 1)`)
  await db.query(
    `insert into installation (meter_id, usage_point_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from) values (1, 1, 1, 1, 1, 1, now())`,
  )
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select 1, node_id, 'receive', now() from transformer`,
  )
  await db.query(
    `insert into account_usage_point (usage_point_id, account_id, valid_from) values (1, 1, now())`,
  )
  await db.query(`insert into contract (account_id, no, valid_from) values (1, 'K1', now())`)
})
afterAll(() => database.close())

const named = [
  ['meter', 'channel_id', 'channel'],
  ['account', 'customer_id', 'customer'],
  ['contract', 'account_id', 'account'],
  ['usage_point', 'account_id', 'account'],
  ['usage_point', 'transformer_id', 'transformer'],
  ['installation', 'meter_id', 'meter'],
  ['installation', 'usage_point_id', 'usage_point'],
  ['usage_point_place', 'usage_point_id', 'usage_point'],
  ['usage_point_place', 'node_id', 'grid_node'],
  ['account_usage_point', 'usage_point_id', 'usage_point'],
  ['account_usage_point', 'account_id', 'account'],
] as const

describe('what names something else', () => {
  test.each(named)('%s.%s is refused where that is not in %s', async (table, field) => {
    const wrong = database.db.query(`update ${table} set ${field} = 999`)
    await expect(wrong).rejects.toMatchObject({
      ...{ sqlState: '23503', constraint: `${table}_${field}_fkey` },
    })
  })

  test.each([...new Set(named.map(([, , parent]) => parent))])(
    'keeps what it names in %s from going',
    async (parent) => {
      const gone = database.db.query(`delete from ${parent}`)
      await expect(gone).rejects.toMatchObject({ sqlState: '23503' })
    },
  )

  test('is refused as a whole where one of many rows is an orphan', async () => {
    const { db } = database
    const before = await db.query('select count(*) from usage_point')
    const wrong = db.query(
      `insert into usage_point (code, account_id)
       select 'Q' || n, case n when 500 then 999 else 1 end from generate_series(1, 1000) n`,
    )
    await expect(wrong).rejects.toMatchObject({ sqlState: '23503' })
    expect(await db.query('select count(*) from usage_point')).toEqual(before)
  })
})
