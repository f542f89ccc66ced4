import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { items as catalogue, protocolNames } from '#protocols/model'
import { fail, hours, idOf, instant, type MeterId, ok, type Result } from '#src/core'
import type { MeteredSpan } from '#src/metering'
import type { MeterFilter, MeterRecord } from '#src/registry'
import { BUSINESS } from '../access.ts'
import type { Problem } from '../problems.ts'
import {
  CURVE_SPAN_MAX,
  parseOpenRange,
  parseRange,
  parseRegister,
  parseUsageRange,
  type Range,
} from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import {
  Curve,
  closed,
  granularities,
  IdParams,
  Meter,
  Moment,
  oneOf,
  pageOf,
  paging,
  Reading,
  Register,
  RegisterCode,
  Usage,
} from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { usageOf } from '../usage.ts'
import { meterView, readingView } from '../views.ts'

const tag = 'Meters'
const Text = Type.String({ minLength: 1, maxLength: 64 })

export function meterRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { registry, readings, civil, clock } = services

  async function known(id: number): Promise<Result<MeterRecord, Problem>> {
    const meter = await registry.meter(idOf(id))
    return meter ? ok(meter) : fail({ code: 'meter-not-found' })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/registers',
      access: 'signed-in',
      tag,
      summary: 'The register model: every quantity there is',
      answers: closed({ items: Type.Array(Register), next: Type.Null() }),
      async handle() {
        return ok({ body: { items: catalogue.map((item) => ({ ...item })), next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters',
      access: BUSINESS,
      tag,
      summary: 'The archive (档案) of meters',
      query: closed({
        ...paging,
        concentrator: Type.Optional(Text),
        protocol: Type.Optional(oneOf(protocolNames)),
        address: Type.Optional(Text),
        account: Type.Optional(Text),
      }),
      answers: pageOf(Meter),
      errors: ['bad-cursor', 'concentrator-not-found'],
      async handle({ query }) {
        const { limit = 100, cursor, concentrator, protocol, address, account } = query
        const found =
          concentrator === undefined
            ? undefined
            : await registry.concentratorByAddress(concentrator)
        if (concentrator !== undefined && !found) return fail({ code: 'concentrator-not-found' })
        const filter: MeterFilter = {
          ...(found && { concentratorId: found.id }),
          ...(protocol !== undefined && { protocol }),
          ...(address !== undefined && { address }),
          ...(account !== undefined && { account }),
        }
        const page = await registry.meters({ limit, ...(cursor && { cursor }) }, filter)
        if (!page.ok) return fail({ code: 'bad-cursor' })
        return ok({ body: { items: page.value.items.map(meterView), next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters/:id',
      access: BUSINESS,
      tag,
      summary: 'One meter',
      params: IdParams,
      answers: Meter,
      errors: ['meter-not-found'],
      async handle({ params }) {
        const meter = await known(params.id)
        return meter.ok ? ok({ body: meterView(meter.value) }) : meter
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters/:id/readings',
      access: BUSINESS,
      tag,
      summary: 'Stored readings, newest first',
      description: 'As read: without the ratios of current and voltage transformers.',
      params: IdParams,
      query: closed({
        ...paging,
        register: Type.Optional(RegisterCode),
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
      }),
      answers: pageOf(Reading),
      errors: ['meter-not-found', 'unknown-register', 'invalid-range', 'bad-cursor'],
      async handle({ params, query }) {
        const { limit = 100, cursor } = query
        const register = query.register === undefined ? null : parseRegister(query.register)
        if (register && !register.ok) return register
        const range = parseOpenRange(civil, query)
        if (!range.ok) return range
        const meter = await known(params.id)
        if (!meter.ok) return meter
        const page = await readings.list(meter.value.id, {
          limit,
          ...range.value,
          ...(register && { register: register.value.code }),
          ...(cursor && { cursor }),
        })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((reading) => readingView(civil, reading))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters/:id/usage',
      access: BUSINESS,
      tag,
      summary: 'Energy by period, primary (ratios applied)',
      params: IdParams,
      query: closed({
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
        granularity: Type.Optional(oneOf(granularities)),
        register: Type.Optional(RegisterCode),
      }),
      answers: Usage,
      errors: [
        'meter-not-found',
        'unknown-register',
        'not-energy',
        'invalid-range',
        'range-too-long',
      ],
      async handle({ params, query }) {
        const { granularity = 'day' } = query
        const range = parseUsageRange(civil, query, clock.now(), granularity)
        if (!range.ok) return range
        const meter = await known(params.id)
        if (!meter.ok) return meter
        const installations = await spansOf(meter.value, range.value)
        return usageOf(services, installations, query.register ?? '1.8.0', range.value, granularity)
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/meters/:id/curve',
      access: BUSINESS,
      tag,
      summary: 'One quantity over time, oldest first, thinned for drawing',
      params: IdParams,
      query: closed({
        register: RegisterCode,
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
        points: Type.Optional(Type.Integer({ minimum: 2, maximum: 2_000, default: 500 })),
      }),
      answers: Curve,
      errors: ['meter-not-found', 'unknown-register', 'invalid-range', 'range-too-long'],
      async handle({ params, query }) {
        const register = parseRegister(query.register)
        if (!register.ok) return register
        const { code, unit } = register.value
        const usual = hours(24)
        const range = parseRange(civil, query, clock.now(), { max: CURVE_SPAN_MAX, usual })
        if (!range.ok) return range
        const meter = await known(params.id)
        if (!meter.ok) return meter
        const { from, to } = range.value
        const points = await readings.curve(meter.value.id, code, from, to, query.points ?? 500)
        const items = points.map(({ at, value }) => ({ at: civil.iso(at), value }))
        return ok({ body: { register: code, unit, items } })
      },
    }),
  ]

  /** Where the meter is installed; one that is not counts as it reads. */
  async function spansOf(meter: MeterRecord, range: Range): Promise<readonly MeteredSpan[]> {
    const own = await registry.meterInstallations(meter.id, range.from, range.to)
    return own.length > 0 ? own : [uninstalled(meter.id)]
  }
}

function uninstalled(meterId: MeterId): MeteredSpan {
  return { meterId, usagePointId: null, from: instant(0), to: null }
}
