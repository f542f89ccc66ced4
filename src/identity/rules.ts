import type { KeyRow, UserRow } from './queries.ts'
import { type Actor, isRole, type Role } from './roles.ts'
import type { ApiKey, User } from './types.ts'

const PASSWORD_MIN = 10

/** Machines make no people and no keys, and only an admin makes or changes an admin. */
export function mayGrant(actor: Actor, granted: readonly Role[]): boolean {
  if (actor.kind !== 'user') return false
  return actor.roles.includes('admin') || !granted.includes('admin')
}

/** Names are compared without regard to case or to how a letter was composed. */
export function normalise(username: string): string {
  return username.normalize('NFKC').trim().toLowerCase()
}

export function isWeak(password: string, username: string): boolean {
  const tooPlain = new Set(password).size < 4
  return password.length < PASSWORD_MIN || tooPlain || password.toLowerCase() === username
}

export const toRoles = (texts: readonly string[]): Role[] => texts.filter(isRole)

export function toUser(row: UserRow): User {
  const { id, username, disabled, created_at, telephone, locale } = row
  const roles = toRoles(row.roles)
  return { id, username, roles, disabled, createdAt: created_at, telephone, locale }
}

export function toKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    roles: toRoles(row.roles),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
