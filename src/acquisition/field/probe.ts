import { type Protocol, type Reading, valueText } from '#protocols/model'
import { type Clock, type Duration, fail, milliseconds, ok, type Result } from '#src/core'
import type { ExchangeLimits, ExchangeOutcome, Line } from '../wire/index.ts'
import type { FieldFailure, FoundDevice, ScanWatcher } from './types.ts'

/** A question by which a device is found. */
export interface Probe {
  readonly address: string
  readonly profile: string | null
  readonly item: string
}

/** How devices are looked for, address by address. */
export interface ProbePlan {
  readonly probes: readonly Probe[]
  /** So many of them are waited for as usual, the others in a hurry where the line may be fast. */
  readonly likely: number
  /** After which no further address is asked; null: all of them. */
  readonly limit: Duration | null
}

interface Asking<Request, Response> {
  readonly line: Line
  readonly protocol: Protocol<Request, Response>
  readonly limits: ExchangeLimits
  readonly clock: Clock
}

/** On a network a device is there at once or not at all, but for a slow one: see `LATE_PROBES`. */
const HURRIED_MS = 200
/** What is heard in a hurry may be the late answer of one of so many that were asked before. */
const LATE_PROBES = 4

/** Asks one address after the other; whoever answers or refuses is there. */
export async function probeAll<Request, Response>(
  asking: Asking<Request, Response>,
  { probes, likely, limit }: ProbePlan,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const { clock, limits, line } = asking
  const deadline = limit === null ? Number.POSITIVE_INFINITY : clock.now() + limit
  const mayHurry = line.channel.facts.baud === null
  const known = new Set<string>()
  let hurriedMs = HURRIED_MS
  const ask = async (probe: Probe, wait: Duration): Promise<ExchangeOutcome | null> => {
    const outcome = await askOne(asking, probe, { ...limits, firstByte: wait }, signal)
    if (outcome === null || outcome.kind === 'failed') return outcome
    hurriedMs = Math.max(hurriedMs, outcome.roundTripMs)
    const found = foundBy(asking.protocol, probe, outcome)
    if (!known.has(found.address)) watcher.found(found)
    known.add(found.address)
    return outcome
  }
  for (const [nth, probe] of probes.entries()) {
    if (signal.aborted) break
    if (limit !== null && clock.now() >= deadline) {
      const rest = `${probe.address} to ${probes.at(-1)?.address ?? ''}`
      watcher.untried?.(`not tried within ${limit / 1_000} s: ${rest}`)
      break
    }
    const place = probes.length === 1 ? '' : `, ${nth + 1} of ${probes.length}`
    watcher.trying(probe.address + place)
    const hurries = mayHurry && nth >= likely && hurriedMs < limits.firstByte
    const outcome = await ask(probe, hurries ? milliseconds(hurriedMs) : limits.firstByte)
    if (isLost(outcome)) return fail(outcome.failure)
    if (!hurries || !isHeard(outcome)) continue
    for (const late of probes.slice(Math.max(0, nth + 1 - LATE_PROBES), nth + 1)) {
      const again = await ask(late, limits.firstByte)
      if (isLost(again)) return fail(again.failure)
    }
  }
  return ok(undefined)
}

/** Null where the protocol has no such question. */
async function askOne<Request, Response>(
  { line, protocol }: Asking<Request, Response>,
  { address, profile, item }: Probe,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<ExchangeOutcome | null> {
  const meter = { address, profile }
  const talk = protocol.session?.(meter, zeros) ?? protocol
  const [request] = talk.plan([item], meter).requests
  return request === undefined ? null : line.exchange(talk, request, limits, signal)
}

type Failed = Extract<ExchangeOutcome, { readonly kind: 'failed' }>

function isLost(outcome: ExchangeOutcome | null): outcome is Failed {
  return outcome?.kind === 'failed' && outcome.failure.code === 'exchange.transport'
}

/** Something came that was no whole answer. */
function isHeard(outcome: ExchangeOutcome | null): boolean {
  return outcome?.kind === 'failed' && outcome.failure.raw.length > 0
}

function foundBy<Request, Response>(
  protocol: Protocol<Request, Response>,
  { address }: Probe,
  outcome: Exclude<ExchangeOutcome, Failed>,
): FoundDevice {
  const { kind, roundTripMs, raw } = outcome
  return {
    address: senderOf(protocol, raw) ?? address,
    reading: kind === 'refused' ? null : shown(outcome.readings),
    roundTripMs,
  }
}

/** Finding devices asks for no secret, so no challenge of ours has to be hard to guess. */
const zeros = (bytes: number) => new Uint8Array(bytes)

/** Who sent the last good frame of an answer. */
function senderOf<Request, Response>(
  protocol: Protocol<Request, Response>,
  raw: Uint8Array,
): string | null {
  const frame = protocol.scanner().push(raw).at(-1)
  return frame === undefined ? null : protocol.describe(frame).address
}

function shown(readings: readonly Reading[]): Reading | null {
  return readings.find(({ value }) => valueText(value) !== null) ?? null
}
