import { modbus } from '#protocols/modbus'
import { fail, milliseconds, ok, type Result } from '#src/core'
import type { Line } from '../line.ts'
import { type ExchangeLimits, limitsFor } from '../timing.ts'
import type { FieldFailure, ScanPlan, ScanWatcher } from './types.ts'

const READ_HOLDING_REGISTERS = 3
const REQUEST_BYTES = 8
/** A unit that is there answers at once; with 247 to try, patience is expensive. */
const FIRST_BYTE_MS_MAX = 600
/** Gateways say this for a unit that does not answer them (0AH, 0BH). */
const absentCodes: ReadonlySet<string> = new Set(['modbus.gateway-path', 'modbus.gateway-target'])

/** Tries every unit with one register; an exception is an answer too. */
export async function sweepUnits(
  line: Line,
  plan: ScanPlan,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const usual = limitsFor(line.channel.facts, REQUEST_BYTES)
  const limits: ExchangeLimits = {
    ...usual,
    firstByte: milliseconds(Math.min(usual.firstByte, FIRST_BYTE_MS_MAX)),
  }
  for (const unit of plan.units) {
    if (signal.aborted) break
    watcher.trying(`unit ${unit}`)
    const request = {
      kind: 'read' as const,
      unit,
      functionCode: READ_HOLDING_REGISTERS,
      start: 0,
      count: 1,
      points: [],
      guards: [],
    }
    const outcome = await line.exchange(modbus, request, limits, signal)
    if (outcome.kind === 'failed') {
      if (outcome.failure.code === 'exchange.transport') return fail(outcome.failure)
    } else if (outcome.kind === 'answered' || !absentCodes.has(outcome.refusal.code)) {
      watcher.found({ address: String(unit), reading: null, roundTripMs: outcome.roundTripMs })
    }
  }
  return ok(undefined)
}
