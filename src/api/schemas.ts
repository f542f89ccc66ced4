import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { items as catalogue, protocolNames } from '#protocols/model'
import { readItemStates, readRequestStates } from '#src/collection'
import { roles } from '#src/identity'

/** Objects are closed: an unknown field is a mistake that is worth telling. */
export const closed = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })

/** One type array instead of a union, so that long lists serialise fast. */
/** Of a request too; `nullable` is for what is only answered. */
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export function nullable<T extends TSchema>(schema: T) {
  const { type } = schema
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [type, 'null'] })
}

export const oneOf = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.String({ enum: [...values], pattern: `^(?:${values.join('|')})$` }))

/** A page of a list, as every list of the API. */
export const pageOf = <T extends TSchema>(item: T) =>
  closed({
    items: Type.Array(item),
    next: nullable(
      Type.String({ description: 'Cursor of the next page; null at the end of the list.' }),
    ),
  })

export const Id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
export const IdParams = closed({ id: Id })
export const Time = Type.String({ format: 'date-time', examples: ['2026-11-21T22:30:00+08:00'] })
const DecimalText = Type.String({
  description: 'An exact decimal.',
  pattern: '^-?\\d+(\\.\\d+)?$',
  examples: ['123.45'],
})

export const RegisterCode = Type.String({
  description: `A code of the register model, e.g. ${catalogue[0]?.code}.`,
  maxLength: 20,
  examples: ['1.8.0'],
})
export const Moment = Type.String({
  description: 'ISO 8601 with offset, or a civil date, which means its first moment.',
  maxLength: 40,
  examples: ['2026-11-21T00:00:00+08:00', '2026-11-21'],
})
const Limit = Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })
export const Cursor = Type.String({ maxLength: 512, description: '`next` of the page before.' })
export const paging = { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }
export const granularities = ['15min', 'hour', 'day', 'month'] as const
export const RoleName = oneOf(roles)

/** Schemas with a name in the document; `Problem#` is referred to by every route. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Where the code is explained.' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; see the table in the description of this API.' }),
    detail: Type.Optional(Type.String()),
    instance: Type.String({ description: 'The request id, as in the log.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          in: Type.String({ enum: ['path', 'query', 'body', 'headers', 'file'] }),
          name: Type.String(),
          message: Type.String(),
          line: Type.Optional(Type.Integer()),
        }),
      ),
    ),
  },
  { $id: 'Problem', description: 'RFC 9457 problem document.' },
)

export const Meter = closed({
  id: Id,
  address: Type.String(),
  protocol: Type.String({ enum: [...protocolNames] }),
  profile: nullable(Type.String()),
  model: nullable(Type.String()),
  usagePoint: nullable(Type.String()),
  account: nullable(Type.String()),
  concentrator: nullable(Type.String({ description: 'Its address.' })),
  concentratorId: nullable(Type.Integer()),
  channel: Type.String(),
  channelKind: Type.String(),
})

export const Reading = closed({
  register: RegisterCode,
  value: Type.String({ description: 'Exactly the digits the device sent.' }),
  unit: Type.String(),
  at: Time,
  receivedAt: Time,
  quality: Type.String({ enum: ['good', 'clock-doubtful', 'suspect', 'estimated'] }),
  source: Type.String({ enum: ['poll', 'on-demand', 'push', 'import'] }),
  dataClass: Type.String({ enum: ['current', 'interval', 'daily', 'monthly'] }),
  timeSource: Type.String({ enum: ['meter', 'head-end'] }),
})

/** How well the energy of a period is known. */
export const UsageQuality = Type.String({
  enum: ['measured', 'interpolated', 'suspect', 'incomplete', 'estimated', 'edited'],
})

export const Usage = closed({
  register: RegisterCode,
  unit: Type.String(),
  granularity: Type.String({ enum: [...granularities] }),
  items: Type.Array(
    closed({
      start: Time,
      end: Time,
      value: DecimalText,
      quality: UsageQuality,
    }),
  ),
  fallen: Type.Integer({
    description: 'Periods left out because the register fell: a swap, a reset, a wrong reading.',
  }),
})

export const Register = closed({
  code: RegisterCode,
  en: Type.String(),
  zh: Type.String(),
  unit: Type.String({ description: 'Empty where there is none.' }),
  kind: Type.String({ enum: ['register', 'demand', 'instant', 'state', 'event'] }),
})

export const Curve = closed({
  register: RegisterCode,
  unit: Type.String(),
  items: Type.Array(closed({ at: Time, value: Type.String() })),
})

export const Concentrator = closed({
  id: Id,
  address: Type.String(),
  name: Type.String(),
  transformer: nullable(Type.String()),
  meters: Type.Integer(),
  online: Type.Boolean(),
  lastHeartbeat: nullable(Time),
  remoteAddress: nullable(Type.String()),
  signal: nullable(
    Type.Integer({
      description:
        'CSQ, 0 to 31. Null where the device does not tell: transparent DTUs carry it in no ' +
        'registration packet or heartbeat that is known here.',
    }),
  ),
})

const counts = {
  expected: Type.Integer(),
  received: Type.Integer(),
  late: Type.Integer(),
  missing: Type.Integer({ description: 'Given up, or only estimated.' }),
  estimated: Type.Integer(),
  notExpected: Type.Integer({
    description: 'Of meters that were removed meanwhile, and the like; in no other figure.',
  }),
  pending: Type.Integer({ description: 'Still to come or being asked for; in no rate.' }),
  successRate: nullable(
    Type.String({
      description: 'received / (received + missing); null while nothing has ended.',
      examples: ['0.9950'],
    }),
  ),
}

export const CollectionSummary = closed({
  date: Type.String({ format: 'date' }),
  ...counts,
  groups: Type.Array(
    closed({
      concentratorId: nullable(Type.Integer()),
      concentrator: nullable(Type.String()),
      channelId: Type.Integer(),
      channel: Type.String(),
      ...counts,
    }),
  ),
})

export const ReadItem = closed({
  meter: Id,
  item: Type.String(),
  state: oneOf(readItemStates),
  value: nullable(Type.String()),
  unit: nullable(Type.String()),
  at: nullable(Time),
  answeredAt: nullable(Time),
  readings: Type.Array(
    closed({
      register: nullable(Type.String()),
      name: Type.String(),
      value: nullable(Type.String()),
      unit: Type.String(),
      at: nullable(Time),
      flag: nullable(Type.String()),
    }),
    {
      description:
        'Everything the answer held of this item; a block has many. value, unit and at ' +
        'beside it are those of an item with exactly one.',
    },
  ),
  reason: nullable(closed({ code: Type.String(), message: Type.String() })),
})

export const Read = closed({
  id: Type.String({ format: 'uuid' }),
  state: oneOf(readRequestStates),
  requestedBy: Type.String(),
  requestedAt: Time,
  startedAt: nullable(Time),
  finishedAt: nullable(Time),
  deadline: nullable(Time),
  cancelledBy: nullable(Type.String()),
  meters: Type.Integer(),
  progress: closed({
    total: Type.Integer({ description: 'Items of all meters.' }),
    waiting: Type.Integer(),
    running: Type.Integer(),
    answered: Type.Integer(),
    failed: Type.Integer(),
    cancelled: Type.Integer(),
    percent: Type.Number({ description: 'Of all that have ended, however they did.' }),
    perMinute: nullable(Type.Number({ description: 'Items that ended a minute since it began.' })),
  }),
  items: Type.Array(ReadItem, {
    description: 'Empty where there are more than 10,000: they come by pages, at `/items`.',
  }),
})

export const Setting = closed({
  name: Type.String(),
  value: Type.Unsafe<string | number | readonly string[] | null>({
    type: ['string', 'number', 'array', 'null'],
    items: { type: 'string' },
  }),
  source: Type.String(),
  meaning: Type.String(),
})

export const Node = closed({
  name: Type.String(),
  roles: Type.Array(Type.String()),
  startedAt: Time,
  version: Type.String(),
  channels: Type.Integer(),
})
