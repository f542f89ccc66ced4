import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type BusinessDate, fail, ok, parseBusinessDate, type Result } from '#src/core'
import {
  defaultRoute,
  type ReadingRoute,
  type RouteRefusal,
  type RunRefusal,
} from '#src/reading-days'
import { BUSINESS, RULING, SETTLING } from '../access.ts'
import { CivilDate } from '../collection-schemas.ts'
import { numberOf, placeOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import {
  batchView,
  HeldView,
  heldView,
  RouteBody,
  RouteCode,
  RouteView,
  RunView,
  routeView,
} from '../reading-day-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Reading days'
const PAGE = 100
const Params = closed({ code: RouteCode })

/** Which customers are read on which day of the month (抄表段、抄表例日). */
export function readingRouteRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { readingDays, civil } = services
  const view = (route: ReadingRoute) => routeView(civil, route, readingDays.days(route))

  return [
    define({
      method: 'GET',
      url: '/api/v1/reading-routes',
      access: BUSINESS,
      tag,
      summary: 'Reading routes (抄表段) with their reading days (抄表例日)',
      answers: closed({ items: Type.Array(RouteView), next: Type.Null() }),
      async handle() {
        return ok({ body: { items: (await readingDays.routes()).map(view), next: null } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/reading-routes/:code',
      access: RULING,
      tag,
      summary: 'Make a reading route, or change it',
      description:
        'It reads whoever is in the usage group at the first moment of the reading day. Batches ' +
        'leave by themselves at `publishAt`; an estimate is sent after `waitDays`.',
      params: Params,
      body: RouteBody,
      answers: RouteView,
      errors: ['usage-group-not-found', 'not-energy', 'invalid-parameters', 'not-now'],
      audit: 'reading-route.set',
      async handle({ params: { code }, body, actor, note }) {
        const startsOn = parseBusinessDate(body.startsOn)
        if (startsOn === undefined) return fail(noDate('startsOn'))
        const settings = { ...defaultRoute, ...body, code, startsOn }
        const made = await readingDays.setRoute(settings, actor.name, (tx) =>
          note(tx, { target: `reading-route/${code}`, detail: { ...body } }),
        )
        return made.ok ? ok({ body: view(made.value) }) : fail(unset(made.error))
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-routes/:code',
      access: BUSINESS,
      tag,
      summary: 'One reading route',
      params: Params,
      answers: RouteView,
      errors: ['reading-route-not-found'],
      async handle({ params: { code } }) {
        const route = await readingDays.route(code)
        return route ? ok({ body: view(route) }) : fail({ code: 'reading-route-not-found' })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/reading-routes/:code',
      access: RULING,
      tag,
      summary: 'Read a route no more; what has left stays',
      params: Params,
      answers: RouteView,
      errors: ['reading-route-not-found'],
      audit: 'reading-route.retire',
      async handle({ params: { code }, actor, note }) {
        const route = await readingDays.retireRoute(code, actor.name, (tx) =>
          note(tx, { target: `reading-route/${code}`, detail: {} }),
        )
        return route ? ok({ body: view(route) }) : fail({ code: 'reading-route-not-found' })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/reading-routes/:code/runs',
      access: SETTLING,
      tag,
      summary: 'Send now what is ready and has not left, up to a reading day',
      description:
        'Of the last reading day, or up to any date that has begun (特抄). What has left stays as ' +
        'it is: the same call again sends only what has become ready since, and else nothing.',
      params: Params,
      body: closed({ date: Type.Optional(CivilDate) }),
      answers: RunView,
      errors: ['reading-route-not-found', 'invalid-range', 'not-now'],
      audit: 'reading-route.run',
      handlerTimeoutMs: 600_000,
      async handle({ params: { code }, body, actor, note }) {
        const date = dateOf(body.date)
        if (!date.ok) return date
        const done = await readingDays.run(code, date.value, actor.name, (tx) =>
          note(tx, { target: `reading-route/${code}`, detail: { ...body } }),
        )
        if (!done.ok) return fail(notRun(done.error))
        const { batch, held, ...run } = done.value
        const shown = batch === null ? null : batchView(civil, batch)
        const answer: Static<typeof RunView> = { ...run, batch: shown, held: { ...held } }
        return ok({ body: answer })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-routes/:code/held',
      access: BUSINESS,
      tag,
      summary: 'What stayed behind by the last look at a route, and why',
      params: Params,
      query: closed(paging),
      answers: pageOf(HeldView),
      errors: ['reading-route-not-found', 'bad-cursor'],
      async handle({ params: { code }, query: { limit = PAGE, cursor } }) {
        const after = numberOf(cursor)
        if (!after.ok) return after
        if (!(await readingDays.route(code))) return fail({ code: 'reading-route-not-found' })
        const found = await readingDays.held(code, { after: after.value, limit: limit + 1 })
        const items = found.slice(0, limit).map((piece) => heldView(civil, piece))
        const next = found.length > limit ? placeOf((after.value ?? 0) + limit) : null
        return ok({ body: { items, next } })
      },
    }),
  ]
}

function dateOf(text: string | undefined): Result<BusinessDate | undefined, Problem> {
  if (text === undefined) return ok(undefined)
  const date = parseBusinessDate(text)
  return date === undefined ? fail(noDate('date')) : ok(date)
}

const noDate = (name: string): Problem => ({
  code: 'invalid-parameters',
  detail: `${name} is no date that exists.`,
})

function unset(refusal: RouteRefusal): Problem {
  switch (refusal.kind) {
    case 'unknown-group':
      return { code: 'usage-group-not-found' }
    case 'not-a-register':
      return { code: 'not-energy', detail: `${refusal.register} does not count energy.` }
    case 'started': {
      const detail = `Something has left already, so it begins on ${refusal.startsOn}.`
      return { code: 'not-now', detail }
    }
  }
}

function notRun(refusal: RunRefusal): Problem {
  switch (refusal.kind) {
    case 'not-found':
      return { code: 'reading-route-not-found' }
    case 'retired':
      return { code: 'not-now', detail: 'This route is read no more.' }
    case 'no-such-day':
      return { code: 'invalid-range', detail: `${refusal.detail}.` }
  }
}
