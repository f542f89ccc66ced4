import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { protocolNames } from '#protocols/model'
import type { ChannelId, Id, Instant, MeterId, Result, UserId } from '#src/core'
import type { Db } from '#src/db'

export type OrderId = Id<'field_order'>

export const orderKinds = ['replace', 'install', 'retire', 'move'] as const
export type OrderKind = (typeof orderKinds)[number]

/** `waiting`: for a person; `running`: something is due, or tried again. */
export const orderStates = ['running', 'waiting', 'done', 'failed', 'cancelled'] as const
export type OrderState = (typeof orderStates)[number]

const closed = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })
const Id32 = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
const Text = Type.String({ maxLength: 500 })
export const Ratio = Type.String({
  pattern: '^[1-9]\\d{0,8}/[1-9]\\d{0,8}$',
  description: 'An exact ratio, e.g. 100/5.',
})
const Register = closed({
  register: Type.String({ pattern: '^\\d{1,2}\\.\\d{1,2}\\.\\d{1,2}$' }),
  value: Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,4})?$' }),
})
const Registers = Type.Array(Register, { minItems: 1, maxItems: 40 })

/** What is ordered; which fields count depends on the kind. */
export const OrderSpec = closed({
  /** replace, retire. */
  meter: Type.Optional(Id32),
  /** install: its code. */
  usagePoint: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** install: the channel that the meter will be asked on. */
  channel: Type.Optional(Id32),
  /** move: the concentrator that is replaced. */
  concentrator: Type.Optional(Id32),
  reason: Text,
})
export type OrderSpec = Static<typeof OrderSpec>

/** What whoever was there did, told once. */
export const FieldReport = closed({
  /** When the work was done: here one installation ends and the next begins. */
  at: Type.String({ maxLength: 40 }),
  newMeter: Type.Optional(
    closed({
      address: Type.String({ minLength: 1, maxLength: 64 }),
      protocol: Type.Union(protocolNames.map((name) => Type.Literal(name))),
      profile: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      model: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      /** The number on the meter, where a terminal stands for it in the archive. */
      behind: Type.Optional(Type.String({ pattern: '^\\d{12}$' })),
    }),
  ),
  newConcentrator: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  /** The terminal's own number of the metering point, where it is a new one. */
  point: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_040 })),
  ct: Type.Optional(Ratio),
  pt: Type.Optional(Ratio),
  /** Read off the meter that went, and off the one that came. */
  closing: Type.Optional(Registers),
  opening: Type.Optional(Registers),
  photos: Type.Optional(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 20 })),
  note: Type.Optional(Text),
})
export type FieldReport = Static<typeof FieldReport>
export type RegisterValue = Static<typeof Register>

export type Facts = Readonly<Record<string, unknown>>

export interface FieldStep {
  readonly position: number
  readonly name: string
  readonly state: 'begun' | 'waiting' | 'done' | 'failed'
  readonly attempts: number
  readonly startedAt: Instant
  readonly lastAt: Instant
  readonly endedAt: Instant | null
  readonly hangsAt: Instant
  readonly evidence: Facts
  readonly reason: string | null
}

export interface FieldOrder {
  readonly id: OrderId
  readonly kind: OrderKind
  readonly state: OrderState
  readonly spec: OrderSpec
  readonly report: FieldReport | null
  readonly meterId: MeterId | null
  readonly usagePointId: Id<'usage_point'> | null
  readonly concentratorId: Id<'concentrator'> | null
  readonly requestedBy: string
  readonly reportedBy: string | null
  readonly assigneeId: UserId | null
  readonly requestedAt: Instant
  readonly position: number
  readonly nextAt: Instant | null
  readonly endedAt: Instant | null
  readonly verdict: string | null
}

export interface OrderEvent {
  readonly at: Instant
  readonly actor: string
  readonly event: string
  readonly detail: Facts
}

/** What a terminal has to know of a meter behind it (测量点参数). */
export interface MeterPoint {
  /** The terminal's own number of the entry. */
  readonly number: number
  readonly point: number
  readonly address: string
}

export interface TalkFailure {
  readonly kind: 'away' | 'silent' | 'refused' | 'gate' | 'unsupported'
  readonly message: string
}

export type Talked<T> = Promise<Result<T, TalkFailure>>

/** For whom something is written to a device, as the gate asks it. */
export interface OnOrder {
  readonly reference: string
  readonly requestedBy: string
}

/** Devices, as field work needs them. What is written is written behind the gate. */
export interface FieldTalk {
  readRegisters(
    meter: MeterId,
    registers: readonly string[],
    signal: AbortSignal,
  ): Talked<{ readonly at: Instant; readonly values: readonly RegisterValue[] }>
  /** The meters that the terminal of a channel knows; null where it needs to know none. */
  meterPoints(channel: ChannelId, signal: AbortSignal): Talked<readonly MeterPoint[] | null>
  /** Other settings of an entry stay as they are, or are the usual. */
  writeMeterPoint(
    channel: ChannelId,
    point: MeterPoint,
    order: OnOrder,
    signal: AbortSignal,
  ): Talked<void>
  removeMeterPoint(
    channel: ChannelId,
    point: MeterPoint,
    order: OnOrder,
    signal: AbortSignal,
  ): Talked<void>
}

/** From when a meter's slots are due, and until when. Safe to tell twice. */
export interface FieldSlots {
  meterGone(meter: MeterId, from: Instant): Promise<void>
  meterCame(meter: MeterId, from: Instant): Promise<void>
}

export interface NewOrder {
  /** The same key is the same order. */
  readonly key: string
  readonly kind: OrderKind
  readonly spec: OrderSpec
  readonly requestedBy: string
}

export interface OrderRefusal {
  readonly kind: 'not-found' | 'not-now' | 'wrong' | 'key-reused' | 'no-such-user'
  readonly message: string
}

export interface OrderFilter {
  readonly state?: OrderState
  readonly kind?: OrderKind
  /** Only those at a step that takes longer than it should. */
  readonly hangingAt?: Instant
}

export type Also = (tx: Db) => Promise<void>

/** Work in the field, from its order to its verdict. */
export interface FieldOrders {
  order(order: NewOrder, also?: Also): Promise<Result<FieldOrder, OrderRefusal>>
  get(id: OrderId): Promise<FieldOrder | undefined>
  steps(id: OrderId): Promise<readonly FieldStep[]>
  events(id: OrderId): Promise<readonly OrderEvent[]>
  list(filter: OrderFilter, before: number | null, limit: number): Promise<readonly FieldOrder[]>
  /** Once: what was done in the field is not told twice in two ways. */
  report(
    id: OrderId,
    report: FieldReport,
    by: string,
    also?: Also,
  ): Promise<Result<FieldOrder, OrderRefusal>>
  /** Gives an unfinished order to a person. */
  assign(
    id: OrderId,
    to: UserId,
    by: string,
    also?: Also,
  ): Promise<Result<FieldOrder, OrderRefusal>>
  /** Tries the step again at which an order failed or waits. */
  retry(id: OrderId, by: string, also?: Also): Promise<Result<FieldOrder, OrderRefusal>>
  /** Only while nothing was changed. */
  cancel(
    id: OrderId,
    reason: string,
    by: string,
    also?: Also,
  ): Promise<Result<FieldOrder, OrderRefusal>>
}
