import { Type } from '@sinclair/typebox'
import { locales } from '#src/identity'
import { closed, Id, nullable, oneOf, RoleName, Time } from './schemas.ts'

export const contact = {
  telephone: Type.Union([Type.String({ pattern: '^\\+?\\d{5,20}$' }), Type.Null()]),
  locale: oneOf(locales),
}

export const User = closed({
  id: Id,
  username: Type.String(),
  roles: Type.Array(RoleName),
  disabled: Type.Boolean(),
  createdAt: Time,
  ...contact,
})

export const Session = closed({
  token: Type.String({ description: 'For `Authorization: Bearer`; shown only now.' }),
  expiresAt: Time,
  user: User,
})

export const CurrentSession = closed({
  kind: Type.String({ enum: ['user', 'key'] }),
  name: Type.String(),
  roles: Type.Array(RoleName),
  expiresAt: nullable(Time),
})

export const Key = closed({
  id: Id,
  name: Type.String(),
  prefix: Type.String({ description: 'How the key begins, to recognise it by.' }),
  roles: Type.Array(RoleName),
  createdAt: Time,
  lastUsedAt: nullable(Time),
  expiresAt: nullable(Time),
  revokedAt: nullable(Time),
})

export const AuditEntry = closed({
  seq: Type.Integer(),
  at: Time,
  actorKind: Type.String(),
  actorId: nullable(Type.Integer()),
  actorName: Type.String(),
  action: Type.String(),
  target: Type.String(),
  outcome: Type.String(),
  detail: Type.String({ description: 'JSON.' }),
  remote: Type.String(),
  requestId: Type.String(),
  hash: Type.String(),
})
