import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Locale } from './types.ts'

export interface UserRow {
  readonly id: number
  readonly username: string
  readonly roles: string[]
  readonly disabled: boolean
  readonly created_at: Instant
  readonly telephone: string | null
  readonly locale: Locale
}

export async function anyUser(db: Db): Promise<boolean> {
  const rows = await db.query('select 1 from app_user limit 1')
  return rows.length > 0
}

export async function insertUser(
  db: Db,
  user: { username: string; passwordHash: string; roles: readonly string[]; now: Instant },
): Promise<number | undefined> {
  const rows = await db.query<{ id: number }>(
    `insert into app_user (username, password_hash, roles, created_at, password_changed_at)
     values ($1::text, $2::text, $3::text[], $4::timestamptz, $4::timestamptz)
     on conflict (username) do nothing returning id`,
    [user.username, user.passwordHash, user.roles, timestamptz(user.now)],
  )
  return rows[0]?.id
}

export async function userByName(db: Db, username: string) {
  const rows = await db.query<UserRow & { password_hash: string }>(
    `select id, username, roles, disabled, created_at, telephone, locale, password_hash
     from app_user where username = $1::text`,
    [username],
  )
  return rows[0]
}

export async function userById(db: Db, id: number) {
  const rows = await db.query<UserRow & { password_hash: string }>(
    `select id, username, roles, disabled, created_at, telephone, locale, password_hash
     from app_user where id = $1::integer`,
    [id],
  )
  return rows[0]
}

export function usersAfter(db: Db, after: number, limit: number): Promise<UserRow[]> {
  return db.query<UserRow>(
    `select id, username, roles, disabled, created_at, telephone, locale from app_user
     where id > $1::integer order by id limit $2::integer`,
    [after, limit],
  )
}

export async function updatePassword(db: Db, id: number, hash: string, now: Instant) {
  await db.query(
    `update app_user set password_hash = $2::text, password_changed_at = $3::timestamptz
     where id = $1::integer`,
    [id, hash, timestamptz(now)],
  )
}

export async function updateUser(
  db: Db,
  id: number,
  change: { roles: readonly string[] | null; disabled: boolean | null },
): Promise<UserRow | undefined> {
  const rows = await db.query<UserRow>(
    `update app_user set roles = coalesce($2::text[], roles),
       disabled = coalesce($3::boolean, disabled)
     where id = $1::integer returning id, username, roles, disabled, created_at, telephone, locale`,
    [id, change.roles, change.disabled],
  )
  return rows[0]
}

/** Locks the rows it counts: two changes at once cannot both take the last admin away. */
export async function lockEnabledAdmins(db: Db): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select id from app_user where 'admin' = any (roles) and not disabled order by id for update`,
  )
  return rows.map((row) => row.id)
}

export async function insertSession(
  db: Db,
  session: { id: string; tokenHash: Uint8Array; userId: number; now: Instant; expiresAt: Instant },
) {
  await db.query(
    `insert into session (id, token_hash, user_id, created_at, last_used_at, expires_at)
     values ($1::uuid, $2::bytea, $3::integer, $4::timestamptz, $4::timestamptz, $5::timestamptz)`,
    [
      session.id,
      session.tokenHash,
      session.userId,
      timestamptz(session.now),
      timestamptz(session.expiresAt),
    ],
  )
}

export interface SessionRow {
  readonly id: string
  readonly user_id: number
  readonly username: string
  readonly roles: string[]
  readonly last_used_at: Instant
  readonly expires_at: Instant
}

export async function liveSession(
  db: Db,
  tokenHash: Uint8Array,
  now: Instant,
  usedSince: Instant,
): Promise<SessionRow | undefined> {
  const rows = await db.query<SessionRow>(
    `select s.id, s.user_id, u.username, u.roles, s.last_used_at, s.expires_at
     from session s join app_user u on u.id = s.user_id
     where s.token_hash = $1::bytea and not u.disabled
       and s.expires_at > $2::timestamptz and s.last_used_at > $3::timestamptz`,
    [tokenHash, timestamptz(now), timestamptz(usedSince)],
  )
  return rows[0]
}

export async function touchSession(db: Db, id: string, now: Instant) {
  await db.query(
    `update session set last_used_at = greatest(last_used_at, $2::timestamptz)
     where id = $1::uuid`,
    [id, timestamptz(now)],
  )
}

export async function deleteSession(db: Db, id: string) {
  await db.query('delete from session where id = $1::uuid', [id])
}

export async function deleteSessionsOf(db: Db, userId: number) {
  await db.query('delete from session where user_id = $1::integer', [userId])
}

export async function deleteDeadSessions(db: Db, now: Instant, usedSince: Instant) {
  await db.query(
    'delete from session where expires_at <= $1::timestamptz or last_used_at <= $2::timestamptz',
    [timestamptz(now), timestamptz(usedSince)],
  )
}

export interface KeyRow {
  readonly id: number
  readonly name: string
  readonly prefix: string
  readonly roles: string[]
  readonly created_at: Instant
  readonly last_used_at: Instant | null
  readonly expires_at: Instant | null
  readonly revoked_at: Instant | null
}

const KEY_COLUMNS =
  'id, name, prefix, roles, created_at, last_used_at, expires_at, revoked_at' as const

export async function insertKey(
  db: Db,
  key: {
    name: string
    prefix: string
    secretHash: Uint8Array
    roles: readonly string[]
    createdBy: number
    now: Instant
    expiresAt: Instant | null
  },
): Promise<KeyRow | undefined> {
  const rows = await db.query<KeyRow>(
    `insert into api_key (name, prefix, secret_hash, roles, created_by, created_at, expires_at)
     values ($1::text, $2::text, $3::bytea, $4::text[], $5::integer, $6::timestamptz,
             $7::timestamptz)
     returning ${KEY_COLUMNS}`,
    [
      key.name,
      key.prefix,
      key.secretHash,
      key.roles,
      key.createdBy,
      timestamptz(key.now),
      key.expiresAt === null ? null : timestamptz(key.expiresAt),
    ],
  )
  return rows[0]
}

/** A key lives only as long as whoever made it may sign in. */
export async function liveKey(
  db: Db,
  secretHash: Uint8Array,
  now: Instant,
): Promise<KeyRow | undefined> {
  const rows = await db.query<KeyRow>(
    `select k.id, k.name, k.prefix, k.roles, k.created_at, k.last_used_at, k.expires_at,
            k.revoked_at
     from api_key k join app_user u on u.id = k.created_by
     where k.secret_hash = $1::bytea and k.revoked_at is null and not u.disabled
       and (k.expires_at is null or k.expires_at > $2::timestamptz)`,
    [secretHash, timestamptz(now)],
  )
  return rows[0]
}

export async function touchKey(db: Db, id: number, now: Instant) {
  await db.query(
    `update api_key set last_used_at = greatest(last_used_at, $2::timestamptz)
     where id = $1::integer`,
    [id, timestamptz(now)],
  )
}

export function keysAfter(db: Db, after: number, limit: number): Promise<KeyRow[]> {
  return db.query<KeyRow>(
    `select ${KEY_COLUMNS} from api_key where id > $1::integer order by id limit $2::integer`,
    [after, limit],
  )
}

export async function revokeKey(db: Db, id: number, now: Instant): Promise<boolean> {
  const rows = await db.query(
    `update api_key set revoked_at = coalesce(revoked_at, $2::timestamptz)
     where id = $1::integer returning id`,
    [id, timestamptz(now)],
  )
  return rows.length > 0
}
