import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { BUSINESS, DISPATCHING } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import {
  DutyBody,
  DutyKindText,
  DutyParams,
  DutyView,
  dutyView,
  ManagerText,
  NodeDutyView,
  nodeDutyView,
} from '../duty-schemas.ts'
import { AtTime, atOf } from '../grid-schemas.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Moment, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Grid'
const FILE_BYTES_MAX = 4 * 1_024 * 1_024
const codes = {
  'no-node': 'node-not-found',
  person: 'invalid-parameters',
  range: 'invalid-range',
  clash: 'not-now',
} as const

/** Who is responsible for areas and feeders (台区经理), and was at any time. */
export function gridDutyRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { gridDuties, civil, clock } = services

  return [
    define({
      method: 'GET',
      url: '/api/v1/grid/managers',
      access: BUSINESS,
      tag,
      summary: 'Areas and feeders with who is responsible for them, as of a time',
      query: closed({
        ...paging,
        at: AtTime,
        kind: Type.Optional(DutyKindText),
        manager: Type.Optional(
          Type.String({ ...ManagerText, description: 'A staff number or a name.' }),
        ),
        held: Type.Optional(
          Type.Boolean({ description: 'Only with somebody; false: only without anybody.' }),
        ),
      }),
      answers: pageOf(NodeDutyView),
      errors: ['bad-cursor', 'invalid-range'],
      async handle({ query: { at: text, cursor, limit = 100, ...filter } }) {
        const at = atOf(civil, text, clock.now())
        if (!at.ok) return at
        const after = numberOf(cursor)
        if (!after.ok) return after
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await gridDuties.at(at.value, filter, page)
        const items = found.slice(0, limit).map((one) => nodeDutyView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/:kind/:code/managers',
      access: BUSINESS,
      tag,
      summary: 'Who was responsible for an area or a feeder, the oldest first',
      params: DutyParams,
      answers: closed({ items: Type.Array(DutyView) }),
      errors: ['node-not-found'],
      async handle({ params }) {
        const found = await gridDuties.history(params)
        if (found === null) return fail({ code: 'node-not-found' })
        return ok({ body: { items: found.map((one) => dutyView(one, civil)) } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/grid/:kind/:code/manager',
      access: DISPATCHING,
      tag,
      summary: 'Enter who is responsible for an area or a feeder from a time on',
      description:
        'Who held it is relieved then. It lasts until `to`, after which that person goes on, or ' +
        'until what is entered for later.',
      params: DutyParams,
      body: DutyBody,
      answers: closed({}),
      errors: ['invalid-range', 'invalid-parameters', 'node-not-found', 'not-now'],
      audit: 'grid.manager',
      async handle({ params, body, actor, note }) {
        const audit = { target: `${params.kind}/${params.code}` }
        const from = parseMoment(civil, 'from', body.from)
        if (!from.ok) return fail({ ...from.error, audit })
        const to = body.to == null ? ok(null) : parseMoment(civil, 'to', body.to)
        if (!to.ok) return fail({ ...to.error, audit })
        const { name, staffNo = null, phone = null, rename = false } = body
        const done = await gridDuties.set(
          { node: params, name, staffNo, phone, from: from.value, to: to.value },
          rename,
          actor.name,
          (tx, change) => note(tx, { ...audit, detail: { ...body, ...change } }),
        )
        if (done.ok) return ok({ body: {} })
        return fail({ code: codes[done.error.kind], detail: done.error.message, audit })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/grid/:kind/:code/manager/end',
      access: DISPATCHING,
      tag,
      summary: 'Nobody is responsible from a time on, until what is entered for later',
      params: DutyParams,
      body: closed({ at: Moment }),
      answers: closed({}),
      errors: ['invalid-range', 'invalid-parameters', 'node-not-found', 'not-now'],
      audit: 'grid.manager-end',
      async handle({ params, body, note }) {
        const audit = { target: `${params.kind}/${params.code}` }
        const at = parseMoment(civil, 'at', body.at)
        if (!at.ok) return fail({ ...at.error, audit })
        const done = await gridDuties.end(params, at.value, (tx, change) =>
          note(tx, { ...audit, detail: { ...body, ...change } }),
        )
        if (done.ok) return ok({ body: {} })
        return fail({ code: codes[done.error.kind], detail: done.error.message, audit })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/grid/managers/file',
      access: DISPATCHING,
      tag,
      summary: 'Enter who is responsible from a CSV file, all rows or none',
      description:
        'Columns code (编号) and name (姓名); as needed kind (类型, area unless said), staff_no ' +
        '(工号), phone (电话), valid_from (生效日期, now unless said), valid_to (失效日期).',
      body: Type.String({ minLength: 1 }),
      bodyType: 'text/csv',
      bodyLimitBytes: FILE_BYTES_MAX,
      answers: closed({ rows: Type.Integer() }),
      errors: ['invalid-archive'],
      audit: 'grid.manager-file',
      async handle({ body, actor, note }) {
        const audit = { target: 'grid/managers' }
        const done = await gridDuties.enter(body, actor.name, clock.now(), (tx, rows) =>
          note(tx, { ...audit, detail: { rows } }),
        )
        if (done.ok) return ok({ body: { rows: done.value } })
        const errors = done.error.map(({ line, column, message }) => ({
          ...{ in: 'file' as const, name: column ?? '', line, message },
        }))
        return fail({ code: 'invalid-archive', errors, audit })
      },
    }),
  ]
}
