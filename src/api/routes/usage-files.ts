import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { itemOf } from '#protocols/model'
import { fail, ok } from '#src/core'
import { sheetFormats } from '#src/sheets'
import { BUSINESS } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, RegisterCode } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import { days, daysOf, sheetOf } from '../statistics-views.ts'
import { keptView } from '../usage-views.ts'

const FILE_MAX = 100_000
const columns = ['usagePoint', 'account', 'date', 'register', 'energy#', 'unit', 'quality']

/** Days of a usage point or an account as a file. */
export function usageFileRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { metering, civil, clock } = services
  const Code = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
  return sheetFormats.map((format) =>
    define({
      method: 'GET',
      url: `/api/v1/usage.${format}`,
      access: BUSINESS,
      tag: 'Usage',
      summary: `Primary energy of usage points by day as ${format.toUpperCase()}`,
      query: closed({
        ...days,
        register: Type.Optional(RegisterCode),
        account: Code,
        usagePoint: Code,
      }),
      answers: Type.String(),
      errors: ['invalid-range', 'unknown-register'],
      async handle({ query, reply }) {
        const range = daysOf(civil, query, civil.dateOf(clock.now()))
        if (!range.ok) return range
        const { register = '1.8.0', account, usagePoint } = query
        const item = itemOf(register)
        if (item === undefined) return fail({ code: 'unknown-register' })
        const found = await metering.kept({
          ...{ granularity: 'day', ...range.value, limit: FILE_MAX, registers: [item.code] },
          ...(account !== undefined && { account }),
          ...(usagePoint !== undefined && { usagePoint }),
        })
        const rows = found.map((usage) => keptView(civil, usage))
        await sendSheet(reply, sheetOf('usage', columns, rows), format)
        return ok({ body: '' })
      },
    }),
  )
}
