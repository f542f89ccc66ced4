import { broadcastAddress, dlt645 } from '#protocols/dlt645'
import {
  type MeterProfile,
  type MeterTime,
  meterTimeText,
  type Protocol,
  valueText,
} from '#protocols/model'
import {
  type CivilTime,
  fail,
  type Instant,
  instant,
  milliseconds,
  ok,
  type Result,
  seconds,
  sleep,
} from '#src/core'
import { meterReader } from '../readers/index.ts'
import type { Line } from '../wire/index.ts'
import { limitsFor } from '../wire/index.ts'
import type { ClockReadout, FieldFailure, FieldWorld } from './types.ts'

const DATE = '04000101'
const TIME = '04000102'
const REQUEST_BYTES = 18
/** A device shows whole seconds: its true time is up to one second later. */
const HIDDEN_MS = 1_000
/** A clock that was set may still differ by this much beyond what can be measured. */
const SET_TOLERANCE_MS = 2_000
const PERMIT_LIFE = seconds(10)

const reader = meterReader(dlt645)

type Read<T> = Result<T, FieldFailure>

/** Reads a DL/T 645 meter's date and time and compares them with ours. */
export async function readClock(
  line: Line,
  meter: MeterProfile,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Read<ClockReadout>> {
  const first = await readText(line, DATE, meter, signal)
  if (!first.ok) return first
  const sentAt = world.clock.now()
  const time = await readText(line, TIME, meter, signal)
  if (!time.ok) return time
  const heardAt = world.clock.now()
  let date = first.value
  // Just after midnight the date may be the day before's: it was read first.
  if (time.value.startsWith('00:0')) {
    const again = await readText(line, DATE, meter, signal)
    if (!again.ok) return again
    date = again.value
  }
  return ok(compareClocks(`${date}T${time.value}`, { sentAt, heardAt }, world.civil))
}

/** Where a device's wall clock stands against ours, asked between two moments of ours. */
export function compareClocks(
  wallClock: string,
  asked: { readonly sentAt: Instant; readonly heardAt: Instant },
  civil: CivilTime,
): ClockReadout {
  const ourAt = instant(Math.round((asked.sentAt + asked.heardAt) / 2))
  const uncertaintyMs = Math.round((asked.heardAt - asked.sentAt + HIDDEN_MS) / 2)
  const time = wallTimeOf(wallClock)
  const deviceAt = time === null ? undefined : civil.toInstant(time)
  if (deviceAt === undefined) {
    return { wallClock, deviceAt: null, ourAt, offsetMs: null, uncertaintyMs }
  }
  return {
    wallClock,
    deviceAt,
    ourAt,
    offsetMs: deviceAt + HIDDEN_MS / 2 - ourAt,
    uncertaintyMs,
  }
}

function wallTimeOf(text: string): MeterTime | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number)
  return { year, month, day, hour, minute, second }
}

/** Sets the clocks of all DL/T 645-2007 meters on a line, and reads this one's back. */
export function setClock(
  line: Line,
  meter: MeterProfile,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Read<ClockReadout>> {
  const telling = {
    protocol: dlt645,
    request: (time: MeterTime) => ({ kind: 'set-clock', address: broadcastAddress, time }) as const,
    readBack: () => readClock(line, meter, world, signal),
  }
  return tellTime(line, telling, meter, world, signal)
}

/** How all meters of a line are told the time, and how one is asked whether it took it. */
export interface Telling<Request, Response> {
  readonly protocol: Protocol<Request, Response>
  readonly request: (time: MeterTime) => Request
  readonly readBack: () => Promise<Read<ClockReadout>>
}

/**
 * Broadcasts the time at the turn of a second (DL/T 645-2007 §5.3.2 广播校时: nobody answers) and
 * reads the meter's clock back, which alone proves that it was taken.
 */
export async function tellTime<Request, Response>(
  line: Line,
  { protocol, request, readBack }: Telling<Request, Response>,
  meter: MeterProfile,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Read<ClockReadout>> {
  const { clock, civil, gate } = world
  const limits = limitsFor(line.channel.facts, REQUEST_BYTES)
  const permit = await gate.office.issue({
    device: { protocol: protocol.name, address: broadcastAddress },
    effect: 'clock',
    action: null,
    purpose: 'upkeep',
    reference: `clock of ${meter.address}`,
    requestedBy: gate.person,
    approvers: [],
    life: PERMIT_LIFE,
  })
  await sleep(clock, milliseconds(1_000 - (clock.now() % 1_000)), signal)
  const told = request(civil.toWall(clock.now()))
  const sent = await line.exchange(protocol, told, limits, signal, permit)
  if (sent.kind === 'failed') return fail(sent.failure)
  // Meters still turn the broadcast over while the next request would be on its way.
  await sleep(clock, limits.gap, signal)
  const after = await readBack()
  if (!after.ok) return after
  const { offsetMs, uncertaintyMs, wallClock } = after.value
  if (offsetMs !== null && Math.abs(offsetMs) <= uncertaintyMs + SET_TOLERANCE_MS) return after
  return fail({
    code: 'field.not-taken',
    message: `the time was broadcast, but the clock still says ${wallClock}`,
    raw: new Uint8Array(0),
  })
}

async function readText(
  line: Line,
  item: string,
  meter: MeterProfile,
  signal: AbortSignal,
): Promise<Read<string>> {
  const readout = await reader.read(line, meter, [item], null, signal)
  if (readout.failure !== null) return fail(readout.failure)
  const [refusal] = readout.refusals
  const nothing = new Uint8Array(0)
  if (refusal !== undefined) return fail({ ...refusal, code: 'field.refused', raw: nothing })
  const [reading] = readout.readings
  if (reading === undefined) {
    return fail({ code: 'exchange.damaged', message: `the answer held no ${item}`, raw: nothing })
  }
  const at = reading.at?.kind === 'wall' ? meterTimeText(reading.at.time) : ''
  return ok(valueText(reading.value) ?? at)
}
