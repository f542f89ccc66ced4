import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, idOf, ok, type Result } from '#src/core'
import {
  type Campaign,
  CampaignTarget,
  deviceStates,
  type FirmwareDesk,
  firmwareBytesMax,
} from '#src/firmware'
import { BUSINESS, CONFIRMING, DISPATCHING, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import {
  Campaign as CampaignSchema,
  campaignView,
  Device,
  deviceView,
  File,
  fileView,
} from '../firmware-views.ts'
import type { Problem } from '../problems.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Firmware'
const UPLOAD_TIMEOUT_MS = 30_000
const Name = Type.String({ minLength: 1, maxLength: 100 })
const Version = Type.String({ pattern: '^[\\x21-\\x7e]{1,32}$' })
const Hour = Type.Integer({ minimum: 0, maximum: 23 })
const Reason = Type.String({ minLength: 1, maxLength: 500 })

const codes = {
  'not-found': 'firmware-not-found',
  'not-now': 'not-now',
  wrong: 'invalid-parameters',
  'key-reused': 'idempotency-mismatch',
  'second-person': 'second-person',
} as const

type Move = 'approve' | 'pause' | 'resume'

/** Firmware of terminals (终端升级): files, and campaigns that bring them. */
export function firmwareRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { firmware, civil } = services

  function answered(
    outcome: Awaited<ReturnType<FirmwareDesk['pause']>>,
    target: string,
  ): Result<{ body: Static<typeof CampaignSchema> }, Problem> {
    if (outcome.ok) return ok({ body: campaignView(outcome.value, civil) })
    const { kind, message } = outcome.error
    return fail({ code: codes[kind], detail: message, audit: { target } })
  }

  const moveOf = (move: Move, summary: string, access: typeof CONFIRMING | typeof OPERATION) =>
    define({
      method: 'POST',
      url: `/api/v1/firmware-campaigns/:id/${move}`,
      access,
      tag,
      summary,
      params: IdParams,
      answers: CampaignSchema,
      errors: ['firmware-not-found', 'not-now', 'second-person'],
      audit: `firmware-campaign.${move}`,
      async handle({ params, actor, note }) {
        const target = `firmware-campaign/${params.id}`
        const id = idOf<'firmware_campaign'>(params.id)
        return answered(await firmware[move](id, actor.name, (tx) => note(tx, { target })), target)
      },
    })

  return [
    define({
      method: 'POST',
      url: '/api/v1/firmware',
      access: DISPATCHING,
      tag,
      summary: 'Keep a file for terminals; the same bytes for the same devices are kept once',
      query: closed({
        name: Name,
        protocol: oneOf(['gdw376', 'dlt698']),
        version: Version,
        maker: Type.Optional(Name),
        model: Type.Optional(Name),
      }),
      bodyType: 'application/octet-stream',
      bodyLimitBytes: firmwareBytesMax,
      handlerTimeoutMs: UPLOAD_TIMEOUT_MS,
      body: Type.Unsafe<Uint8Array>(Type.Unknown({ description: 'The file as it is.' })),
      status: 201,
      answers: File,
      audit: 'firmware.upload',
      async handle({ query, body, actor, note }) {
        const { name, protocol, version, maker = null, model = null } = query
        const file = { name, protocol, version, maker, model, bytes: body }
        const kept = await firmware.upload(file, actor.name, (tx) =>
          note(tx, { target: 'firmware', detail: { ...query, bytes: body.length } }),
        )
        if (kept.ok) return ok({ body: fileView(kept.value, civil), target: 'firmware' })
        return fail({ code: codes[kept.error.kind], detail: kept.error.message })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/firmware',
      access: BUSINESS,
      tag,
      summary: 'Files for terminals, newest first',
      query: closed(paging),
      answers: pageOf(File),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const { limit = 100 } = query
        const found = await firmware.files(before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => fileView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/firmware-campaigns',
      access: DISPATCHING,
      tag,
      summary:
        'Ask for an upgrade: which file, for whom, in what stages; another person approves it',
      description:
        'Needs an `Idempotency-Key`: the same key is the same campaign. The first stage has `canary` ' +
        'devices, each that follows `batch`; the next begins when nothing of those before is under way.',
      body: closed({
        firmware: Id,
        target: CampaignTarget,
        canary: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        batch: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        blockBytes: Type.Optional(Type.Integer({ minimum: 64, maximum: 1_024 })),
        fromHour: Type.Optional(Hour),
        toHour: Type.Optional(Hour),
        failurePercentMax: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
      }),
      status: 201,
      answers: CampaignSchema,
      errors: ['firmware-not-found', 'idempotency-mismatch', 'no-idempotency-key'],
      audit: 'firmware-campaign.create',
      async handle({ body, actor, note, request }) {
        const key = request.headers['idempotency-key']
        if (typeof key !== 'string' || key === '' || key.length > 100) {
          return fail({ code: 'no-idempotency-key' })
        }
        const { canary = 5, batch = 100, blockBytes = 512, fromHour = 0, toHour = 0 } = body
        const { failurePercentMax = 5, firmware: file, target } = body
        const terms = { target, canary, batch, blockBytes, fromHour, toHour, failurePercentMax }
        const wanted = {
          ...terms,
          key: `${actor.kind}/${actor.id}/${key}`,
          firmwareId: idOf<'firmware'>(file),
          requestedBy: actor.name,
        }
        const made = await firmware.request(wanted, (tx) =>
          note(tx, { target: 'firmware-campaign', detail: { firmware: file, ...terms } }),
        )
        return answered(made, 'firmware-campaign')
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/firmware-campaigns',
      access: BUSINESS,
      tag,
      summary: 'Campaigns, newest first',
      query: closed(paging),
      answers: pageOf(CampaignSchema),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const before = numberOf(query.cursor)
        if (!before.ok) return before
        const { limit = 100 } = query
        const found: readonly Campaign[] = await firmware.campaigns(before.value, limit + 1)
        const items = found.slice(0, limit).map((one) => campaignView(one, civil))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/firmware-campaigns/:id',
      access: BUSINESS,
      tag,
      summary: 'One campaign, with its devices by their state',
      params: IdParams,
      answers: CampaignSchema,
      errors: ['firmware-not-found'],
      async handle({ params }) {
        const found = await firmware.campaign(idOf(params.id))
        return found
          ? ok({ body: campaignView(found, civil) })
          : fail({ code: 'firmware-not-found' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/firmware-campaigns/:id/devices',
      access: BUSINESS,
      tag,
      summary: 'Its devices: state, blocks, versions before and after, and reasons',
      params: IdParams,
      query: closed({ ...paging, state: Type.Optional(oneOf(deviceStates)) }),
      answers: pageOf(Device),
      errors: ['bad-cursor'],
      async handle({ params, query }) {
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const { limit = 100, state = null } = query
        const id = idOf<'firmware_campaign'>(params.id)
        const found = await firmware.devices(id, state, after.value, limit + 1)
        const items = found.slice(0, limit).map((one) => deviceView(one, civil))
        const next = cursorOf(found, limit, ({ concentratorId }) => concentratorId)
        return ok({ body: { items, next } })
      },
    }),
    moveOf('approve', 'Approve it, as somebody else than who asked; it begins', CONFIRMING),
    moveOf('pause', 'Send no further block', OPERATION),
    moveOf('resume', 'Go on at the block where each stopped', OPERATION),
    define({
      method: 'POST',
      url: '/api/v1/firmware-campaigns/:id/cancel',
      access: OPERATION,
      tag,
      summary: 'End it; what was not finished stays as it is',
      params: IdParams,
      body: closed({ reason: Reason }),
      answers: CampaignSchema,
      errors: ['firmware-not-found', 'not-now'],
      audit: 'firmware-campaign.cancel',
      async handle({ params, body, actor, note }) {
        const target = `firmware-campaign/${params.id}`
        const { reason } = body
        const id = idOf<'firmware_campaign'>(params.id)
        const ended = await firmware.cancel(id, reason, actor.name, (tx) =>
          note(tx, { target, detail: { reason } }),
        )
        return answered(ended, target)
      },
    }),
  ]
}
