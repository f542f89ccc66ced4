import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { hexPair } from '#protocols/bytes'
import { fail, idOf, instant, ok } from '#src/core'
import type { WireFrame } from '#src/evidence'
import { BUSINESS } from '../access.ts'
import { parseMoment, parseRegister } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, Moment, oneOf, Reading, RegisterCode } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { readingView } from '../views.ts'

/** Readings are told with the second. */
const A_SECOND_MS = 1_000

const Time = Type.String({ format: 'date-time' })

const Frame = closed({
  at: Time,
  direction: Type.String({ enum: ['sent', 'received'] }),
  hex: Type.String({ description: 'Bytes of passwords are `**`.' }),
  cut: Type.Boolean({ description: 'There was more than is kept.' }),
  decoded: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
})
const EventFrames = closed({
  items: Type.Array(closed({ ...Frame.properties, edge: oneOf(['began', 'ended']) })),
})
const EventParams = closed({ id: Type.String({ pattern: '^\\d{1,18}$' }) })

const Evidence = closed({
  reading: Reading,
  slot: Type.Union([
    closed({
      task: Type.Integer(),
      start: Time,
      due: Time,
      answeredAt: Time,
      attempts: Type.Integer(),
    }),
    Type.Null(),
  ]),
  frames: Type.Array(Frame),
})

/** From a reading to the frames that brought it (原始报文) and the slot that it answers. */
export function evidenceRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { readings, registry, evidence, civil, explainFrame } = services
  return [
    define({
      method: 'GET',
      url: '/api/v1/meters/:id/readings/evidence',
      access: BUSINESS,
      tag: 'Meters',
      summary: 'What stands behind one reading: the frames that brought it, and its slot',
      description: 'Frames are kept for HES_EVIDENCE_DAYS days.',
      params: IdParams,
      query: closed({ register: RegisterCode, at: Moment }),
      answers: Evidence,
      errors: ['meter-not-found', 'unknown-register', 'invalid-parameters', 'reading-not-found'],
      async handle({ params, query }) {
        const register = parseRegister(query.register)
        if (!register.ok) return register
        const at = parseMoment(civil, 'at', query.at)
        if (!at.ok) return at
        const meterId = idOf<'meter'>(params.id)
        if (!(await registry.meter(meterId))) return fail({ code: 'meter-not-found' })
        const page = await readings.list(meterId, {
          register: register.value.code,
          from: at.value,
          to: instant(at.value + A_SECOND_MS),
          limit: 1,
        })
        const reading = page.ok ? page.value.items[0] : undefined
        if (!reading) return fail({ code: 'reading-not-found' })
        const found = await evidence.of({
          meterId,
          item: register.value.code,
          measuredAt: reading.at,
          receivedAt: reading.receivedAt,
        })
        const slot = found.slot && {
          task: found.slot.planId,
          start: civil.iso(found.slot.slotStart),
          due: civil.iso(found.slot.due),
          answeredAt: civil.iso(found.slot.answeredAt),
          attempts: found.slot.attempts,
        }
        const frames = await Promise.all(found.frames.map(frameView))
        return ok({ body: { reading: readingView(civil, reading), slot, frames } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/device-events/:id/frames',
      access: BUSINESS,
      tag: 'Device events',
      summary: 'The frames that told an event: its beginning, and its end',
      description: 'Frames are kept for HES_EVIDENCE_DAYS days; none for an event that is unknown.',
      params: EventParams,
      answers: EventFrames,
      async handle({ params }) {
        const found = await evidence.ofEvent(BigInt(params.id))
        const items = await Promise.all(
          found.map(async (frame) => ({ ...(await frameView(frame)), edge: frame.edge })),
        )
        return ok({ body: { items } })
      },
    }),
  ]

  async function frameView(frame: WireFrame) {
    const { at, direction, bytes, masked, isCut: cut } = frame
    const isWhole = !cut && masked.length === 0
    const decoded = isWhole ? await explainFrame(bytes) : null
    return { at: civil.iso(at), direction, hex: hexOf(frame), cut, decoded }
  }
}

function hexOf({ bytes, masked }: WireFrame): string {
  const shown = Array.from(bytes, hexPair)
  for (const { from, to } of masked) shown.fill('**', from, to)
  return shown.join('')
}
