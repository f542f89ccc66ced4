export { type Audit, type AuditEntry, type AuditRecord, createAudit } from './audit.ts'
export { createIdentity } from './identity.ts'
export { type Passwords, productionCost, scryptPasswords } from './passwords.ts'
export { type Actor, mayAct, type Role, roles } from './roles.ts'
export {
  type ApiKey,
  type Contact,
  type Identity,
  locales,
  type Note,
  type Noted,
  type SignedIn,
  type SignInError,
  type User,
  type UserError,
} from './types.ts'
