import type { Duration, Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { Actor, Role } from './roles.ts'

export const locales = ['zh', 'en'] as const
export type Locale = (typeof locales)[number]

/** How a person is reached, and in which language. */
export interface Contact {
  /** Null: by no message. */
  readonly telephone: string | null
  readonly locale: Locale
}

export interface User extends Contact {
  readonly id: number
  readonly username: string
  readonly roles: readonly Role[]
  readonly disabled: boolean
  readonly createdAt: Instant
}

export interface ApiKey {
  readonly id: number
  readonly name: string
  readonly prefix: string
  readonly roles: readonly Role[]
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
}

/** What was done, for the audit trail. */
export interface Noted {
  readonly target: string
  readonly detail?: Readonly<Record<string, unknown>>
  /** Of a sign-in: who it turned out to be. */
  readonly actor?: Actor
}

/** Writes the record of an effect in the effect's transaction: both stand or neither. */
export type Note = (tx: Db, done: Noted) => Promise<void>

export interface SignedIn {
  readonly token: string
  readonly expiresAt: Instant
  readonly user: User
}

/** `user` is the account that was tried, for the audit trail, never for the answer. */
export type SignInError = { readonly user: User | null } & (
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfter: Duration }
  | { readonly kind: 'busy' }
)

export type UserError =
  | 'not-found'
  | 'name-taken'
  | 'weak-password'
  | 'last-admin'
  | 'may-not-grant'
  | 'busy'

export type ResetError = 'not-found' | 'weak-password' | 'busy'

export type PasswordError = 'wrong' | 'throttled' | 'weak-password' | 'busy' | 'not-found'

/** People, machines and what they may do. */
export interface Identity {
  /** Makes `admin` where nobody is yet. `password` is what to tell the person, if we chose it. */
  ensureAdmin(password: string | null): Promise<{ created: boolean; password: string | null }>
  /** `remote` is the address of the caller: guesses from elsewhere do not count against it. */
  signIn(
    username: string,
    password: string,
    remote: string,
    note?: Note,
  ): Promise<Result<SignedIn, SignInError>>
  /** The actor behind a session token or API key, undefined if it is no longer good. */
  authenticate(token: string): Promise<Actor | undefined>
  sessionEnd(token: string): Promise<Instant | undefined>
  signOut(actor: Actor, note?: Note): Promise<void>
  /** Ends every session of the person, also the present one. */
  changePassword(
    actor: Actor,
    current: string,
    next: string,
    remote: string,
    note?: Note,
  ): Promise<Result<null, PasswordError>>
  /**
   * For whoever has the machine. Null makes a password, which is then answered. Ends every session
   * of the person.
   */
  resetPassword(
    username: string,
    password: string | null,
    note: Note,
  ): Promise<Result<{ user: User; password: string | null }, ResetError>>
  users(after: number, limit: number): Promise<User[]>
  user(id: number): Promise<User | undefined>
  createUser(
    actor: Actor,
    username: string,
    password: string,
    roles: readonly Role[],
    note?: Note,
  ): Promise<Result<User, UserError>>
  /** A change of roles or a lock ends the person's sessions. */
  updateUser(
    actor: Actor,
    id: number,
    change: { roles?: readonly Role[] | undefined; disabled?: boolean | undefined },
    note?: Note,
  ): Promise<Result<User, UserError>>
  setContact(id: number, contact: Contact, note?: Note): Promise<Result<User, 'not-found'>>
  /** Numbers of the accounts (户号) that the person sees as a customer. */
  accountsOf(id: number): Promise<readonly string[]>
  /** A machine's key is bound to no account. */
  isBound(actor: Actor, accountNo: string): Promise<boolean>
  /** To these accounts, which must exist, and to no others. */
  bindAccounts(
    id: number,
    accountNos: readonly string[],
    note?: Note,
  ): Promise<Result<readonly string[], 'not-found'>>
  keys(after: number, limit: number): Promise<ApiKey[]>
  createKey(
    actor: Actor,
    name: string,
    roles: readonly Role[],
    expiresAt: Instant | null,
    note?: Note,
  ): Promise<Result<{ key: ApiKey; secret: string }, UserError>>
  revokeKey(id: number, note?: Note): Promise<boolean>
}
