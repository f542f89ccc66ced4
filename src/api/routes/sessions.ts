import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { CurrentSession, Session } from '../people-schemas.ts'
import { bearerOf, type DefineRoute } from '../route.ts'
import { closed } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { userView } from '../views.ts'

const Username = Type.String({ minLength: 1, maxLength: 64 })
const Password = Type.String({ minLength: 1, maxLength: 200, format: 'password' })
const SIGN_IN_RATE = { max: 30, timeWindow: 60_000 }
const tag = 'Sign-in'

export function sessionRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { identity, civil } = services
  return [
    define({
      method: 'POST',
      url: '/api/v1/sessions',
      access: 'public',
      tag,
      summary: 'Sign in',
      description:
        'After five wrong tries for an account from one address each further one waits longer, up to ' +
        'an hour.',
      body: closed({ username: Username, password: Password }),
      status: 201,
      answers: Session,
      errors: ['wrong-credentials', 'too-many-attempts', 'busy'],
      audit: 'session.create',
      rateLimit: SIGN_IN_RATE,
      async handle({ body, request, note }) {
        const { username, password } = body
        const signed = await identity.signIn(username, password, request.ip, note)
        if (!signed.ok) {
          const { user } = signed.error
          const audit = user ? { target: `user/${user.id}` } : {}
          switch (signed.error.kind) {
            case 'wrong':
              return fail({ code: 'wrong-credentials', audit })
            case 'throttled': {
              const retryAfterSeconds = Math.ceil(signed.error.retryAfter / 1_000)
              return fail({ code: 'too-many-attempts', retryAfterSeconds, audit })
            }
            case 'busy':
              return fail({ code: 'busy', retryAfterSeconds: 1, audit })
          }
        }
        const { token, expiresAt, user } = signed.value
        return ok({
          body: { token, expiresAt: civil.iso(expiresAt), user: userView(civil, user) },
          headers: { 'cache-control': 'no-store' },
        })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/sessions/current',
      access: 'signed-in',
      tag,
      summary: 'Who is signed in',
      answers: CurrentSession,
      async handle({ actor, request }) {
        const end = await identity.sessionEnd(bearerOf(request) ?? '')
        const { kind, name, roles } = actor
        const expiresAt = end === undefined ? null : civil.iso(end)
        return ok({ body: { kind, name, roles: [...roles], expiresAt } })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/sessions/current',
      access: 'signed-in',
      tag,
      summary: 'Sign out',
      status: 204,
      answers: Type.Null(),
      audit: 'session.delete',
      async handle({ actor, note }) {
        await identity.signOut(actor, note)
        return ok({ body: null })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/users/current/password',
      access: 'signed-in',
      tag,
      summary: 'Change your own password',
      description: 'Ends every session of yours, also this one.',
      body: closed({ currentPassword: Password, newPassword: Password }),
      status: 204,
      answers: Type.Null(),
      errors: ['wrong-credentials', 'too-many-attempts', 'weak-password', 'busy'],
      audit: 'user.change-password',
      rateLimit: SIGN_IN_RATE,
      async handle({ actor, body, request, note }) {
        const { currentPassword, newPassword } = body
        const changed = await identity.changePassword(
          actor,
          currentPassword,
          newPassword,
          request.ip,
          note,
        )
        const target = `user/${actor.id}`
        if (changed.ok) return ok({ body: null })
        const audit = { target }
        switch (changed.error) {
          case 'weak-password':
            return fail({ code: 'weak-password', audit })
          case 'throttled':
            return fail({ code: 'too-many-attempts', audit })
          case 'busy':
            return fail({ code: 'busy', retryAfterSeconds: 1, audit })
          case 'wrong':
            return fail({ code: 'wrong-credentials', audit })
          case 'not-found':
            return fail({ code: 'forbidden', detail: 'An API key has no password.', audit })
        }
      },
    }),
  ]
}
