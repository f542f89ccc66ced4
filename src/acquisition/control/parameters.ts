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
  seconds,
} from '#src/core'
import type { FieldFailure } from '../field/types.ts'
import { frameEncoder } from '../frames/index.ts'
import { actsOf, type PermitOffice } from '../gate/index.ts'
import { knownProtocols } from '../known-protocols.ts'
import { behind, carrierOf, limitsBehind, type MeterReader, usualVia } from '../readers/index.ts'
import type { Acquisition } from '../types.ts'
import { type ExchangeOutcome, type Line, limitsFor } from '../wire/index.ts'
import { rawFrames } from './raw-frames.ts'

const PERMIT_LIFE = seconds(60)
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
  readonly effect: 'write' | 'price'
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
    const { failure, refusals, readings } = await reader.read(line, meter, [item], null, signal)
    if (failure) return fail(failure)
    const [refusal] = refusals
    if (refusal) return fail({ ...refusal, code: 'field.refused', raw: nothing })
    const found = readings.filter((reading) => isOf(reading, item))
    if (found.length === 0) return fail(noValue(item))
    return ok(found.map(({ value }) => valueText(value) ?? '').join('/'))
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

    /** Reads, asks `mayGo`, writes and reads again, with nothing between. */
    async write(
      { channelId, meter }: ParameterTarget,
      order: ParameterOrder,
      mayGo: (before: string) => Promise<boolean>,
    ) {
      type Told = { readonly refusal: FieldFailure | null; readonly after: string | null }
      const { item, wanted, effect } = order
      const encoder = await frameEncoder(meter.protocol)
      const expiresAt = civil.toWall(instant(clock.now() + minutes(10)))
      const built = encoder?.items([`${item}=${wanted}`], { meter, expiresAt, framing: 'tcp' })
      const [frame, ...others] = built?.frames ?? []
      const send = senders.get(meter.protocol)
      const [fault] = built?.faults ?? []
      if (!frame || others.length > 0 || !send) {
        return fail<FieldFailure>(fault ? wrong(fault) : notOffered(meter.protocol))
      }
      const [act, ...more] = actsIn(meter.protocol, frame.bytes)
      if (!act || more.length > 0 || act.effect !== effect) {
        return fail<FieldFailure>(wrong(`the frame does not only ${effect}`))
      }
      let told: Result<Told, FieldFailure> = fail(noValue(item))
      const ordered = await acquisition.order(channelId, async (line, signal) => {
        const seen = await look(line, meter, item, signal)
        // What was never written some meters deny to have.
        const before = !seen.ok && seen.error.code === 'field.refused' ? ok('') : seen
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
        const outcome = await send(line, frame.bytes, permit, signal)
        const refusal = refusalOf(outcome)
        const after = await look(line, meter, item, signal)
        told = ok({ refusal, after: after.ok ? after.value : null })
      })
      return ordered.ok ? told : ordered
    },
  }
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
const notOffered = (protocol: string) =>
  failure('field.not-offered', `settings of ${protocol} are not written from here`)
const wrong = (fault: string) => failure('parameter.value', fault)
