export { type Audit, type AuditEntry, type AuditRecord, createAudit } from './audit.ts'
export {
  type ApiKey,
  createIdentity,
  type Identity,
  type SignedIn,
  type SignInError,
  type User,
  type UserError,
} from './identity.ts'
export { type Passwords, productionCost, scryptPasswords } from './passwords.ts'
export { type Actor, mayAct, type Role, roles } from './roles.ts'
