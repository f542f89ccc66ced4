import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { ok, type Result } from '#src/core'
import { sheetFormats } from '#src/sheets'
import type { EnergySum } from '#src/statistics'
import { BUSINESS } from '../access.ts'
import { numberOf, placeOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import {
  daysOf,
  EnergyView,
  energyQuery,
  energySheet,
  energyView,
  refusedAs,
  STATISTICS_ERRORS,
} from '../statistics-views.ts'

const tag = 'Statistics'
/** Rows of one file. */
const FILE_MAX = 100_000

const Query = closed({ ...energyQuery, ...paging })
const FileQuery = closed(energyQuery)

/** Energy by region, trade, feeder, tariff, group … and period (电量统计). */
export function statisticsRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { statistics, civil, clock } = services

  async function energyOf(
    query: Static<typeof FileQuery>,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<Result<{ unit: string; items: readonly EnergySum[]; next: number | null }, Problem>> {
    const days = daysOf(civil, query, civil.dateOf(clock.now()))
    if (!days.ok) return days
    const { by = 'none', period = 'month', register = '1.8.0', role, node, group, compare } = query
    const asked = {
      ...{ by, period, register, ...days.value },
      roles: role === undefined ? (['receive', 'auxiliary'] as const) : [role],
      node: node ?? null,
      group: group ?? null,
      compare: compare ?? null,
    }
    const found = await statistics.energy(asked, page)
    return found.ok ? found : { ok: false, error: refusedAs(found.error) }
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/statistics/energy',
      access: BUSINESS,
      tag,
      summary: 'Energy by dimension, period and register (电量统计)',
      description:
        'By the archive as it was on each civil day: a usage point that changed its feeder counts ' +
        'for each on its days. Sums equal the sum of their parts, but for groups, which may ' +
        'overlap. Usage of customers and own use, unless another role is asked for.',
      query: Query,
      answers: EnergyView,
      errors: ['bad-cursor', ...STATISTICS_ERRORS],
      async handle({ query }) {
        const offset = numberOf(query.cursor)
        if (!offset.ok) return offset
        const { limit = 100 } = query
        const found = await energyOf(query, { offset: offset.value ?? 0, limit })
        if (!found.ok) return found
        const { unit, items, next } = found.value
        return ok({ body: energyView(unit, items, placeOf(next)) })
      },
    }),
    ...sheetFormats.map((format) =>
      define({
        method: 'GET',
        url: `/api/v1/statistics/energy.${format}`,
        access: BUSINESS,
        tag,
        summary: `The same as ${format.toUpperCase()}, all rows at once`,
        query: FileQuery,
        answers: Type.String(),
        errors: STATISTICS_ERRORS,
        async handle({ query, reply }) {
          const found = await energyOf(query, { offset: 0, limit: FILE_MAX })
          if (!found.ok) return found
          const { unit, items } = found.value
          await sendSheet(reply, energySheet(query.by ?? 'none', unit, items), format)
          return ok({ body: '' })
        },
      }),
    ),
  ]
}
