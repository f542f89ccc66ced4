import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, parseBusinessDate } from '#src/core'
import { supplyClasses } from '#src/statistics'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { CivilDate } from '../collection-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed, oneOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Statistics'
const Share = Type.String({ pattern: '^\\d(\\.\\d{1,4})?$', examples: ['0.93'] })
const shares = {
  low: Share,
  high: Share,
  examinedLow: Share,
  examinedHigh: Share,
  imbalance: Share,
}
const Limit = closed({
  supplyClass: oneOf(supplyClasses),
  validFrom: CivilDate,
  ...shares,
})
const LimitView = closed({ ...Limit.properties, changedBy: Type.String() })

/** What voltage is good (电压合格范围), by supply class and from a day on. */
export function qualityLimitRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { statistics } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/statistics/quality/limits',
      access: BUSINESS,
      tag,
      summary: 'What voltage is good, in parts of Un: every limit there was, the newest first',
      answers: closed({ items: Type.Array(LimitView) }),
      async handle() {
        const items = (await statistics.qualityLimits()).map((one) => ({ ...one }))
        return ok({ body: { items } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/statistics/quality/limits',
      access: DISPATCHING,
      tag,
      summary: 'A limit from a day on; days since then are judged anew',
      body: Limit,
      answers: Limit,
      errors: ['invalid-range', 'invalid-parameters'],
      audit: 'quality-limit.put',
      async handle({ body, actor, note }) {
        const validFrom = parseBusinessDate(body.validFrom)
        if (validFrom === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
        const wrong = mistakeIn(body)
        if (wrong !== null) return fail({ code: 'invalid-parameters', detail: wrong })
        await statistics.putQualityLimit({ ...body, validFrom }, actor.name, note)
        return ok({ body })
      },
    }),
  ]
}

function mistakeIn(limit: Static<typeof Limit>): string | null {
  const { examinedLow, low, high, examinedHigh } = limit
  const order = [examinedLow, low, high, examinedHigh].map(Number)
  const rises = order.every((one, index) => index === 0 || one > (order[index - 1] ?? 0))
  if (!rises) return 'examinedLow < low < high < examinedHigh is what makes sense.'
  return Number(limit.imbalance) > 0 ? null : 'imbalance is above 0.'
}
