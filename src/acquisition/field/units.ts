import type { ModbusRequest, ModbusResponse } from '#protocols/modbus'
import { items, type Protocol, type Reading, type Refusal } from '#protocols/model'
import { fail, milliseconds, ok, type Result } from '#src/core'
import type { MeterReader, MeterReadout } from '../readers/index.ts'
import type { Line } from '../wire/index.ts'
import { type ExchangeLimits, limitsFor } from '../wire/index.ts'
import type { FieldFailure, ScanPlan, ScanWatcher } from './types.ts'

const READ_HOLDING_REGISTERS = 3
const REQUEST_BYTES = 8
/** A unit that is there answers at once; with 247 to try, patience is expensive. */
const FIRST_BYTE_MS_MAX = 600
/** Gateways say this for a unit that does not answer them (0AH, 0BH). */
const absentCodes: ReadonlySet<string> = new Set(['modbus.gateway-path', 'modbus.gateway-target'])
/** Nothing came; any other failure is an answer, if not one that was understood. */
const silent: ReadonlySet<string> = new Set(['exchange.timeout', 'exchange.aborted'])

/** Modbus on a line, with the register maps that are known there. */
export interface UnitLine {
  readonly line: Line
  readonly protocol: Protocol<ModbusRequest, ModbusResponse>
  readonly reader: MeterReader
}

interface Tried {
  readonly reading: Reading | null
  readonly refusal: Refusal | null
  readonly failure: MeterReadout['failure']
  readonly roundTripMs: number
}

type TryUnit = (unit: number) => Promise<Tried>

/** Tries every unit; an exception is an answer too. */
export async function sweepUnits(
  units: UnitLine,
  plan: ScanPlan,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const usual = limitsFor(units.line.channel.facts, REQUEST_BYTES)
  const limits: ExchangeLimits = {
    ...usual,
    firstByte: milliseconds(Math.min(usual.firstByte, FIRST_BYTE_MS_MAX)),
  }
  const tryUnit =
    plan.profile === null
      ? tryRegister(units, limits, signal)
      : tryMap(units, plan.profile, limits, signal)
  for (const unit of plan.units) {
    if (signal.aborted) break
    watcher.trying(`unit ${unit}`)
    const { reading, refusal, failure, roundTripMs } = await tryUnit(unit)
    if (failure?.code === 'exchange.transport') return fail(failure)
    const isSilent = failure !== null && reading === null && silent.has(failure.code)
    const isAbsent = refusal !== null && absentCodes.has(refusal.code)
    if (!isSilent && !isAbsent) watcher.found({ address: String(unit), reading, roundTripMs })
  }
  return ok(undefined)
}

/** One register by the function that most devices know. */
function tryRegister(
  { line, protocol }: UnitLine,
  limits: ExchangeLimits,
  signal: AbortSignal,
): TryUnit {
  return async (unit) => {
    const request = {
      kind: 'read' as const,
      unit,
      functionCode: READ_HOLDING_REGISTERS,
      start: 0,
      count: 1,
      points: [],
      guards: [],
    }
    const outcome = await line.exchange(protocol, request, limits, signal)
    const none = { reading: null, refusal: null, failure: null, roundTripMs: 0 }
    switch (outcome.kind) {
      case 'answered':
        return { ...none, roundTripMs: outcome.roundTripMs }
      case 'refused':
        return { ...none, refusal: outcome.refusal, roundTripMs: outcome.roundTripMs }
      case 'failed':
        return { ...none, failure: outcome.failure }
    }
  }
}

/** The first quantity of the register model that a map has: the total energy, as a rule. */
function tryMap(
  { line, protocol, reader }: UnitLine,
  profile: string,
  limits: ExchangeLimits,
  signal: AbortSignal,
): TryUnit {
  const knows = (code: string) => {
    return protocol.plan([code], { address: '1', profile }).unsupported.length === 0
  }
  const asked = items.map(({ code }) => code).find(knows) ?? '1.8.0'
  return async (unit) => {
    const meter = { address: String(unit), profile }
    const readout = await reader.read(line, meter, [asked], limits, signal)
    const [reading = null] = readout.readings
    const [refusal = null] = readout.refusals
    return { reading, refusal, failure: readout.failure, roundTripMs: readout.roundTripMs }
  }
}
