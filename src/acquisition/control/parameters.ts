import { dlt645, dlt645v1997 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import {
  isOf,
  type MeterProfile,
  type Protocol,
  type ProtocolName,
  valueText,
} from '#protocols/model'
import {
  type ChannelId,
  type CivilTime,
  type Clock,
  fail,
  instant,
  minutes,
  ok,
  type Result,
} from '#src/core'
import type { FieldFailure } from '../field/types.ts'
import { frameEncoder } from '../frames/index.ts'
import { actsOf, type PermitOffice } from '../gate/index.ts'
import { knownProtocols } from '../known-protocols.ts'
import { behind, carrierOf, limitsBehind, type MeterReader, usualVia } from '../readers/index.ts'
import type { Acquisition } from '../types.ts'
import { type ExchangeOutcome, type Line, limitsFor } from '../wire/index.ts'
import { rawFrames } from './raw-frames.ts'

const PERMIT_LIFE = minutes(10)
/** Less than that of the permit: no order holds longer than what it was allowed by. */
const ORDER_LIFE = minutes(9)
const REQUEST_BYTES = 256
const nothing = new Uint8Array(0)
const never = new AbortController().signal

export interface ParameterTarget {
  readonly channelId: ChannelId
  readonly meter: MeterProfile & { readonly protocol: ProtocolName }
}

export interface ParameterWorld {
  readonly acquisition: Pick<Acquisition, 'lend' | 'order'>
  readonly readers: readonly MeterReader[]
  readonly office: PermitOffice
  readonly clock: Clock
  readonly civil: CivilTime
}

export interface ParameterOrder {
  readonly item: string
  readonly wanted: string
  /** What the write may do, and nothing else. */
  readonly effect: 'write' | 'price' | 'mode'
  readonly reference: string
  readonly requestedBy: string
  readonly approvers: readonly string[]
}

type Send = (
  line: Line,
  frame: Uint8Array,
  permit: Permit,
  signal: AbortSignal,
) => Promise<ExchangeOutcome>
type Permit = Awaited<ReturnType<PermitOffice['issue']>>

/** Reads settings, and writes them with a permit and a proof. */
export function parameterTalk({ acquisition, readers, office, clock, civil }: ParameterWorld) {
  async function look(
    line: Line,
    meter: ParameterTarget['meter'],
    item: string,
    signal: AbortSignal,
  ): Promise<Result<string, FieldFailure>> {
    const reader = readers.find(({ name }) => name === meter.protocol)
    if (!reader) return fail(notOffered(meter.protocol))
    const asked = askedAs(meter.protocol, item)
    const readout = await reader.read(line, meter, [asked], null, signal)
    const { failure, refusals, readings, unsupported } = readout
    if (failure) return fail(failure)
    if (unsupported.length > 0) return fail(unknown(item))
    const [refusal] = refusals
    if (refusal) return fail({ ...refusal, code: 'field.refused', raw: nothing })
    const found = readings.filter((reading) => isOf(reading, asked))
    if (found.length === 0) return fail(noValue(item))
    return ok(found.map(({ value }) => valueText(value) ?? '').join('/'))
  }

  /** The same, empty where the device denies to have what was never written. */
  async function lookIfAny(...asked: Parameters<typeof look>): ReturnType<typeof look> {
    const seen = await look(...asked)
    return !seen.ok && seen.error.code === 'field.refused' ? ok('') : seen
  }

  /** One frame that does what it may and nothing else. */
  async function built(
    meter: ParameterTarget['meter'],
    { item, wanted, effect }: Pick<ParameterOrder, 'item' | 'wanted' | 'effect'>,
  ) {
    const encoder = await frameEncoder(meter.protocol)
    const expiresAt = civil.toWall(instant(clock.now() + ORDER_LIFE))
    const formed = encoder?.items([`${item}=${wanted}`], { meter, expiresAt, framing: 'tcp' })
    const [frame, ...others] = formed?.frames ?? []
    const send = senders.get(meter.protocol)
    const [fault] = formed?.faults ?? []
    if (!frame || others.length > 0 || !send) {
      return fail<FieldFailure>(fault ? wrong(fault) : notOffered(meter.protocol))
    }
    const [act, ...more] = actsIn(meter.protocol, frame.bytes)
    if (!act || more.length > 0 || act.effect !== effect) {
      return fail<FieldFailure>(wrong(`the frame does not only ${effect}`))
    }
    return ok({ frame: frame.bytes, act, send })
  }

  return {
    async read(
      { channelId, meter }: ParameterTarget,
      item: string,
    ): Promise<Result<string, FieldFailure>> {
      let seen: Result<string, FieldFailure> = fail(noValue(item))
      const lent = await acquisition.lend(
        channelId,
        async (line, signal) => {
          seen = await look(line, meter, item, signal)
        },
        never,
      )
      return lent.ok ? seen : lent
    },

    /** Why the value cannot be written; null where it can. Nothing is sent. */
    async fault(
      { meter }: ParameterTarget,
      order: Pick<ParameterOrder, 'item' | 'wanted' | 'effect'>,
    ): Promise<FieldFailure | null> {
      const made = await built(meter, order)
      return made.ok ? null : made.error
    },

    /** Reads, asks `mayGo`, writes and reads again, with nothing between. */
    async write(
      { channelId, meter }: ParameterTarget,
      order: ParameterOrder,
      mayGo: (before: string) => Promise<boolean>,
    ) {
      type Told = { readonly refusal: FieldFailure | null; readonly after: string | null }
      const { item, effect } = order
      const made = await built(meter, order)
      if (!made.ok) return made
      const { frame, act, send } = made.value
      let told: Result<Told, FieldFailure> = fail(noValue(item))
      const ordered = await acquisition.order(channelId, async (line, signal) => {
        const before = await lookIfAny(line, meter, item, signal)
        if (!before.ok) {
          told = before
          return
        }
        if (!(await mayGo(before.value))) {
          told = ok({ refusal: null, after: before.value })
          return
        }
        const { reference, requestedBy, approvers } = order
        const device = { protocol: meter.protocol, address: act.aim?.address ?? meter.address }
        const permit = await office.issue({
          ...{ reference, requestedBy, approvers, device, effect },
          action: null,
          purpose: 'upkeep',
          life: PERMIT_LIFE,
        })
        const outcome = await send(line, frame, permit, signal)
        const refusal = refusalOf(outcome)
        const after = await lookIfAny(line, meter, item, signal)
        told = ok({ refusal, after: after.ok ? after.value : null })
      })
      return ordered.ok ? told : ordered
    },
  }
}

/** What is set by AFN 04H is asked for by 0AH. */
function askedAs(protocol: ProtocolName, item: string): string {
  return protocol === gdw376.name ? item.replace(/^04-F/i, '0A-F') : item
}

function actsIn(name: ProtocolName, frame: Uint8Array) {
  const protocol = knownProtocols.find((one) => one.name === name)
  return protocol ? actsOf(protocol, frame, knownProtocols) : []
}

function refusalOf(outcome: ExchangeOutcome): FieldFailure | null {
  if (outcome.kind === 'refused') return { ...outcome.refusal, raw: nothing }
  return outcome.kind === 'failed' ? outcome.failure : null
}

const senders: ReadonlyMap<ProtocolName, Send> = new Map([
  [dlt645.name, senderOf(dlt645)],
  [dlt645v1997.name, senderOf(dlt645v1997)],
  [gdw376.name, senderOf(gdw376)],
  [dlt698.name, senderOf(dlt698)],
])

function senderOf<Request, Response>(protocol: Protocol<Request, Response>): Send {
  const raw = rawFrames(protocol)
  return async (line, frame, permit, signal) => {
    const { terminal } = line.channel.facts
    const limits = limitsFor(line.channel.facts, REQUEST_BYTES)
    const via = terminal?.protocol
    if (
      !terminal ||
      terminal.protocol === protocol.name ||
      (via !== 'gdw376' && via !== 'dlt698')
    ) {
      return await line.exchange(raw, frame, limits, signal, permit)
    }
    const carrier = carrierOf({ ...usualVia, protocol: via, address: terminal.address })
    const request = { inner: frame, nth: 0 }
    return await line.exchange(
      behind(raw, carrier),
      request,
      limitsBehind(limits, carrier),
      signal,
      permit,
    )
  }
}

const failure = (code: string, message: string): FieldFailure => ({ code, message, raw: nothing })
const noValue = (item: string) => failure('read.no-value', `the answer does not hold ${item}`)
const unknown = (item: string) => failure('read.unsupported', `the device has no item ${item}`)
const notOffered = (protocol: string) =>
  failure('field.not-offered', `settings of ${protocol} are not written from here`)
const wrong = (fault: string) => failure('parameter.value', fault)
