import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, parseBusinessDate } from '#src/core'
import { sheetFormats } from '#src/sheets'
import type { CapacityVerdict } from '#src/statistics'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { numberOf, placeOf } from '../cursor.ts'
import type { DefineRoute } from '../route.ts'
import { closed } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import {
  CapacityRuleView,
  CapacityView,
  capacityColumns,
  capacityQuery,
  pageQuery,
} from '../statistics-schemas.ts'
import { sheetOf } from '../statistics-views.ts'

const tag = 'Analysis'
const FILE_MAX = 100_000

/** Whose contracted capacity does not fit (增容/减容提醒), and the rule that says so. */
export function capacityRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { civil, clock } = services
  const today = () => civil.dateOf(clock.now())

  async function adviceOf(
    query: { readonly until?: string; readonly verdict?: CapacityVerdict },
    page: { readonly offset: number; readonly limit: number },
  ) {
    const until =
      query.until === undefined ? civil.addDays(today(), -1) : parseBusinessDate(query.until)
    if (until === undefined)
      return fail({ code: 'invalid-range', detail: 'No such date.' } as const)
    const found = await services.statistics.capacity(until, query.verdict ?? null, page)
    const rule = await services.statistics.capacityRule(until)
    const items = found.items.map((item) => ({
      ...item,
      peakAt: item.peakAt === null ? null : civil.iso(item.peakAt),
      currency: 'CNY',
    }))
    return ok({ rule: rule === null ? null : { ...rule }, items, next: placeOf(found.next) })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/statistics/capacity',
      access: BUSINESS,
      tag,
      summary: 'Load against contracts: whose capacity is too small or too large (增容/减容提醒)',
      query: closed({ ...capacityQuery, ...pageQuery }),
      answers: CapacityView,
      errors: ['bad-cursor', 'invalid-range'],
      async handle({ query: { cursor, limit = 100, ...query } }) {
        const offset = numberOf(cursor)
        if (!offset.ok) return offset
        const advice = await adviceOf(query, { offset: offset.value ?? 0, limit })
        return advice.ok ? ok({ body: advice.value }) : advice
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/statistics/capacity-rule',
      access: DISPATCHING,
      tag,
      summary: 'By which rule capacity is judged from a day on',
      body: CapacityRuleView,
      answers: CapacityRuleView,
      errors: ['invalid-range', 'invalid-parameters'],
      audit: 'capacity-rule.put',
      async handle({ body, actor, note }) {
        const validFrom = parseBusinessDate(body.validFrom)
        if (validFrom === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
        const [over, under, target, factor] = [
          ...[body.overShare, body.underShare, body.targetShare, body.powerFactor],
        ].map(Number)
        const isSound = under && over && target && factor && under < over
        if (!isSound || target > 1 || factor > 1) {
          const detail = '0 < underShare < overShare, and shares and factors of at most 1'
          return fail({ code: 'invalid-parameters', detail })
        }
        await services.statistics.putCapacityRule({ ...body, validFrom }, actor.name, note)
        return ok({ body })
      },
    }),
    ...sheetFormats.map((format) =>
      define({
        method: 'GET',
        url: `/api/v1/statistics/capacity.${format}`,
        access: BUSINESS,
        tag,
        summary: `Advice on capacity as ${format.toUpperCase()}`,
        query: closed(capacityQuery),
        answers: Type.String(),
        errors: ['invalid-range'],
        async handle({ query, reply }) {
          const advice = await adviceOf(query, { offset: 0, limit: FILE_MAX })
          if (!advice.ok) return advice
          const sheet = sheetOf('capacity', capacityColumns, advice.value.items)
          await sendSheet(reply, sheet, format)
          return ok({ body: '' })
        },
      }),
    ),
  ]
}
