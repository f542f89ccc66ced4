import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, type Instant, ok } from '#src/core'
import type { UserError } from '#src/identity'
import { OVERSIGHT, PEOPLE } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { AuditEntry, contact, Key, User } from '../people-schemas.ts'
import type { Problem, ProblemCode } from '../problems.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, Moment, pageOf, paging, RoleName } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { auditView, keyView, userView } from '../views.ts'

const tag = 'People and keys'
const Name = Type.String({ minLength: 1, maxLength: 64, pattern: '^\\S(.*\\S)?$' })
const Roles = Type.Array(RoleName, { minItems: 1, maxItems: 9, uniqueItems: true })

const codes: Readonly<Record<UserError, ProblemCode>> = {
  'not-found': 'user-not-found',
  'name-taken': 'name-taken',
  'weak-password': 'weak-password',
  'last-admin': 'last-admin',
  'may-not-grant': 'forbidden',
  busy: 'busy',
}

const failed = (error: UserError, target = ''): Problem => ({
  code: codes[error],
  ...(error === 'may-not-grant' && { detail: 'Only an admin manages admins, and not by a key.' }),
  audit: { target },
})

export function peopleRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { identity, audit, civil } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/users',
      access: OVERSIGHT,
      tag,
      summary: 'Who may sign in',
      query: closed(paging),
      answers: pageOf(User),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { limit = 100 } = query
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const users = await identity.users(after.value ?? 0, limit + 1)
        const next = cursorOf(users, limit, (user) => user.id)
        return ok({ body: { items: users.slice(0, limit).map((u) => userView(civil, u)), next } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/users',
      access: PEOPLE,
      tag,
      summary: 'Add a person',
      body: closed({
        username: Name,
        password: Type.String({ minLength: 1, maxLength: 200, format: 'password' }),
        roles: Roles,
      }),
      status: 201,
      answers: User,
      errors: ['name-taken', 'weak-password', 'busy'],
      audit: 'user.create',
      async handle({ actor, body, note }) {
        const { username, password, roles } = body
        const user = await identity.createUser(actor, username, password, roles, note)
        if (!user.ok) return fail(failed(user.error))
        return ok({ body: userView(civil, user.value) })
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/users/:id',
      access: PEOPLE,
      tag,
      summary: "Change a person's roles, or lock them out",
      description: 'Ends their sessions.',
      params: IdParams,
      body: closed({ roles: Type.Optional(Roles), disabled: Type.Optional(Type.Boolean()) }),
      answers: User,
      errors: ['user-not-found', 'last-admin'],
      audit: 'user.change',
      async handle({ actor, params, body, note }) {
        const user = await identity.updateUser(actor, params.id, body, note)
        if (!user.ok) return fail(failed(user.error, `user/${params.id}`))
        return ok({ body: userView(civil, user.value) })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/users/:id/contact',
      access: PEOPLE,
      tag,
      summary: 'How a person is reached by messages, and in which language',
      description: 'Null takes the number away. What happened before is not told to a new number.',
      params: IdParams,
      body: closed(contact),
      answers: User,
      errors: ['user-not-found'],
      audit: 'user.contact',
      async handle({ params, body, note }) {
        const user = await identity.setContact(params.id, body, note)
        if (!user.ok) return fail(failed(user.error, `user/${params.id}`))
        return ok({ body: userView(civil, user.value) })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/keys',
      access: OVERSIGHT,
      tag,
      summary: 'API keys of machines',
      query: closed(paging),
      answers: pageOf(Key),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { limit = 100 } = query
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const keys = await identity.keys(after.value ?? 0, limit + 1)
        const next = cursorOf(keys, limit, (key) => key.id)
        return ok({ body: { items: keys.slice(0, limit).map((key) => keyView(civil, key)), next } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/keys',
      access: PEOPLE,
      tag,
      summary: 'Make an API key',
      description: 'The secret is shown once. Send it as `Authorization: Bearer`.',
      body: closed({ name: Name, roles: Roles, expiresAt: Type.Optional(Moment) }),
      status: 201,
      answers: closed({ key: Key, secret: Type.String() }),
      errors: ['invalid-range'],
      audit: 'key.create',
      async handle({ actor, body, note }) {
        let expiresAt: Instant | null = null
        if (body.expiresAt !== undefined) {
          const parsed = parseMoment(civil, 'expiresAt', body.expiresAt)
          if (!parsed.ok) return parsed
          expiresAt = parsed.value
        }
        const made = await identity.createKey(actor, body.name, body.roles, expiresAt, note)
        if (!made.ok) return fail(failed(made.error))
        const { key, secret } = made.value
        return ok({
          body: { key: keyView(civil, key), secret },
          headers: { 'cache-control': 'no-store' },
        })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/keys/:id',
      access: PEOPLE,
      tag,
      summary: 'Revoke an API key',
      params: IdParams,
      status: 204,
      answers: Type.Null(),
      errors: ['key-not-found'],
      audit: 'key.revoke',
      async handle({ params, note }) {
        const found = await identity.revokeKey(params.id, note)
        return found
          ? ok({ body: null })
          : fail({ code: 'key-not-found', audit: { target: `key/${params.id}` } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/audit',
      access: OVERSIGHT,
      tag,
      summary: 'The audit trail, newest first',
      query: closed(paging),
      answers: pageOf(AuditEntry),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const { limit = 100 } = query
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const records = await audit.page(before.value, limit + 1)
        const next = cursorOf(records, limit, (record) => record.seq)
        const items = records.slice(0, limit).map((record) => auditView(civil, record))
        return ok({ body: { items, next } })
      },
    }),
  ]
}
