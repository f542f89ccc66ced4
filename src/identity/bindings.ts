import { plainCode } from '#src/core'
import type { Db } from '#src/db'

/** Numbers of the accounts that a person may see, in order. */
export async function accountsOf(db: Db, userId: number): Promise<readonly string[]> {
  const rows = await db.query<{ account_no: string }>(
    `select account_no from user_account where user_id = $1::integer order by account_no`,
    [userId],
  )
  return rows.map((row) => row.account_no)
}

export async function isBound(db: Db, userId: number, accountNo: string): Promise<boolean> {
  const rows = await db.query(
    `select 1 from user_account where user_id = $1::integer and account_no = $2::text`,
    [userId, plainCode(accountNo)],
  )
  return rows.length > 0
}

/** These accounts and no others. */
export async function replaceAccounts(db: Db, userId: number, written: readonly string[]) {
  const accountNos = written.map(plainCode)
  await db.query(
    `delete from user_account where user_id = $1::integer and account_no <> all($2::text[])`,
    [userId, accountNos],
  )
  await db.query(
    `insert into user_account (user_id, account_no) select $1::integer, unnest($2::text[])
     on conflict do nothing`,
    [userId, accountNos],
  )
}
