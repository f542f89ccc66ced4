import {
  type Clock,
  type Duration,
  fail,
  hours,
  type Instant,
  instant,
  milliseconds,
  ok,
  type Result,
  seconds,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { timestamptz } from '#src/db'
import { digest } from './tokens.ts'

/** Wrong tries of the last day count. */
const WINDOW = hours(24)
/** So many wrong tries cost no waiting: people mistype. */
const FREE_TRIES = 5
/** After them every try waits twice as long as the one before, up to the longest wait. */
const FIRST_WAIT = seconds(5)
const LONGEST_WAIT = hours(1)
/** More are not kept: the wait has long stopped growing. */
const KEPT_TRIES_MAX = 32

/** Whose password is tried, and from where. */
export interface Guess {
  readonly account: string
  /** The address of the caller. */
  readonly remote: string
}

/** Slows down guessing per account and source, so that nobody locks out somebody elsewhere. */
export class Throttle {
  readonly #db: Database
  readonly #clock: Clock

  constructor(db: Database, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  /** Takes a try; the returned function gives it back. Fails with how long to wait. */
  async take(guess: Guess): Promise<Result<() => Promise<void>, Duration>> {
    const now = this.#clock.now()
    const windowStart = instant(now - WINDOW)
    const keys = [digest(guess.account), digest(sourceOf(guess.remote))] as const
    await deleteOldTries(this.#db, windowStart)
    return this.#db.transaction(async (tx) => {
      const tries = await lockTries(tx, ...keys)
      const recent = tries.filter((at) => at > windowStart)
      const last = recent.at(-1)
      const wait = last === undefined ? 0 : last + waitAfter(recent.length) - now
      if (wait > 0) return fail(milliseconds(wait))
      await writeTries(tx, ...keys, [...recent, now].slice(-KEPT_TRIES_MAX))
      return ok(() => removeTry(this.#db, ...keys, now))
    })
  }
}

function waitAfter(tries: number): Duration {
  if (tries < FREE_TRIES) return milliseconds(0)
  return milliseconds(Math.min(FIRST_WAIT * 2 ** (tries - FREE_TRIES), LONGEST_WAIT))
}

/** The network of an IPv6 address: whoever has one address there has all of them. */
function sourceOf(remote: string): string {
  const plain = remote.replace(/^::ffff:(?=\d+\.)/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail === undefined) return groups.slice(0, 4).join(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0')
  return [...groups, ...zeros, ...after].slice(0, 4).join(':')
}

/** Holds the row to the end of the transaction: tries at once are counted one by one. */
async function lockTries(tx: Db, account: Buffer, source: Buffer): Promise<readonly Instant[]> {
  const rows = await tx.query<{ tries: Instant[] }>(
    `insert into sign_in_try as t (account, source, tries) values ($1::bytea, $2::bytea, '{}')
     on conflict (account, source) do update set tries = t.tries returning tries`,
    [account, source],
  )
  return rows[0]?.tries ?? []
}

async function writeTries(tx: Db, account: Buffer, source: Buffer, tries: readonly Instant[]) {
  await tx.query(
    `update sign_in_try set tries = $3::timestamptz[]
     where account = $1::bytea and source = $2::bytea`,
    [account, source, tries.map(timestamptz)],
  )
}

async function removeTry(db: Db, account: Buffer, source: Buffer, at: Instant) {
  await db.query(
    `update sign_in_try set tries = array_remove(tries, $3::timestamptz)
     where account = $1::bytea and source = $2::bytea`,
    [account, source, timestamptz(at)],
  )
}

async function deleteOldTries(db: Db, windowStart: Instant) {
  await db.query(
    `delete from sign_in_try
     where not exists (select 1 from unnest(tries) x where x > $1::timestamptz)`,
    [timestamptz(windowStart)],
  )
}

export async function forgetTries(db: Db, account: string) {
  await db.query(`delete from sign_in_try where account = $1::bytea`, [digest(account)])
}
