/** The closed set of the contract; what each may do is declared by the routes. */
export const roles = [
  'admin',
  'operator',
  'billing',
  'approver',
  'technician',
  'auditor',
  'security',
  'channel',
  'customer',
] as const

export type Role = (typeof roles)[number]

const known = new Set<string>(roles)

export function isRole(text: string): text is Role {
  return known.has(text)
}

/** Whoever acts: a person signed in, or a machine with a key. */
export interface Actor {
  readonly kind: 'user' | 'key'
  readonly id: number
  readonly name: string
  readonly roles: readonly Role[]
  /** The session's id for a person, null for a key. */
  readonly session: string | null
}

export function mayAct(actor: Actor, allowed: readonly Role[]): boolean {
  return actor.roles.some((role) => allowed.includes(role))
}
