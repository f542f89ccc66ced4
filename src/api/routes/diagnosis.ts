import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type BusinessDate, fail, ok, parseBusinessDate, type Result } from '#src/core'
import { type Cause, causes, controlCauses, type Grouping, textOf } from '#src/diagnosis'
import { BUSINESS } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Diagnosis'
const groupings = [
  'cause',
  'concentrator',
  'area',
  'maker',
  'protocol',
] as const satisfies Grouping[]
const classes = ['communication', 'data', 'control', 'head-end'] as const

const Day = Type.Optional(
  Type.String({ format: 'date', description: 'Business date; today if absent.' }),
)
const words = {
  cause: Type.String({ description: causes.join(', ') }),
  class: oneOf(classes),
  says: Type.String(),
  saysZh: Type.String(),
  todo: Type.String(),
  todoZh: Type.String(),
}
const Group = closed({
  name: Type.Union([Type.String(), Type.Null()]),
  ...words,
  meters: Type.Integer(),
  slots: Type.Integer(),
})
const ControlGroup = closed({ ...words, devices: Type.Integer(), orders: Type.Integer() })
const Finding = closed({
  meterId: Type.Integer(),
  address: Type.String(),
  concentrator: Type.Union([Type.String(), Type.Null()]),
  ...words,
  rule: Type.String(),
  confidence: Type.Integer({ description: 'Of a hundred.' }),
  missingSlots: Type.Integer(),
  since: Type.String({ format: 'date-time' }),
  evidence: Type.Record(Type.String(), Type.Unknown()),
})

/** Why something of a day is missing (采集异常诊断), and what to do about it. */
export function diagnosisRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { diagnosis, civil, clock } = services

  const dateOf = (text: string | undefined): Result<BusinessDate, Problem> => {
    const date = text === undefined ? civil.dateOf(clock.now()) : parseBusinessDate(text)
    return date === undefined ? fail({ code: 'invalid-range', detail: 'No such date.' }) : ok(date)
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/diagnosis',
      access: BUSINESS,
      tag,
      summary: 'Causes of what is missing on a day, counted',
      query: closed({ date: Day, by: Type.Optional(oneOf(groupings)) }),
      answers: closed({ date: Type.String(), items: Type.Array(Group) }),
      errors: ['invalid-range'],
      async handle({ query }) {
        const date = dateOf(query.date)
        if (!date.ok) return date
        const groups = await diagnosis.groups(date.value, query.by ?? 'cause')
        const items = groups.map(({ name, cause, meters, slots }) => {
          return { name, ...wordsOf(cause), meters, slots }
        })
        return ok({ body: { date: date.value, items } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/diagnosis/control',
      access: BUSINESS,
      tag,
      summary: 'Faults of control (控制异常): devices by what came of their orders, counted',
      description: 'Refused, unanswered though the device is read, or another state read back.',
      answers: closed({ items: Type.Array(ControlGroup) }),
      async handle() {
        const items = (await diagnosis.control()).map(({ cause, devices, orders }) => {
          const { zh: saysZh, en: says, todoZh, todoEn: todo } = controlCauses[cause]
          return { cause, class: 'control' as const, says, saysZh, todo, todoZh, devices, orders }
        })
        return ok({ body: { items } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/diagnosis/findings',
      access: BUSINESS,
      tag,
      summary: 'Meters of which something of a day is missing, each with its cause and evidence',
      query: closed({ date: Day, cause: Type.Optional(oneOf(causes)), ...paging }),
      answers: pageOf(Finding),
      errors: ['invalid-range', 'bad-cursor'],
      async handle({ query }) {
        const date = dateOf(query.date)
        if (!date.ok) return date
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const cause = query.cause ?? null
        const rows = await diagnosis.findings(date.value, cause, after.value ?? 0, limit + 1)
        const items = rows.slice(0, limit).map(({ since, class: _class, ...row }) => {
          return { ...row, ...wordsOf(row.cause), since: civil.iso(since) }
        })
        const next = cursorOf(rows, limit, ({ meterId }) => meterId)
        return ok({ body: { items, next } })
      },
    }),
  ]
}

function wordsOf(cause: Cause) {
  const { class: faultClass, en, zh, todoEn, todoZh } = textOf(cause)
  return { cause, class: faultClass, says: en, saysZh: zh, todo: todoEn, todoZh }
}
