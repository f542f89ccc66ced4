import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type ClockRefusal, correctionStates, deviceKinds } from '#src/clocks'
import { fail, ok, type Result } from '#src/core'
import type { Actor } from '#src/identity'
import { ARMING, BUSINESS, CONFIRMING, OPERATION } from '../access.ts'
import {
  Clock,
  ClockWithSeries,
  CorrectionView,
  clockView,
  correctionView,
  Device,
  deviceOf,
  Policy,
  seenView,
} from '../clock-views.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import { followById } from '../following.ts'
import type { Problem } from '../problems.ts'
import type { Answer, Call, DefineRoute } from '../route.ts'
import { closed, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Clocks'
const MEASURED_AT_ONCE = 10_000
const SERIES_MAX = 500
/** Its channel may be at another meter first. */
const MEASURING_TIMEOUT_MS = 40_000

const DeviceParams = closed({ device: Device })
const CorrectionParams = IdParams

/** Clocks of meters and terminals (时钟管理): how far off, and who moves them. */
export function clockRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { clocks, civil, clock } = services

  type Deciding = Pick<Call<typeof IdParams, never, never, Actor>, 'params' | 'actor' | 'note'>
  async function decide(
    { params, actor, note }: Deciding,
    act: 'approve' | 'reject',
  ): Promise<Result<Answer<typeof CorrectionView>, Problem>> {
    const target = `clock-correction/${params.id}`
    const by = { name: nameOf(actor) }
    const done = await clocks[act](params.id, by, (tx) => note(tx, { target }))
    if (done.ok) return ok({ body: correctionView(done.value, civil) })
    return fail({ ...problemOf(done.error), audit: { target } })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/clocks',
      access: BUSINESS,
      tag,
      summary: 'Clocks, those furthest off first',
      query: closed({
        ...paging,
        kind: Type.Optional(oneOf(deviceKinds)),
        above: Type.Optional(
          Type.Integer({ minimum: 0, description: 'Only those at least so many seconds off.' }),
        ),
      }),
      answers: pageOf(Clock),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const from = numberOf(query.cursor)
        if (!from.ok) return from
        const limit = query.limit ?? 100
        const { kind, above } = query
        const filter = {
          ...(kind === undefined ? {} : { kind }),
          ...(above === undefined ? {} : { aboveMs: above * 1_000 }),
        }
        const offset = from.value ?? 0
        const found = await clocks.list(filter, offset, limit + 1)
        const items = found.slice(0, limit).map((state) => clockView(state, civil))
        return ok({ body: { items, next: cursorOf(found, limit, () => offset + limit) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/clocks/:device',
      access: BUSINESS,
      tag,
      summary: 'One clock, and how it went',
      params: DeviceParams,
      answers: ClockWithSeries,
      errors: ['not-found'],
      async handle({ params }) {
        const device = deviceOf(params.device)
        const state = await clocks.get(device)
        if (!state) return fail({ code: 'not-found' })
        const series = await clocks.series(device, SERIES_MAX)
        const seen = series.map((one) => seenView(one, civil))
        return ok({ body: { ...clockView(state, civil), series: seen } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/clocks/measure',
      access: OPERATION,
      tag,
      summary: 'Measure clocks as soon as their channels have time',
      body: closed({ devices: Type.Array(Device, { minItems: 1, maxItems: MEASURED_AT_ONCE }) }),
      status: 202,
      answers: closed({ devices: Type.Integer() }),
      errors: ['not-found'],
      audit: 'clock.measure',
      bodyLimitBytes: 500_000,
      async handle({ body, note }) {
        const devices = body.devices.map(deviceOf)
        const known = await clocks.measureNow(devices, (tx) =>
          note(tx, { target: 'clocks', detail: { devices: devices.length } }),
        )
        return known === 0 ? fail({ code: 'not-found' }) : ok({ body: { devices: known } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/clocks/:device/measure',
      access: OPERATION,
      tag,
      summary: 'Measure one clock and wait for it',
      params: DeviceParams,
      answers: Clock,
      errors: ['not-found', 'device-failure'],
      audit: 'clock.measure',
      handlerTimeoutMs: MEASURING_TIMEOUT_MS,
      async handle({ params }) {
        const target = `clock/${params.device}`
        const measured = await clocks.measure(deviceOf(params.device))
        if (measured.ok) return ok({ body: clockView(measured.value, civil), target })
        if (measured.error === 'not-found') return fail({ code: 'not-found', audit: { target } })
        const { code, message } = measured.error
        const extra = { reason: { code, message } }
        return fail({ code: 'device-failure', detail: message, extra, audit: { target } })
      },
    }),
    followById(define, clock, {
      url: '/api/v1/clock-corrections/:id',
      tag,
      summary: 'How a correction is going',
      answers: CorrectionView,
      look: clocks.correction,
      isOver: ({ endedAt, state }) => endedAt !== null || state === 'proposed',
      view: (one) => correctionView(one, civil),
    }),
    define({
      method: 'GET',
      url: '/api/v1/clock-corrections',
      access: BUSINESS,
      tag,
      summary: 'Corrections, newest first',
      query: closed({
        ...paging,
        state: Type.Optional(oneOf(correctionStates)),
        device: Type.Optional(Device),
      }),
      answers: pageOf(CorrectionView),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const limit = query.limit ?? 100
        const { state, device } = query
        const filter = {
          ...(state === undefined ? {} : { state }),
          ...(device === undefined ? {} : { device: deviceOf(device) }),
        }
        const found = await clocks.corrections(filter, before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => correctionView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/clock-corrections',
      access: OPERATION,
      tag,
      summary: 'Ask for a clock to be corrected (校时)',
      description:
        'By what was measured last. From fifteen minutes on somebody else has to approve. It is ' +
        'carried out when neither clock is near a full hour, and proven by reading back. Where ' +
        'the system proposed it already, who asks stands behind that.',
      body: DeviceParams,
      status: 202,
      answers: CorrectionView,
      errors: ['not-found', 'not-now'],
      audit: 'clock.correct',
      async handle({ body, actor, note }) {
        const target = `clock/${body.device}`
        const by = { name: nameOf(actor) }
        const made = await clocks.propose(deviceOf(body.device), by, (tx) => note(tx, { target }))
        if (made.ok) return ok({ body: correctionView(made.value, civil) })
        return fail({ ...problemOf(made.error), audit: { target } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/clock-corrections/:id/approve',
      access: CONFIRMING,
      tag,
      summary: 'Stand behind a correction',
      params: CorrectionParams,
      answers: CorrectionView,
      errors: ['not-found', 'not-now', 'second-person'],
      audit: 'clock.approve',
      handle: (call) => decide(call, 'approve'),
    }),
    define({
      method: 'POST',
      url: '/api/v1/clock-corrections/:id/reject',
      access: [...CONFIRMING, 'operator'],
      tag,
      summary: 'See to it that a correction is not made',
      params: CorrectionParams,
      answers: CorrectionView,
      errors: ['not-found', 'not-now', 'second-person'],
      audit: 'clock.reject',
      handle: (call) => decide(call, 'reject'),
    }),
    define({
      method: 'GET',
      url: '/api/v1/clock-policy',
      access: BUSINESS,
      tag,
      summary: 'What is corrected without anybody being asked',
      answers: Policy,
      handle: async () => ok({ body: { ...(await clocks.policy()) } }),
    }),
    define({
      method: 'PUT',
      url: '/api/v1/clock-policy',
      access: ARMING,
      tag,
      summary: 'Change it',
      body: Policy,
      answers: Policy,
      audit: 'clock.policy',
      async handle({ body, note }) {
        await clocks.setPolicy(body, (tx) => note(tx, { target: 'clock-policy', detail: body }))
        return ok({ body })
      },
    }),
  ]
}

function nameOf(actor: Actor): string {
  return actor.kind === 'user' ? `user/${actor.id}` : actor.name
}

function problemOf(refusal: ClockRefusal): Problem {
  switch (refusal) {
    case 'not-found':
      return { code: 'not-found' }
    case 'second-person':
      return { code: 'second-person' }
    case 'not-now':
      return notNow('clock.open', 'A correction of this clock is open or over already.')
    case 'not-measured':
      return notNow('clock.not-measured', 'The clock was not measured yet.')
    case 'not-needed':
      return notNow('clock.good', 'The clock is good as it is.')
  }
}

function notNow(code: string, detail: string): Problem {
  return { code: 'not-now', detail, extra: { reason: { code, message: detail } } }
}
