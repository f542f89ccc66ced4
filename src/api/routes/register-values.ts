import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, idOf, instant, ok, type Result } from '#src/core'
import { type Actor, mayAct } from '#src/identity'
import { type Brought, type ValueFilter, valueKinds, valueStates } from '#src/validation'
import { BUSINESS, CONFIRMING, EDITING, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import { parseMoment } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, Moment, nullable, oneOf, pageOf, paging, RegisterCode } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { BroughtView, ValueView, valueView } from '../validation-schemas.ts'
import { deskProblem, noting } from './validation.ts'

const tag = 'Validation'
const Decimal = Type.String({ maxLength: 20, description: 'As on the display: 1234.56.' })
const Reason = Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' })
const ValueParams = closed({ id: Type.String({ pattern: '^\\d{1,18}$' }) })
/** A photo as base64 is a third longer. */
const PHOTO_BODY_BYTES = 8 * 2 ** 20
const FILE_BYTES = 4 * 2 ** 20
const READINGS_MAX = 1_000
const Photo = Type.String({
  maxLength: PHOTO_BODY_BYTES,
  pattern: '^[A-Za-z0-9+/]+={0,2}$',
  description: 'JPEG, PNG or WebP of the display, base64.',
})

/** Values that no meter sent: edits with approval, and readings that people bring. */
export function registerValueRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { validation, registry, identity, civil, clock } = services

  const broughtView = ({ valueId, meterId, outcome, reasons }: Brought) => ({
    meter: meterId,
    value: valueId === null ? null : String(valueId),
    outcome,
    reasons: [...reasons],
  })

  const maySee = async (actor: Actor, no: string) =>
    mayAct(actor, BUSINESS) || (await identity.isBound(actor, no))

  async function keep(photo: string | undefined): Promise<Result<string | null, Problem>> {
    if (photo === undefined) return ok(null)
    const kept = await validation.keepPhoto(Buffer.from(photo, 'base64'))
    if (kept.ok) return ok(kept.value.hash)
    const detail = kept.error === 'too-large' ? 'the photo is too large' : 'this is no photo'
    return fail({ code: 'invalid-parameters', detail })
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/validation/values',
      access: BUSINESS,
      tag,
      summary: 'Estimates, edits and readings that people brought, newest first',
      query: closed({
        ...paging,
        meter: Type.Optional(Id),
        state: Type.Optional(oneOf(valueStates)),
        kind: Type.Optional(oneOf(valueKinds)),
      }),
      answers: pageOf(ValueView),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const { limit = 100, meter, state, kind } = query
        const filter: ValueFilter = {
          ...(meter === undefined ? {} : { meterId: idOf<'meter'>(meter) }),
          ...(state === undefined ? {} : { state }),
          ...(kind === undefined ? {} : { kind }),
        }
        const from = before.value === null ? null : BigInt(before.value)
        const found = await validation.values(filter, from, limit + 1)
        const items = found.slice(0, limit).map((one) => valueView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => Number(id)) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/validation/edits',
      access: EDITING,
      tag,
      summary: 'Write another value of a register; another person approves it',
      body: closed({
        meter: Id,
        register: RegisterCode,
        at: Moment,
        value: Decimal,
        reason: Reason,
      }),
      status: 201,
      answers: ValueView,
      errors: ['finding-not-found', 'meter-not-found', 'not-now', 'second-person', 'invalid-range'],
      audit: 'validation.edit',
      async handle({ body, actor, note }) {
        const { meter, register, value, reason } = body
        const target = `meter/${meter}`
        const at = parseMoment(civil, 'at', body.at)
        if (!at.ok) return at
        const edit = { meterId: idOf<'meter'>(meter), register, value, reason, at: at.value }
        const made = await validation.edit({ ...edit, by: actor.name }, noting(note, target))
        return made.ok
          ? ok({ body: valueView(made.value, civil) })
          : fail(deskProblem(made.error, target))
      },
    }),
    ...(['approve', 'refuse'] as const).map((verdict) =>
      define({
        method: 'POST',
        url: `/api/v1/validation/edits/:id/${verdict}`,
        access: verdict === 'approve' ? CONFIRMING : [...new Set([...CONFIRMING, ...EDITING])],
        tag,
        summary:
          verdict === 'approve' ? 'Put an edit in force, by another person' : 'Do not take an edit',
        params: ValueParams,
        body: closed({ reason: Type.Optional(Reason) }),
        answers: ValueView,
        errors: ['finding-not-found', 'not-now', 'second-person'],
        audit: `validation.${verdict}`,
        async handle({ params, body, actor, note }) {
          const target = `register-value/${params.id}`
          const settled = await validation.settleValue(
            { id: BigInt(params.id), verdict, reason: body.reason ?? '', by: actor.name },
            noting(note, target),
          )
          return settled.ok
            ? ok({ body: valueView(settled.value, civil) })
            : fail(deskProblem(settled.error, target))
        },
      }),
    ),
    define({
      method: 'POST',
      url: '/api/v1/validation/readings',
      access: [...new Set([...EDITING, ...OPERATION])],
      tag,
      summary: 'Readings written down by hand; they pass the rules before they count',
      body: closed({
        readings: Type.Array(
          closed({
            meter: Id,
            register: Type.Optional(RegisterCode),
            at: Moment,
            value: Decimal,
            photo: Type.Optional(Photo),
          }),
          { minItems: 1, maxItems: READINGS_MAX },
        ),
      }),
      bodyLimitBytes: PHOTO_BODY_BYTES,
      answers: closed({ items: Type.Array(BroughtView) }),
      errors: ['invalid-range'],
      audit: 'reading.bring',
      async handle({ body, actor, note }) {
        const readings = []
        for (const { meter, register = '1.8.0', at, value, photo } of body.readings) {
          const moment = parseMoment(civil, 'at', at)
          if (!moment.ok) return moment
          const hash = await keep(photo)
          if (!hash.ok) return hash
          const detail = hash.value === null ? {} : { photo: hash.value }
          readings.push({
            meterId: idOf<'meter'>(meter),
            register,
            at: moment.value,
            value,
            detail,
          })
        }
        const told = await validation.bring(
          readings,
          'manual',
          actor.name,
          noting(note, 'readings'),
        )
        return ok({ body: { items: told.map(broughtView) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/validation/handheld-files',
      access: [...new Set([...EDITING, ...OPERATION])],
      tag,
      summary: 'A file of a handheld (掌机), by the format of that name',
      query: closed({ format: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })) }),
      body: Type.String({ minLength: 1 }),
      bodyType: 'text/csv',
      bodyLimitBytes: FILE_BYTES,
      answers: closed({
        items: Type.Array(closed({ line: Type.Integer(), ...BroughtView.properties })),
        wrong: Type.Array(closed({ line: Type.Integer(), reason: Type.String() })),
      }),
      errors: ['finding-not-found'],
      audit: 'reading.bring-file',
      async handle({ query, body, actor, note }) {
        const target = 'readings'
        const file = await validation.readHandheld(query.format ?? 'standard', body)
        if (!file.ok) return fail(deskProblem(file.error, target))
        const { readings, wrong } = file.value
        const told = await validation.bring(readings, 'handheld', actor.name, noting(note, target))
        const items = told.map((one, index) => ({
          line: readings[index]?.line ?? 0,
          ...broughtView(one),
        }))
        return ok({ body: { items, wrong: [...wrong] } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/accounts/:no/readings',
      access: [...EDITING, 'customer'],
      tag: 'Accounts',
      summary: 'A reading that the customer took, with a photo',
      description:
        'Of a meter of this account; without a meter of the only one. What passes the rules counts, ' +
        'the rest is looked at by people.',
      params: closed({ no: Type.String({ minLength: 1, maxLength: 64 }) }),
      body: closed({
        meter: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        register: Type.Optional(oneOf(['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0'])),
        value: Decimal,
        at: Type.Optional(Moment),
        photo: Type.Optional(Photo),
      }),
      bodyLimitBytes: PHOTO_BODY_BYTES,
      rateLimit: { max: 30, timeWindow: 3_600_000 },
      answers: BroughtView,
      errors: ['account-not-found', 'meter-not-found', 'invalid-range'],
      audit: 'reading.bring-self',
      async handle({ params: { no }, body, actor, note }) {
        const target = `account/${no}`
        const nobody = fail({ code: 'account-not-found' as const, audit: { target } })
        if (!(await maySee(actor, no))) return nobody
        const at = body.at === undefined ? ok(clock.now()) : parseMoment(civil, 'at', body.at)
        if (!at.ok) return at
        const installed = await registry.accountMeters(no, at.value, instant(at.value + 1))
        if (!installed) return nobody
        const ids = [...new Set(installed.map(({ meterId }) => meterId))]
        const meters = await Promise.all(ids.map((id) => registry.meter(id)))
        const own = meters.flatMap((one) =>
          one && (body.meter === undefined || one.address === body.meter) ? [one] : [],
        )
        const [meter] = own
        if (meter === undefined || own.length > 1) {
          return fail({ code: 'meter-not-found', audit: { target } })
        }
        const hash = await keep(body.photo)
        if (!hash.ok) return hash
        const detail = hash.value === null ? {} : { photo: hash.value }
        const { register = '1.8.0', value } = body
        const reading = { meterId: meter.id, register, value, at: at.value, detail }
        const [told] = await validation.bring([reading], 'self', actor.name, noting(note, target))
        if (told === undefined) return nobody
        return ok({ body: broughtView(told) })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/validation/photos/:hash',
      access: BUSINESS,
      tag,
      summary: 'A photo that came with a reading',
      params: closed({ hash: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
      answers: closed({ type: Type.String(), data: nullable(Type.String()) }),
      errors: ['finding-not-found'],
      async handle({ params }) {
        const photo = await validation.photo(params.hash)
        if (!photo) return fail({ code: 'finding-not-found' })
        return ok({
          body: { type: photo.type, data: Buffer.from(photo.bytes).toString('base64') },
        })
      },
    }),
  ]
}
