import { randomBytes } from 'node:crypto'
import type { MeterProfile, Protocol, Reading, RelayAction } from '#protocols/model'
import {
  type Duration,
  fail,
  instant,
  milliseconds,
  minutes,
  ok,
  type Result,
  seconds,
  sleep,
} from '#src/core'
import { actsOf } from '../gate/index.ts'
import { knownProtocols } from '../known-protocols.ts'
import { meterReader } from '../readers/index.ts'
import type { ExchangeLimits, Line } from '../wire/index.ts'
import { type RelayState, type RelayView, relayViewOf, shows } from './relay-state.ts'
import type { ClockReadout, FieldFailure, FieldWorld } from './types.ts'

/** A device ignores the order once its own clock is past this. */
const ORDER_LIFE = minutes(5)
const PERMIT_LIFE = minutes(6)
/** A clock further off would take the order for an old one, or keep it for longer than meant. */
const CLOCK_OFF_MAX_MS = 240_000
/** A relay needs this long before its state is true (3 to 4 s). */
const SETTLING = seconds(4)
const LOOK_EVERY = seconds(5)
/** Beyond the device's own delay. */
const PATIENCE = seconds(20)
const DELAY_MINUTES_MAX = 24 * 60

/** Found out on the way: the device would not do what the order says, so it was not given. */
const neverSent: ReadonlySet<string> = new Set(['dlms.control-mode'])

/** One order to the relay of one device. */
export interface RelayTask {
  readonly action: RelayAction
  /** With what it takes to be obeyed; never a wildcard or a group. */
  readonly meter: MeterProfile
  /** Why, for the journal. */
  readonly reason: string
  /** How the person confirmed it: `typed`, `--yes`. */
  readonly confirmed: string
}

export interface RelayReport {
  readonly before: RelayState
  readonly after: RelayState
  /** Null where the device has no such delay or does not tell it. */
  readonly delayMinutes: number | null
  /** False when no good answer came: then only the state read back says what happened. */
  readonly answered: boolean
  /** The state read back shows what was ordered. */
  readonly proven: boolean
  /** What the device said of the order, in its own words. */
  readonly said: readonly string[]
}

/** Told what happens meanwhile. */
export type RelayWatcher = (text: string) => void

/** A protocol bound to a line: what an order is given and proven with. */
export interface RelayLine<Request, Response> {
  readonly protocol: Protocol<Request, Response>
  readonly line: Line
  readonly world: FieldWorld
  readonly limits: ExchangeLimits
  /** The device's clock beside ours; null where the protocol's orders carry no expiry. */
  readonly readClock:
    | ((meter: MeterProfile, signal: AbortSignal) => Promise<Result<ClockReadout, FieldFailure>>)
    | null
}

/**
 * Gives one order: state before, the order under a permit of its own, the device's delay, state
 * after. A missing answer is never followed by the same order again, only by a look at the relay.
 */
export async function orderRelay<Request, Response>(
  on: RelayLine<Request, Response>,
  task: RelayTask,
  watch: RelayWatcher,
  signal: AbortSignal,
): Promise<Result<RelayReport, FieldFailure>> {
  const { protocol, world } = on
  const view = relayViewOf(protocol.name, task.meter.address)
  const missing = view.why[task.action]
  if (missing !== undefined) return failure('relay.no-word', missing)
  const planned = plan(on, task)
  if (!planned.ok) return planned
  watch('reading the state before')
  const before = await stateOf(on, view, task, signal)
  if (!before.ok) return before
  const clock = await clockFits(on, task, signal)
  if (!clock.ok) return clock
  const delayMinutes = await delayOf(on, view, task, signal)
  // Read anew, since everything before took its time on the line.
  const order = plan(on, task)
  if (!order.ok) return order
  watch(`sending: ${task.action}`)
  const sent = await send(on, task, order.value, signal)
  if (!sent.ok) return sent
  const { denied } = sent.value
  const wait = milliseconds(denied ? 0 : minutes(delayMinutes ?? 0) + PATIENCE)
  const until = instant(world.clock.now() + wait)
  watch(delayMinutes ? `the meter waits ${delayMinutes} min by itself` : 'reading the state back')
  const after = await proof(on, { view, task, until }, signal)
  // Whoever stands between may have passed it on and lost the answer: only the state tells.
  if (denied && !(after.ok && shows(task.action, after.value))) return fail(denied)
  if (!after.ok) return after
  const proven = shows(task.action, after.value)
  const { answered, said } = sent.value
  const states = { before: before.value, after: after.value }
  return ok({ ...states, delayMinutes, proven, answered, said })
}

interface Planned<Request, Response> {
  /** The conversation that the order is part of, where the protocol holds one. */
  readonly talk: Protocol<Request, Response>
  readonly requests: readonly Request[]
  readonly address: string
  readonly effect: 'trip' | 'relay'
}

/** The frames of the order, which must be for this one device and do what it says. */
function plan<Request, Response>(
  { protocol, world }: RelayLine<Request, Response>,
  { action, meter }: RelayTask,
): Result<Planned<Request, Response>, FieldFailure> {
  const expiresAt = world.civil.toWall(instant(world.clock.now() + ORDER_LIFE))
  const talk = protocol.session?.(meter, randomBytes) ?? protocol
  const { requests = [] } = talk.order?.({ action, expiresAt }, meter) ?? {}
  const [request] = requests
  if (request === undefined) {
    const why = `${protocol.name} has no order "${action}" for this meter`
    return failure('relay.no-order', why)
  }
  const [act, ...others] = actsOf(talk, talk.encode(request), knownProtocols)
  if (act === undefined) {
    // A conversation opens first; the gate looks at the frame that moves the relay when it comes.
    const moves = action === 'trip' ? 'trip' : 'relay'
    return ok({ talk, requests, address: meter.address, effect: moves })
  }
  const { aim, effect } = act
  const isOne = aim !== null && !aim.isGroup && others.length === 0
  if (!isOne || (effect !== 'trip' && effect !== 'relay')) {
    return failure('relay.not-one', 'an order goes to one meter, by its whole address')
  }
  return ok({ talk, requests: [request], address: aim.address, effect })
}

/** What became of the frame; `denied` where a device on the way said no. */
type Left = Pick<RelayReport, 'answered' | 'said'> & { readonly denied: FieldFailure | null }

async function send<Request, Response>(
  { protocol, line, world, limits }: RelayLine<Request, Response>,
  task: RelayTask,
  { talk, requests, address, effect }: Planned<Request, Response>,
  signal: AbortSignal,
): Promise<Result<Left, FieldFailure>> {
  const { office, person } = world.gate
  const permit = await office.issue({
    device: { protocol: protocol.name, address },
    effect,
    action: task.action,
    purpose: 'test',
    reference: task.reason,
    requestedBy: person,
    approvers: [`${person} (${task.confirmed})`],
    life: PERMIT_LIFE,
  })
  const [request, ...farewells] = requests
  if (request === undefined) return ok({ answered: false, said: [], denied: null })
  const outcome = await line.exchange(talk, request, limits, signal, permit)
  for (const farewell of farewells) await line.exchange(talk, farewell, limits, signal)
  if (outcome.kind === 'refused') return failure(outcome.refusal.code, outcome.refusal.message)
  if (outcome.kind === 'answered') {
    return ok({ answered: true, said: outcome.readings.map(({ name }) => name), denied: null })
  }
  const { code, fault, message } = outcome.failure
  if (fault !== null && neverSent.has(fault)) return failure(fault, message)
  if (code === 'exchange.gate' || code === 'exchange.transport') return fail(outcome.failure)
  const denied = code === 'exchange.denied' ? outcome.failure : null
  return ok({ answered: false, said: [], denied })
}

/** Looks until the state shows the order, or the device had all the time it may take. */
async function proof<Request, Response>(
  on: RelayLine<Request, Response>,
  at: { readonly view: RelayView; readonly task: RelayTask; readonly until: number },
  signal: AbortSignal,
): Promise<Result<RelayState, FieldFailure>> {
  const { clock } = on.world
  let pause: Duration = SETTLING
  for (;;) {
    const slept = await sleep(clock, pause, signal)
    const state = await stateOf(on, at.view, at.task, signal)
    if (state.ok && shows(at.task.action, state.value)) return state
    if (!slept || clock.now() + LOOK_EVERY > at.until) return state
    pause = LOOK_EVERY
  }
}

async function stateOf<Request, Response>(
  on: RelayLine<Request, Response>,
  view: RelayView,
  task: RelayTask,
  signal: AbortSignal,
): Promise<Result<RelayState, FieldFailure>> {
  const read = await readItems(on, view.items, task, signal)
  return read.ok ? ok(view.stateOf(read.value)) : read
}

/** Null where the device does not tell one: then it is taken to have none. */
async function delayOf<Request, Response>(
  on: RelayLine<Request, Response>,
  view: RelayView,
  task: RelayTask,
  signal: AbortSignal,
): Promise<number | null> {
  const closes = task.action === 'close' || task.action === 'allow-close'
  const item = task.action === 'trip' ? view.tripDelay : closes ? view.closeDelay : null
  if (item === null) return null
  const read = await readItems(on, [item], task, signal)
  const value = read.ok ? read.value[0]?.value : undefined
  if (value?.kind !== 'number' || value.scale !== 0) return null
  return Math.min(value.digits, DELAY_MINUTES_MAX)
}

async function readItems<Request, Response>(
  { protocol, line, limits }: RelayLine<Request, Response>,
  items: readonly string[],
  { meter }: RelayTask,
  signal: AbortSignal,
): Promise<Result<readonly Reading[], FieldFailure>> {
  const readout = await meterReader(protocol).read(line, meter, items, limits, signal)
  if (readout.failure) return fail(readout.failure)
  const [refusal] = readout.refusals
  if (refusal) return failure(refusal.code, refusal.message)
  return ok(readout.readings)
}

/** The order's expiry is read by the device's clock. */
async function clockFits<Request, Response>(
  { readClock }: RelayLine<Request, Response>,
  { meter }: RelayTask,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  if (!readClock) return ok(undefined)
  const clock = await readClock(meter, signal)
  if (!clock.ok) return clock
  const { offsetMs, wallClock } = clock.value
  if (offsetMs !== null && Math.abs(offsetMs) <= CLOCK_OFF_MAX_MS) return ok(undefined)
  const why = `the meter's clock says ${wallClock}: it would take the order for one of another time`
  return failure('relay.clock-off', why)
}

function failure(
  code: string,
  message: string,
): { readonly ok: false; readonly error: FieldFailure } {
  return fail({ code, message, raw: new Uint8Array(0) })
}
