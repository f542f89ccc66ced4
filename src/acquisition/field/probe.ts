import { type Protocol, type Reading, valueText } from '#protocols/model'
import { fail, ok, type Result } from '#src/core'
import type { Line } from '../line.ts'
import type { ExchangeLimits } from '../timing.ts'
import type { FieldFailure, FoundDevice, ScanWatcher } from './types.ts'

/** A question by which a device is found. */
export interface Probe {
  readonly address: string
  readonly profile: string | null
  readonly item: string
}

/** Asks one address after the other; whoever answers or refuses is there. */
export async function probeAll<Request, Response>(
  line: Line,
  protocol: Protocol<Request, Response>,
  limits: ExchangeLimits,
  probes: readonly Probe[],
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const known = new Set<string>()
  for (const { address, profile, item } of probes) {
    if (signal.aborted) break
    watcher.trying(address)
    const meter = { address, profile }
    const talk = protocol.session?.(meter, zeros) ?? protocol
    const [request] = talk.plan([item], meter).requests
    if (request === undefined) continue
    const outcome = await line.exchange(talk, request, limits, signal)
    if (outcome.kind === 'failed') {
      if (outcome.failure.code === 'exchange.transport') return fail(outcome.failure)
      continue
    }
    const { roundTripMs } = outcome
    const found: FoundDevice =
      outcome.kind === 'refused'
        ? { address, reading: null, roundTripMs }
        : {
            address: senderOf(protocol, outcome.raw) ?? address,
            reading: shown(outcome.readings),
            roundTripMs,
          }
    if (known.has(found.address)) continue
    known.add(found.address)
    watcher.found(found)
  }
  return ok(undefined)
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
