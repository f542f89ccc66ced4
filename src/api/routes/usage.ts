import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import type { ItemCode } from '#protocols/model'
import { type BusinessDate, fail, ok, parseBusinessDate, type Result } from '#src/core'
import { BUSINESS } from '../access.ts'
import type { Problem } from '../problems.ts'
import { parseRegister } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, oneOf, pageOf, paging, RegisterCode } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import {
  EnergyView,
  energyView,
  KeptUsageView,
  keptView,
  keyCursor,
  keyOf,
} from '../usage-views.ts'

const tag = 'Usage'
const Text = Type.String({ minLength: 1, maxLength: 64 })
const DateText = Type.String({ maxLength: 10, examples: ['2026-11-21'] })
const LIMIT = 100

/** Energy of usage points by day and month, and where it came from. */
export function usageRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { metering, civil, clock } = services

  return [
    define({
      method: 'GET',
      url: '/api/v1/usage',
      access: BUSINESS,
      tag,
      summary: 'Primary energy of usage points as it is kept, by day or month',
      description:
        'Days and months that are over, of every register that the meters read: totals, tariff ' +
        'rates, reverse and reactive energy. A period of which nothing is known is absent.',
      query: closed({
        ...paging,
        granularity: Type.Optional(oneOf(['day', 'month'])),
        from: Type.Optional(DateText),
        to: Type.Optional(DateText),
        register: Type.Optional(
          Type.String({ maxLength: 200, description: 'One code, or some with commas.' }),
        ),
        account: Type.Optional(Text),
        usagePoint: Type.Optional(Text),
      }),
      answers: pageOf(KeptUsageView),
      errors: ['bad-cursor', 'invalid-range', 'unknown-register'],
      async handle({ query }) {
        const { granularity = 'day', limit = LIMIT, account, usagePoint } = query
        const yesterday = civil.addDays(civil.dateOf(clock.now()), -1)
        const to = dateOf('query', 'to', query.to ?? yesterday)
        if (!to.ok) return to
        const from = dateOf('query', 'from', query.from ?? to.value)
        if (!from.ok) return from
        const registers = registersOf(query.register)
        if (!registers.ok) return registers
        const after = keyOf(query.cursor)
        if (!after.ok) return after
        const found = await metering.kept({
          ...{ granularity, from: from.value, to: to.value, limit: limit + 1 },
          ...(registers.value && { registers: registers.value }),
          ...(account !== undefined && { account }),
          ...(usagePoint !== undefined && { usagePoint }),
          ...(after.value && { after: after.value }),
        })
        const items = found.slice(0, limit)
        const last = found.length > limit ? items.at(-1) : undefined
        const next = last === undefined ? null : keyCursor(last)
        return ok({ body: { items: items.map((usage) => keptView(civil, usage)), next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/usage-points/:code/energy/:date',
      access: BUSINESS,
      tag,
      summary: "Where a day's energy of a usage point came from",
      description:
        'Both ends of the register of every installation, what they rest on (what was read, ' +
        'written down, rejected, estimated or edited, by which rule or by whom), and the ratio.',
      params: closed({ code: Text, date: DateText }),
      query: closed({ register: Type.Optional(RegisterCode) }),
      answers: EnergyView,
      errors: ['usage-point-not-found', 'unknown-register', 'not-energy', 'invalid-range'],
      async handle({ params, query }) {
        const date = dateOf('path', 'date', params.date)
        if (!date.ok) return date
        const register = parseRegister(query.register ?? '1.8.0')
        if (!register.ok) return register
        const day = await metering.explain(params.code, date.value, register.value.code)
        if (day.ok) return ok({ body: energyView(civil, day.value) })
        const isPlace = day.error === 'unknown-usage-point'
        return fail({ code: isPlace ? 'usage-point-not-found' : 'not-energy' })
      },
    }),
  ]
}

function dateOf(
  place: 'path' | 'query',
  name: string,
  text: string,
): Result<BusinessDate, Problem> {
  const date = parseBusinessDate(text)
  if (date !== undefined) return ok(date)
  const message = 'is no date such as 2026-11-21'
  return fail({ code: 'invalid-range', errors: [{ in: place, name, message }] })
}

function registersOf(text: string | undefined): Result<readonly ItemCode[] | null, Problem> {
  if (text === undefined) return ok(null)
  const codes: ItemCode[] = []
  for (const one of text.split(',')) {
    const register = parseRegister(one.trim())
    if (!register.ok) return register
    codes.push(register.value.code)
  }
  return ok(codes)
}
