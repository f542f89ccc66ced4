import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { Dated } from './dated.ts'

export interface KnownAccount {
  readonly id: number
  readonly no: string
  readonly customer_id: number
  readonly name: string
  readonly class: string
}

export async function selectKnownAccounts(
  db: Db,
  numbers: readonly string[],
): Promise<KnownAccount[]> {
  return await db.query<KnownAccount>(
    `select a.id, a.no, a.customer_id, c.name, c.class
     from account a join customer c on c.id = a.customer_id where a.no = any($1::text[])`,
    [numbers],
  )
}

/** Each new account gets a customer of its own. */
export async function insertAccounts(
  db: Db,
  rows: readonly { readonly no: string; readonly name: string; readonly class: string }[],
): Promise<{ id: number; no: string }[]> {
  return await db.query(
    `with ids as materialized (
       select pg_get_serial_sequence('customer', 'id')::regclass as sequence
     ), rows as (
       select no, name, class, nextval(sequence)::int as customer_id
       from ids, unnest($1::text[], $2::text[], $3::text[]) as u (no, name, class)
     ), customers as (
       insert into customer (id, name, class) overriding system value
       select customer_id, name, class from rows returning id)
     insert into account (no, customer_id)
     select rows.no, customers.id from rows join customers on customers.id = rows.customer_id
     returning id, no`,
    [rows.map(({ no }) => no), rows.map(({ name }) => name), rows.map((row) => row.class)],
  )
}

export async function updateCustomers(
  db: Db,
  rows: readonly { readonly id: number; readonly name: string; readonly class: string }[],
): Promise<void> {
  await db.query(
    `update customer c set name = u.name, class = u.class
     from unnest($1::int[], $2::text[], $3::text[]) as u (id, name, class) where c.id = u.id`,
    [rows.map(({ id }) => id), rows.map(({ name }) => name), rows.map((row) => row.class)],
  )
}

/** Whose a usage point was, and when. */
export interface KnownHolder extends Dated {
  readonly usage_point_id: number
  readonly account_id: number
  readonly account: string
}

export async function selectHolders(db: Db, pointIds: readonly number[]): Promise<KnownHolder[]> {
  return await db.query<KnownHolder>(
    `select h.id, h.usage_point_id, h.account_id, a.no as account, h.valid_from, h.valid_to
     from account_usage_point h join account a on a.id = h.account_id
     where h.usage_point_id = any($1::int[])`,
    [pointIds],
  )
}

export async function closeHolders(
  db: Db,
  rows: readonly { readonly id: number; readonly at: Instant }[],
): Promise<void> {
  await db.query(
    `update account_usage_point h set valid_to = to_timestamp(u.at_ms / 1000)
     from unnest($1::int[], $2::float8[]) as u (id, at_ms) where h.id = u.id`,
    [rows.map(({ id }) => id), rows.map(({ at }) => at)],
  )
}

export async function insertHolders(
  db: Db,
  rows: readonly {
    readonly pointId: number
    readonly accountId: number
    readonly from: Instant
    readonly to: Instant | null
  }[],
): Promise<void> {
  await db.query(
    `insert into account_usage_point (usage_point_id, account_id, valid_from, valid_to)
     select u.point, u.account, to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000)
     from unnest($1::int[], $2::int[], $3::float8[], $4::float8[])
       as u (point, account, from_ms, to_ms)`,
    [
      rows.map(({ pointId }) => pointId),
      rows.map(({ accountId }) => accountId),
      rows.map(({ from }) => from),
      rows.map(({ to }) => to),
    ],
  )
}

export interface ContractTerms {
  readonly no: string
  readonly tariff: string | null
  readonly trade: string | null
  readonly capacity_kva: string | null
  readonly generates: boolean
}

export interface KnownContract extends Dated, ContractTerms {
  readonly account_id: number
}

export async function selectContracts(
  db: Db,
  accountIds: readonly number[],
): Promise<KnownContract[]> {
  return await db.query<KnownContract>(
    `select id, account_id, no, tariff, trade, trim_scale(capacity_kva)::text as capacity_kva,
       generates, valid_from, valid_to
     from contract where account_id = any($1::int[])`,
    [accountIds],
  )
}

export async function closeContracts(
  db: Db,
  rows: readonly { readonly id: number; readonly at: Instant }[],
): Promise<void> {
  await db.query(
    `update contract c set valid_to = to_timestamp(u.at_ms / 1000)
     from unnest($1::int[], $2::float8[]) as u (id, at_ms) where c.id = u.id`,
    [rows.map(({ id }) => id), rows.map(({ at }) => at)],
  )
}

type ContractWrite = ContractTerms & { readonly id: number }

export async function insertContracts(
  db: Db,
  rows: readonly (Omit<ContractWrite, 'id'> & {
    readonly accountId: number
    readonly from: Instant
    readonly to: Instant | null
  })[],
): Promise<void> {
  await db.query(
    `insert into contract (account_id, no, tariff, trade, capacity_kva, generates, valid_from,
       valid_to)
     select u.account, u.no, u.tariff, u.trade, u.kva, u.generates,
       to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000)
     from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::bool[],
       $7::float8[], $8::float8[])
       as u (account, no, tariff, trade, kva, generates, from_ms, to_ms)`,
    [
      rows.map(({ accountId }) => accountId),
      rows.map(({ no }) => no),
      rows.map(({ tariff }) => tariff),
      rows.map(({ trade }) => trade),
      rows.map(({ capacity_kva }) => capacity_kva),
      rows.map(({ generates }) => generates),
      rows.map(({ from }) => from),
      rows.map(({ to }) => to),
    ],
  )
}

export async function updateContracts(db: Db, rows: readonly ContractWrite[]): Promise<void> {
  await db.query(
    `update contract c set no = u.no, tariff = u.tariff, trade = u.trade, capacity_kva = u.kva,
       generates = u.generates
     from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::bool[])
       as u (id, no, tariff, trade, kva, generates) where c.id = u.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ no }) => no),
      rows.map(({ tariff }) => tariff),
      rows.map(({ trade }) => trade),
      rows.map(({ capacity_kva }) => capacity_kva),
      rows.map(({ generates }) => generates),
    ],
  )
}
