import { randomBytes } from 'node:crypto'
import type { Channel } from '#drivers/channel'
import {
  type MeterProfile,
  type MeterTime,
  type Protocol,
  type Reading,
  valueText,
} from '#protocols/model'
import { fail, milliseconds, ok, type Result, seconds, sleep } from '#src/core'
import { type MeterReader, type MeterReadout, meterReader } from '../readers/index.ts'
import { type ExchangeLimits, Line, limitsFor } from '../wire/index.ts'
import { compareClocks, tellTime } from './clock.ts'
import { listen } from './listen.ts'
import { type ProbePlan, probeAll } from './probe.ts'
import type { Bench, ClockReadout, FieldFailure, FieldWorld } from './types.ts'

/** The items by which a protocol tells the time: its clock, or date and time apart. */
const clockItems = ['0.0.1.0.0', '0.9.2', '0.9.1'] as const
const REQUEST_BYTES = 64
const PERMIT_LIFE = seconds(10)
/** A clock that was set may still differ by this much beyond what can be measured. */
const SET_TOLERANCE_MS = 2_000
const noBytes = new Uint8Array(0)

interface Work<Request, Response> {
  readonly line: Line
  readonly protocol: Protocol<Request, Response>
  readonly reader: MeterReader
  readonly world: FieldWorld
  readonly limits: ExchangeLimits
  readonly tellAll?: TellAll<Request> | undefined
}

/** What tells all devices of a line the time, for those whose clock nobody has the password of. */
type TellAll<Request> = (time: MeterTime) => Request

/** How devices of a protocol are found: by questions, or by what they say by themselves. */
export type Search = ProbePlan | 'unasked'
/** Of devices that are not looked for: whoever knows them says so, or another search does. */
export const noSearch: Search = { probes: [], likely: 0, limit: null }

/**
 * Devices of a protocol with a clock and one request that sets it. Where that asks for a password
 * that is not known, `tellAll` broadcasts the time instead.
 */
export function lineBench<Request, Response>(
  channel: Channel,
  world: FieldWorld,
  protocol: Protocol<Request, Response>,
  search: Search,
  options: LineBenchOptions<Request> = {},
): Bench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  return benchOn(line, world, protocol, search, options)
}

interface LineBenchOptions<Request> {
  readonly limits?: ExchangeLimits
  readonly tellAll?: TellAll<Request>
}

/** The same on a line that is held already, and closed with the bench. */
export function benchOn<Request, Response>(
  line: Line,
  world: FieldWorld,
  protocol: Protocol<Request, Response>,
  search: Search,
  { limits: asked, tellAll }: LineBenchOptions<Request>,
): Bench {
  const limits = asked ?? limitsFor(line.channel.facts, REQUEST_BYTES)
  const reader = meterReader(protocol)
  const work = { line, protocol, reader, world, limits, tellAll }
  return {
    name: line.channel.facts.name,
    read: (items, meter, signal) => reader.read(line, meter, items, limits, signal),
    scan({ limit }, watcher, signal) {
      if (search === 'unasked') return listen(line, protocol, world, { watcher, limit }, signal)
      const asking = { line, protocol, limits, clock: world.clock }
      const plan = limit === undefined ? search : { ...search, limit }
      return probeAll(asking, plan, watcher, signal)
    },
    readClock: (meter, signal) => readDeviceClock(work, meter, signal),
    setClock: (meter, signal) => setClock(work, meter, signal),
    close: () => line.close(),
  }
}

type Read<T> = Promise<Result<T, FieldFailure>>

/** The clock of one device beside ours. */
export async function readDeviceClock<Request, Response>(
  work: Work<Request, Response>,
  meter: MeterProfile,
  signal: AbortSignal,
): Read<ClockReadout> {
  const { protocol, world } = work
  const [whole, ...apart] = clockItems
  const { unsupported } = protocol.plan(clockItems, meter)
  const hasBoth = unsupported.length === 0
  const items = unsupported.includes(whole) ? apart : [whole]
  let sentAt = world.clock.now()
  let readout = await readClockItems(work, items, meter, signal)
  if (hasBoth && readout.refusals.length > 0) {
    sentAt = world.clock.now()
    readout = await readClockItems(work, apart, meter, signal)
  }
  const heardAt = world.clock.now()
  if (readout.failure !== null) return fail(readout.failure)
  const [refusal] = readout.refusals
  if (refusal !== undefined) return fail({ ...refusal, code: 'field.refused', raw: noBytes })
  const wallClock = wallClockOf(readout.readings)
  if (wallClock === null) {
    const message = `no clock is read at ${meter.address}; look at the form of the address`
    return fail({ code: 'field.no-clock', message, raw: noBytes })
  }
  return ok(compareClocks(wallClock, { sentAt, heardAt }, world.civil))
}

/** Just after midnight a date may be the day before's, since it was read first: it is read again. */
async function readClockItems<Request, Response>(
  { line, reader, limits }: Work<Request, Response>,
  items: readonly string[],
  meter: MeterProfile,
  signal: AbortSignal,
): Promise<MeterReadout> {
  const readout = await reader.read(line, meter, items, limits, signal)
  const [date, time] = items
  const at = readout.readings.find(({ item }) => item === time)
  if (!date || !at || valueText(at.value)?.startsWith('00:0') !== true) return readout
  const again = await reader.read(line, meter, [date], limits, signal)
  return { ...again, readings: [...again.readings, at] }
}

/** The wall clock in ISO 8601: of one value, or of a date and a time. */
function wallClockOf(readings: readonly Reading[]): string | null {
  const [clock, date, time] = clockItems.map((code) => {
    const reading = readings.find(({ item }) => item === code)
    return reading === undefined ? null : valueText(reading.value)
  })
  if (clock) return clock.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)
  return date && time ? `${date}T${time}` : null
}

/** Sets the clock of one device at the turn of a second, and reads it back. */
async function setClock<Request, Response>(
  work: Work<Request, Response>,
  meter: MeterProfile,
  signal: AbortSignal,
): Read<ClockReadout> {
  const { line, protocol, world, limits, tellAll } = work
  const { clock, civil, gate } = world
  const talk = protocol.session?.(meter, randomBytes) ?? protocol
  const write = () => talk.setClock?.(civil.toWall(clock.now()), meter) ?? null
  if (tellAll && write() === null) {
    const readBack = () => readDeviceClock(work, meter, signal)
    return tellTime(line, { protocol, request: tellAll, readBack }, meter, world, signal)
  }
  const permit = await gate.office.issue({
    device: { protocol: protocol.name, address: meter.address },
    effect: 'clock',
    action: null,
    purpose: 'upkeep',
    reference: `clock of ${meter.address}`,
    requestedBy: gate.person,
    approvers: [],
    life: PERMIT_LIFE,
  })
  await sleep(clock, milliseconds(1_000 - (clock.now() % 1_000)), signal)
  const request = write()
  if (request === null) {
    const message = `the clock of ${meter.address} cannot be set: the protocol has no word for it, or asks for a password`
    return fail({ code: 'field.not-offered', message, raw: noBytes })
  }
  const sent = await line.exchange(talk, request, limits, signal, permit)
  if (sent.kind === 'failed') return fail(sent.failure)
  if (sent.kind === 'refused') return fail({ ...sent.refusal, code: 'field.refused', raw: noBytes })
  const after = await readDeviceClock(work, meter, signal)
  if (!after.ok) return after
  const { offsetMs, uncertaintyMs, wallClock } = after.value
  if (offsetMs !== null && Math.abs(offsetMs) <= uncertaintyMs + SET_TOLERANCE_MS) return after
  return fail({
    code: 'field.not-taken',
    message: `the time was sent and taken, but the clock still says ${wallClock}`,
    raw: noBytes,
  })
}
