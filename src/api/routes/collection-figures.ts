import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { groupings, type ListedSlot, slotStates } from '#src/collection'
import {
  type BusinessDate,
  type CivilTime,
  fail,
  idOf,
  ok,
  parseBusinessDate,
  type Result,
} from '#src/core'
import { BUSINESS, OPERATION } from '../access.ts'
import { Backfilled, CivilDate, Coverage, Kpis, Slots, Unread } from '../collection-schemas.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, oneOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Collection'
/** Two months and a day: a range is counted day by day. */
const DAYS_MAX = 62
const IDS_MAX = 10_000

const optional = { from: Type.Optional(CivilDate), to: Type.Optional(CivilDate) }
const Ids = Type.Optional(Type.Array(Id, { maxItems: IDS_MAX }))

/** Figures and lists out of the ledger of slots (采集台账), and manual backfill (补采). */
export function collectionFigureRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { collectionReports: reports, civil, clock } = services
  const today = () => civil.dateOf(clock.now())
  return [
    define({
      method: 'GET',
      url: '/api/v1/collection/kpis',
      access: BUSINESS,
      tag,
      summary: 'Success, timeliness and online rates, with what they are made of (采集指标)',
      description: 'Of whole civil days, both given ones included; today if absent.',
      query: closed({ ...optional, by: Type.Optional(oneOf(groupings)) }),
      answers: Kpis,
      errors: ['invalid-range', 'range-too-long'],
      async handle({ query }) {
        const range = rangeOf(query, today(), civil)
        if (!range.ok) return range
        const { items, ...rest } = await reports.kpis({ ...range.value, by: query.by ?? 'all' })
        const shown = items.map(({ group, counts, kpis }) => ({
          ...{ group, counts: { ...counts } },
          kpis: kpis.map((kpi) => ({ ...kpi })),
        }))
        return ok({ body: { ...rest, items: shown } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/collection/slots',
      access: BUSINESS,
      tag,
      summary: 'Slots of a day, the newest first: what came, and why the rest did not',
      query: closed({
        ...paging,
        date: Type.Optional(CivilDate),
        state: Type.Optional(oneOf(slotStates)),
        reason: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        task: Type.Optional(Id),
        meter: Type.Optional(Id),
        concentrator: Type.Optional(Id),
      }),
      answers: Slots,
      errors: ['invalid-range', 'bad-cursor'],
      async handle({ query }) {
        const { limit = 100, cursor, state, reason, task, meter, concentrator } = query
        const date = query.date === undefined ? today() : parseBusinessDate(query.date)
        if (date === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
        const filter = {
          date,
          ...(state !== undefined && { state }),
          ...(reason !== undefined && { reason }),
          ...(task !== undefined && { planId: idOf<'poll_plan'>(task) }),
          ...(meter !== undefined && { meterId: idOf<'meter'>(meter) }),
          ...(concentrator !== undefined && { concentratorId: idOf<'concentrator'>(concentrator) }),
        }
        const page = await reports.slots(filter, { limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map((slot) => slotView(civil, slot))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/collection/unread',
      access: BUSINESS,
      tag,
      summary: 'Meters of which nothing came for days (连续抄表失败)',
      query: closed({
        ...paging,
        days: Type.Optional(Type.Integer({ minimum: 1, maximum: DAYS_MAX, default: 3 })),
      }),
      answers: Unread,
      errors: ['bad-cursor'],
      async handle({ query: { limit = 100, cursor, days = 3 } }) {
        const page = await reports.unread(days, { limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const items = page.value.items.map(({ meterId, lastReceived, ...point }) => ({
          ...{ meter: meterId, ...point },
          lastReceived: lastReceived === null ? null : civil.iso(lastReceived),
        }))
        return ok({ body: { items, next: page.value.next } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/collection/coverage',
      access: BUSINESS,
      tag,
      summary: 'How many usage points an active terminal covers, and which none does (采集覆盖率)',
      description: 'Active: heard within 24 hours. Of a meter without a concentrator: received.',
      query: closed(paging),
      answers: Coverage,
      errors: ['bad-cursor'],
      async handle({ query: { limit = 100, cursor } }) {
        const page = await reports.coverage({ limit, ...(cursor && { cursor }) })
        if (!page.ok) return fail({ code: 'bad-cursor' })
        const { kpi, items, next } = page.value
        return ok({ body: { kpi: { ...kpi }, items: items.map((item) => ({ ...item })), next } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/collection/backfill',
      access: OPERATION,
      tag,
      summary: 'Ask again for what was given up and devices may still hold (补采)',
      description: 'The same again changes nothing. Nobody named: every meter, every task.',
      body: closed({
        meters: Ids,
        groups: Ids,
        concentrators: Ids,
        tasks: Ids,
        from: CivilDate,
        to: CivilDate,
      }),
      answers: Backfilled,
      errors: ['invalid-range', 'range-too-long'],
      audit: 'collection.backfill',
      async handle({ body, note }) {
        const range = rangeOf(body, today(), civil)
        if (!range.ok) return range
        const { meters = [], groups = [], concentrators = [], tasks = [] } = body
        const order = {
          ...range.value,
          meterIds: meters.map((id) => idOf<'meter'>(id)),
          groupIds: groups,
          concentratorIds: concentrators.map((id) => idOf<'concentrator'>(id)),
          planIds: tasks.map((id) => idOf<'poll_plan'>(id)),
        }
        const target = `collection/${order.from}..${order.to}`
        const outcome = await reports.backfill(order, (tx, done) =>
          note(tx, { target, detail: { ...done, meters, groups, concentrators, tasks } }),
        )
        services.archiveMoved()
        return ok({ body: { ...outcome } })
      },
    }),
  ]
}

interface Range {
  readonly from: BusinessDate
  readonly to: BusinessDate
}

function rangeOf(
  given: { readonly from?: string; readonly to?: string },
  today: BusinessDate,
  civil: CivilTime,
): Result<Range, Problem> {
  const from = given.from === undefined ? undefined : parseBusinessDate(given.from)
  const to = given.to === undefined ? undefined : parseBusinessDate(given.to)
  if ((given.from !== undefined && !from) || (given.to !== undefined && !to)) {
    return fail({ code: 'invalid-range', detail: 'No such date.' })
  }
  const range = { from: from ?? to ?? today, to: to ?? from ?? today }
  if (range.to < range.from) {
    return fail({ code: 'invalid-range', detail: 'The range ends before it begins.' })
  }
  if (civil.addDays(range.from, DAYS_MAX) <= range.to) {
    return fail({ code: 'range-too-long', detail: `At most ${DAYS_MAX} days.` })
  }
  return ok(range)
}

function slotView(civil: CivilTime, { meterId, slotStart, due, answeredAt, ...slot }: ListedSlot) {
  return {
    meter: meterId,
    ...slot,
    slot: civil.iso(slotStart),
    due: civil.iso(due),
    answeredAt: answeredAt === null ? null : civil.iso(answeredAt),
  }
}
