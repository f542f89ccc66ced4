import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import {
  type CaseEntry,
  type CaseFilter,
  type CaseId,
  type CaseMove,
  caseStates,
  type Evidence,
  severities,
  type WorkCase,
} from '#src/cases'
import { type CivilTime, fail, hours, idOf, ok, parseInstant, type Result } from '#src/core'
import { type Actor, mayAct } from '#src/identity'
import { BUSINESS, DISPATCHING, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import type { Answer, Call, DefineRoute } from '../route.ts'
import { closed, Id, IdParams, Moment, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Cases'
const EVIDENCE_PROPERTIES_MAX = 50

const Time = Type.String({ format: 'date-time' })
const TimeOrNull = Type.Union([Time, Type.Null()])
const Note = Type.String({ minLength: 1, maxLength: 2_000 })
const Facts = Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), {
  maxProperties: EVIDENCE_PROPERTIES_MAX,
})
const subjects = ['meter', 'concentrator', 'usage-point', 'area'] as const

const fields = {
  id: Type.Integer(),
  kind: Type.String(),
  key: Type.String({ description: 'The same finding has the same key, and is the same case.' }),
  subject: closed({ kind: oneOf(subjects), id: Type.Integer() }),
  severity: oneOf(severities),
  state: oneOf(caseStates),
  assignee: Type.Union([closed({ id: Type.Integer(), username: Type.String() }), Type.Null()]),
  dueAt: Time,
  openedAt: Time,
  lastFoundAt: Time,
  timesFound: Type.Integer(),
  endedAt: TimeOrNull,
  mutedUntil: TimeOrNull,
  evidence: Facts,
}
const Case = closed(fields)
const Entry = closed({
  at: Time,
  actor: Type.String(),
  act: Type.String(),
  note: Type.String(),
  detail: Facts,
})
const CaseWithHistory = closed({ ...fields, history: Type.Array(Entry) })

/** Work found (工单线索), from its evidence to its end. */
export function caseRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { cases, civil } = services

  type Moving = Pick<Call<typeof IdParams, never, never, Actor>, 'params' | 'actor' | 'note'>

  async function move(
    { params, actor, note }: Moving,
    wanted: CaseMove,
  ): Promise<Result<Answer<typeof Case>, Problem>> {
    const by = {
      name: actor.name,
      userId: actor.kind === 'user' ? idOf<'app_user'>(actor.id) : null,
    }
    const target = `case/${params.id}`
    const outcome = await cases.move(idOf(params.id), wanted, by, (tx) =>
      note(tx, { target, detail: { move: wanted.kind } }),
    )
    if (outcome.ok) return ok({ body: caseView(outcome.value, civil) })
    const { kind, message } = outcome.error
    const code = (
      {
        'not-found': 'case-not-found',
        'not-now': 'not-now',
        'no-such-user': 'user-not-found',
      } as const
    )[kind]
    return fail({ code, detail: message, audit: { target } })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/cases',
      access: BUSINESS,
      tag,
      summary: 'Work found, newest first',
      query: closed({
        ...paging,
        state: Type.Optional(oneOf([...caseStates, 'unfinished'] as const)),
        kind: Type.Optional(Type.String({ maxLength: 64 })),
        assignee: Type.Optional(Id),
        subject: Type.Optional(oneOf(subjects)),
        subjectId: Type.Optional(Id),
        overdue: Type.Optional(Type.Boolean()),
      }),
      answers: pageOf(Case),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const limit = query.limit ?? 100
        const found = await cases.list(filterOf(query, services), before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => caseView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/cases/:id',
      access: BUSINESS,
      tag,
      summary: 'One case with its history',
      params: IdParams,
      answers: CaseWithHistory,
      errors: ['case-not-found'],
      async handle({ params }) {
        const id: CaseId = idOf(params.id)
        const found = await cases.get(id)
        if (!found) return fail({ code: 'case-not-found' })
        const history = (await cases.history(id)).map((entry) => entryView(entry, civil))
        return ok({ body: { ...caseView(found, civil), history } })
      },
    }),
    define({
      method: 'PATCH',
      url: '/api/v1/cases/:id',
      access: DISPATCHING,
      tag,
      summary: 'Change how bad it is, or when it is due',
      params: IdParams,
      body: closed({
        severity: Type.Optional(oneOf(severities)),
        dueAt: Type.Optional(Moment),
      }),
      answers: Case,
      errors: ['case-not-found', 'not-now', 'user-not-found'],
      audit: 'case.change',
      async handle(call) {
        const { severity, dueAt } = call.body
        const due = dueAt === undefined ? undefined : parseInstant(dueAt)
        if (dueAt !== undefined && due === undefined) return fail({ code: 'invalid-parameters' })
        return await move(call, {
          kind: 'change',
          ...(severity === undefined ? {} : { severity }),
          ...(due === undefined ? {} : { dueAt: due }),
        })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/cases/:id/assign',
      access: OPERATION,
      tag,
      summary: 'Give it to somebody; without a user, take it',
      description: 'A technician takes cases; giving them to others is for who dispatches.',
      params: IdParams,
      body: closed({ user: Type.Optional(Id) }),
      answers: Case,
      errors: ['case-not-found', 'not-now', 'user-not-found'],
      audit: 'case.assign',
      async handle(call) {
        const { actor, body } = call
        const to = body.user ?? (actor.kind === 'user' ? actor.id : null)
        const isOther = to !== actor.id || actor.kind !== 'user'
        if (to === null || (isOther && !mayAct(actor, DISPATCHING))) {
          return fail({ code: 'forbidden' })
        }
        return await move(call, { kind: 'assign', to: idOf(to) })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/cases/:id/start',
      access: OPERATION,
      tag,
      summary: 'Begin to work on it',
      params: IdParams,
      answers: Case,
      errors: ['case-not-found', 'not-now', 'user-not-found'],
      audit: 'case.start',
      handle: (call) => move(call, { kind: 'start' }),
    }),
    define({
      method: 'POST',
      url: '/api/v1/cases/:id/notes',
      access: OPERATION,
      tag,
      summary: 'Write something down about it',
      params: IdParams,
      body: closed({ note: Note }),
      answers: Case,
      errors: ['case-not-found', 'not-now', 'user-not-found'],
      audit: 'case.note',
      handle: (call) => move(call, { kind: 'note', note: call.body.note }),
    }),
    define({
      method: 'POST',
      url: '/api/v1/cases/:id/close',
      access: OPERATION,
      tag,
      summary: 'Close it by what shows that it is over',
      params: IdParams,
      body: closed({ note: Note, evidence: Type.Optional(Facts) }),
      answers: Case,
      errors: ['case-not-found', 'not-now', 'user-not-found'],
      audit: 'case.close',
      handle: (call) =>
        move(call, { kind: 'close', note: call.body.note, evidence: call.body.evidence ?? {} }),
    }),
    define({
      method: 'POST',
      url: '/api/v1/cases/:id/dismiss',
      access: DISPATCHING,
      tag,
      summary: 'Dismiss it: there is nothing to do',
      description:
        'Evidence that returns is only counted for so many days (30), and reopens it then.',
      params: IdParams,
      body: closed({
        reason: Note,
        quietDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_660 })),
      }),
      answers: Case,
      errors: ['case-not-found', 'not-now', 'user-not-found'],
      audit: 'case.dismiss',
      handle(call) {
        const { reason, quietDays } = call.body
        const quiet = quietDays === undefined ? {} : { quietFor: hours(24 * quietDays) }
        return move(call, { kind: 'dismiss', note: reason, ...quiet })
      },
    }),
  ]
}

function filterOf(
  query: {
    readonly state?: (typeof caseStates)[number] | 'unfinished'
    readonly kind?: string
    readonly assignee?: number
    readonly subject?: (typeof subjects)[number]
    readonly subjectId?: number
    readonly overdue?: boolean
  },
  { clock }: Pick<ApiServices, 'clock'>,
): CaseFilter {
  const { state, kind, assignee, subject, subjectId, overdue } = query
  const isNamed = subject !== undefined && subjectId !== undefined
  return {
    ...(state === undefined
      ? {}
      : { states: state === 'unfinished' ? ['open', 'assigned', 'working'] : [state] }),
    ...(kind === undefined ? {} : { kind }),
    ...(assignee === undefined ? {} : { assignee: idOf(assignee) }),
    ...(isNamed ? { subject: { kind: subject, id: idOf(subjectId) } as WorkCase['subject'] } : {}),
    ...(overdue ? { dueBefore: clock.now() } : {}),
  }
}

function caseView(one: WorkCase, civil: CivilTime): Static<typeof Case> {
  const { id, kind, key, subject, severity, state, assignee, timesFound, evidence } = one
  return {
    id,
    kind,
    key,
    subject: { kind: subject.kind, id: subject.id },
    severity,
    state,
    assignee: assignee && { id: assignee.id, username: assignee.username },
    dueAt: civil.iso(one.dueAt),
    openedAt: civil.iso(one.openedAt),
    lastFoundAt: civil.iso(one.lastFoundAt),
    timesFound,
    endedAt: one.endedAt && civil.iso(one.endedAt),
    mutedUntil: one.mutedUntil && civil.iso(one.mutedUntil),
    evidence: plain(evidence),
  }
}

function entryView({ at, actor, act, note, detail }: CaseEntry, civil: CivilTime) {
  return { at: civil.iso(at), actor, act, note, detail: plain(detail) }
}

const plain = (facts: Evidence): Record<string, unknown> => ({ ...facts })
