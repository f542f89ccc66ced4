import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, idOf, ok } from '#src/core'
import { type ChannelChange, channelKinds, parseChannelSettings, poolKinds } from '#src/registry'
import { BUSINESS, INSTALLATION, OPERATION } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { DefineRoute } from '../route.ts'
import { closed, Id, IdParams, nullable, oneOf, pageOf, paging, Time } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Channels'
const Name = Type.String({ minLength: 1, maxLength: 64 })
const Settings = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
)
const Kind = oneOf(channelKinds)
const WayName = oneOf(['primary', 'backup'])

const Channel = closed({
  id: Id,
  name: Type.String(),
  kind: Kind,
  settings: Settings,
  backup: Type.Union([closed({ kind: Kind, settings: Settings }), Type.Null()]),
  used: WayName,
  since: nullable(Time),
  pools: Type.Array(Type.String()),
})
const Change = closed({
  channel: Id,
  at: Time,
  used: WayName,
  reason: Type.String({ description: '`recovered`, or the code of what failed.' }),
  message: Type.String(),
})
const Pool = closed({
  name: Name,
  kind: oneOf(poolKinds),
  visitsMax: Type.Integer({ minimum: 1, maximum: 100_000 }),
  channels: Type.Array(Name, { description: 'Names of channels.', maxItems: 100_000 }),
})
const { name: _, ...poolBody } = Pool.properties
const PoolParams = closed({ name: Name })
const Done = closed({})

/** Second ways of channels (主备通道), what was used when, and what channels share. */
export function channelRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { channelWays, civil } = services
  const changeView = ({ channelId, at, ...change }: ChannelChange) => {
    return { channel: channelId, at: civil.iso(at), ...change }
  }
  const limited = closed({ limit: paging.limit })
  return [
    define({
      method: 'GET',
      url: '/api/v1/channels',
      access: BUSINESS,
      tag,
      summary: 'Channels (通道), their second ways, and which is in use',
      query: closed(paging),
      answers: pageOf(Channel),
      errors: ['bad-cursor'],
      async handle({ query }) {
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const found = await channelWays.list(after.value ?? 0, limit + 1)
        const items = found.slice(0, limit).map((channel) => {
          const { id, name, kind, used, since } = channel
          return {
            id,
            name,
            kind,
            settings: { ...channel.settings },
            backup: channel.backup
              ? { ...channel.backup, settings: { ...channel.backup.settings } }
              : null,
            used,
            since: since === null ? null : civil.iso(since),
            pools: (channel.pools ?? []).map((pool) => pool.name),
          }
        })
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/channels/changes',
      access: BUSINESS,
      tag,
      summary: 'Changes between primary and backup of all channels (通道切换), newest first',
      query: limited,
      answers: pageOf(Change),
      async handle({ query }) {
        const changes = await channelWays.changes(null, query.limit ?? 100)
        return ok({ body: { items: changes.map(changeView), next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/channels/:id/changes',
      access: BUSINESS,
      tag,
      summary: 'Changes between primary and backup of one channel, newest first',
      params: IdParams,
      query: limited,
      answers: pageOf(Change),
      async handle({ params, query }) {
        const changes = await channelWays.changes(idOf(params.id), query.limit ?? 100)
        return ok({ body: { items: changes.map(changeView), next: null } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/channels/:id/backup',
      access: INSTALLATION,
      tag,
      summary: 'Give a channel a second way',
      description: 'Taken while the first one fails, and left once that is back.',
      params: IdParams,
      body: closed({
        kind: Kind,
        settings: Type.String({ maxLength: 500, examples: ['host=10.0.0.5;port=26'] }),
      }),
      answers: Done,
      errors: ['channel-not-found', 'invalid-parameters'],
      audit: 'channel.backup',
      async handle({ params, body, note }) {
        const audit = { target: `channel/${params.id}` }
        const settings = parseChannelSettings(body.kind, body.settings)
        if (!settings.ok) return fail({ code: 'invalid-parameters', detail: settings.error, audit })
        if (body.kind === 'mqtt') {
          const detail =
            'a broker is not a way to one terminal; name a kind that is dialed or calls'
          return fail({ code: 'invalid-parameters', detail, audit })
        }
        const way = { kind: body.kind, settings: settings.value }
        const known = await channelWays.setBackup(idOf(params.id), way, (tx) =>
          note(tx, { ...audit, detail: { ...way } }),
        )
        return known ? ok({ body: {} }) : fail({ code: 'channel-not-found', audit })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/channels/:id/backup',
      access: INSTALLATION,
      tag,
      summary: 'Take the second way of a channel away',
      params: IdParams,
      answers: Done,
      errors: ['channel-not-found'],
      audit: 'channel.backup',
      async handle({ params, note }) {
        const audit = { target: `channel/${params.id}` }
        const known = await channelWays.setBackup(idOf(params.id), null, (tx) =>
          note(tx, { ...audit, detail: { kind: null } }),
        )
        return known ? ok({ body: {} }) : fail({ code: 'channel-not-found', audit })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/permit-pools',
      access: BUSINESS,
      tag,
      summary: 'What channels share: cells, SIM pools, gateways, and how many visits each takes',
      answers: pageOf(Pool),
      async handle() {
        const pools = await channelWays.pools()
        const items = pools.map((pool) => ({ ...pool, channels: [...pool.channels] }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/permit-pools/:name',
      access: OPERATION,
      tag,
      summary: 'Make or change a pool (并发许可)',
      description: 'At most so many visits at once on the channels that are named, all together.',
      params: PoolParams,
      body: closed(poolBody),
      answers: Pool,
      errors: ['channel-not-found'],
      audit: 'permit-pool.set',
      async handle({ params, body, note }) {
        const { name } = params
        const audit = { target: `permit-pool/${name}` }
        const { kind, visitsMax } = body
        const unknown = await channelWays.setPool({ ...body, name }, (tx) =>
          note(tx, { ...audit, detail: { kind, visitsMax, channels: body.channels.length } }),
        )
        if (unknown.length === 0) return ok({ body: { ...body, name } })
        const detail = `There is no channel ${unknown.slice(0, 10).join(', ')}; nothing was changed.`
        return fail({ code: 'channel-not-found', detail, audit })
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/permit-pools/:name',
      access: OPERATION,
      tag,
      summary: 'Take a pool away',
      params: PoolParams,
      answers: Done,
      errors: ['not-found'],
      audit: 'permit-pool.drop',
      async handle({ params, note }) {
        const audit = { target: `permit-pool/${params.name}` }
        const known = await channelWays.dropPool(params.name, (tx) => note(tx, audit))
        return known ? ok({ body: {} }) : fail({ code: 'not-found', audit })
      },
    }),
  ]
}
