import type { Protocol } from '#protocols/model'
import { fail, milliseconds, ok, type Result, sleep } from '#src/core'
import type { Line } from '../line.ts'
import type { FieldFailure, FieldWorld, ScanWatcher } from './types.ts'

/** Terminals show that they are alive every 1 to 15 minutes; those on a bench every minute or so. */
const LISTEN_MS = 65_000

/**
 * Waits for devices that name themselves: terminals log in when they are called, and send heartbeats.
 * Each is answered, or it would hang up.
 */
export async function listen<Request, Response>(
  line: Line,
  protocol: Protocol<Request, Response>,
  world: FieldWorld,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const { clock, civil } = world
  const ended = new AbortController()
  const scanner = protocol.scanner()
  const known = new Set<string>()
  const borrowed = line.borrow(
    (chunk) => {
      for (const frame of scanner.push(chunk)) {
        const said = protocol.unasked?.(frame, civil.toWall(clock.now()))
        if (!said) continue
        if (said.answer !== null) void borrowed.send(protocol, said.answer, signal)
        if (known.has(said.address)) continue
        known.add(said.address)
        watcher.found({ address: said.address, reading: null, roundTripMs: 0 })
      }
    },
    () => ended.abort(),
  )
  try {
    watcher.trying('who logs in or shows that it is alive')
    await sleep(clock, milliseconds(LISTEN_MS), AbortSignal.any([signal, ended.signal]))
  } finally {
    borrowed.giveBack()
  }
  const { failure } = line.channel
  if (!ended.signal.aborted || signal.aborted || failure === null) return ok(undefined)
  return fail({ code: failure.code, message: failure.message, raw: new Uint8Array(0) })
}
