import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, parseBusinessDate } from '#src/core'
import { BUSINESS, RULING } from '../access.ts'
import { PriceBody, PriceView } from '../anomaly-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Anomalies'

/** What a kWh is worth where findings are ranked and evidence is put together. */
export function priceRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { anomalies, clock } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/anomalies/prices',
      access: BUSINESS,
      tag,
      summary: 'What a kWh is worth, by tariff, by class and for all: every price there was',
      answers: closed({ items: Type.Array(PriceView) }),
      async handle() {
        const items = (await anomalies.prices()).map((one) => ({ ...one }))
        return ok({ body: { items } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/anomalies/prices',
      access: RULING,
      tag,
      summary: 'A price from a day on, of a tariff or of a class; without either for all',
      body: PriceBody,
      answers: PriceView,
      errors: ['invalid-range', 'invalid-parameters'],
      audit: 'anomaly.price',
      async handle({ body, actor, note }) {
        const { tariff = '', customerClass = null, price } = body
        const validFrom = parseBusinessDate(body.validFrom)
        if (validFrom === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
        if (tariff !== '' && customerClass !== null) {
          const detail = 'A price is of a tariff or of a class, not of both.'
          return fail({ code: 'invalid-parameters', detail })
        }
        const made = { tariff, customerClass, validFrom, price }
        await anomalies.setPrice(made, actor.name, clock.now(), (tx) =>
          note(tx, { target: `anomaly-price/${validFrom}`, detail: made }),
        )
        return ok({ body: made })
      },
    }),
  ]
}
