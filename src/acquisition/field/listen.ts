import type { Protocol } from '#protocols/model'
import { type Duration, fail, milliseconds, ok, type Result, seconds, sleep } from '#src/core'
import type { Line } from '../wire/index.ts'
import type { FieldFailure, FieldWorld, ScanWatcher } from './types.ts'

/**
 * Terminals show that they are alive every 1 to 15 minutes, those on a bench every minute or so. One
 * that was called over a network logs in at once, if it does so at all.
 */
const usualLimits = { serial: seconds(65), network: seconds(30) } as const
const STEP_MS = 1_000
/** A terminal has its line for itself: once it named itself, only what is under way is heard out. */
const HEARD_OUT_MS = 1_000

interface Listening {
  readonly watcher: ScanWatcher
  readonly limit?: Duration | undefined
}

/**
 * Waits for devices that name themselves: terminals log in when they are called, and send heartbeats.
 * Each is answered, or it would hang up.
 */
export async function listen<Request, Response>(
  line: Line,
  protocol: Protocol<Request, Response>,
  world: FieldWorld,
  { watcher, limit: asked }: Listening,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const { clock, civil } = world
  const limit = asked ?? usualLimits[line.channel.facts.baud === null ? 'network' : 'serial']
  const ended = new AbortController()
  const scanner = protocol.scanner()
  const known = new Set<string>()
  const endMs = clock.now() + limit
  let untilMs: number = endMs
  const borrowed = line.borrow(
    (chunk) => {
      for (const frame of scanner.push(chunk)) {
        const said = protocol.unasked?.(frame, civil.toWall(clock.now()))
        if (!said) continue
        if (said.answer !== null) void borrowed.send(protocol, said.answer, signal)
        if (known.has(said.address)) continue
        known.add(said.address)
        untilMs = Math.min(endMs, clock.now() + HEARD_OUT_MS)
        watcher.found({ address: said.address, reading: null, roundTripMs: 0 })
      }
    },
    () => ended.abort(),
  )
  try {
    const stop = AbortSignal.any([signal, ended.signal])
    while (clock.now() < untilMs && !stop.aborted) {
      const leftMs = untilMs - clock.now()
      const left = `${Math.ceil(leftMs / 1_000)} s left`
      watcher.trying(`who logs in or shows that it is alive, ${left}`)
      await sleep(clock, milliseconds(Math.min(STEP_MS, leftMs)), stop)
    }
  } finally {
    borrowed.giveBack()
  }
  if (known.size === 0 && !signal.aborted && !ended.signal.aborted) {
    const silent = 'a terminal that waits to be asked is found by its address only'
    watcher.untried?.(`nobody named itself within ${limit / 1_000} s; ${silent}`)
  }
  const { failure } = line.channel
  if (!ended.signal.aborted || signal.aborted || failure === null) return ok(undefined)
  return fail({ code: failure.code, message: failure.message, raw: new Uint8Array(0) })
}
