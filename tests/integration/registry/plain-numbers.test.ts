import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migratedDatabase, type TestDatabase } from '#tests/support'

const migration = new URL('../../../migrations/0810_plain_numbers.sql', import.meta.url)
let world: TestDatabase

beforeAll(async () => {
  world = await migratedDatabase()
})
afterAll(() => world.close())

it('makes stored numbers in full width plain, where none of the same is', async () => {
  const { db } = world
  await db.query(`insert into customer (name, class) values ('户１', 'residential')`)
  await db.query(
    `insert into account (no, customer_id)
     select n, 1 from unnest(array['１２', '1２', '１２－ａ', '３', '3']) n`,
  )
  await db.query(
    `insert into grid_node (kind, code, name)
     values ('region', 'Ｒ１', 'Ｒ１'), ('substation', 'R1', '')`,
  )
  for (let run = 0; run < 2; run++) await db.query(readFileSync(migration, 'utf8'))
  const accounts = await db.query<{ no: string }>('select no from account order by id')
  expect(accounts.map(({ no }) => no)).toEqual(['12', '1２', '12-a', '３', '3'])
  const nodes = await db.query('select code, name from grid_node order by id')
  expect(nodes).toEqual([
    { code: 'R1', name: 'Ｒ１' },
    { code: 'R1', name: '' },
  ])
})
