import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { OVERSIGHT, PEOPLE } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'People and keys'
const ACCOUNTS_MAX = 100
const AccountNo = Type.String({ minLength: 1, maxLength: 64 })
const Accounts = closed({ items: Type.Array(AccountNo), next: Type.Null() })

const listOf = (accounts: readonly string[]) => ok({ body: { items: [...accounts], next: null } })

/** Which accounts (户号) a person sees as a customer. */
export function bindingRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { identity, registry } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/users/current/accounts',
      access: 'signed-in',
      tag,
      summary: 'Your own accounts (户号)',
      answers: Accounts,
      async handle({ actor }) {
        return listOf(actor.kind === 'user' ? await identity.accountsOf(actor.id) : [])
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/users/:id/accounts',
      access: OVERSIGHT,
      tag,
      summary: 'The accounts (户号) a person is bound to',
      params: IdParams,
      answers: Accounts,
      errors: ['user-not-found'],
      async handle({ params }) {
        if (!(await identity.user(params.id))) return fail({ code: 'user-not-found' })
        return listOf(await identity.accountsOf(params.id))
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/users/:id/accounts',
      access: PEOPLE,
      tag,
      summary: 'Bind a person to accounts (户号), and to no others',
      description: 'With the role `customer` they see these accounts and nothing else.',
      params: IdParams,
      body: closed({
        accounts: Type.Array(AccountNo, { maxItems: ACCOUNTS_MAX, uniqueItems: true }),
      }),
      answers: Accounts,
      errors: ['user-not-found', 'account-not-found'],
      audit: 'user.bind-accounts',
      async handle({ params, body, note }) {
        const audit = { target: `user/${params.id}` }
        for (const no of body.accounts) {
          if (await registry.account(no)) continue
          return fail({ code: 'account-not-found', detail: `There is no account ${no}.`, audit })
        }
        const bound = await identity.bindAccounts(params.id, body.accounts, note)
        return bound.ok ? listOf(bound.value) : fail({ code: 'user-not-found', audit })
      },
    }),
  ]
}
