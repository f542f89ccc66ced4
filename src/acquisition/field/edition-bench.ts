import type { Edition } from '#protocols/dlt645'
import { type Clock, fail, type Result } from '#src/core'
import type { Line } from '../wire/index.ts'
import { editionsFrom, otherEdition, Survey } from './survey.ts'
import type { Bench, FieldFailure } from './types.ts'

interface Work {
  readonly line: () => Line
  readonly clock: Clock
  readonly edition: Edition
}

export function otherEditionReason(silentTo: Edition, spoken: Edition) {
  const message = `silent to ${silentTo}, but it answers ${spoken}`
  return { code: 'dlt645.other-edition', message }
}

/**
 * A bench for meters of one edition of DL/T 645 that also knows of the other: its search asks in
 * both, and a meter that is silent is asked once whether it speaks the other.
 */
export function editionBench({ line, clock, edition }: Work, bench: Omit<Bench, 'scan'>): Bench {
  let last: { readonly address: string; readonly spoken: Edition | null } | null = null

  /** The reason of a silence, if it is the edition; asked of a meter once. */
  async function explained<Failure extends FieldFailure>(
    failure: Failure,
    address: string,
    signal: AbortSignal,
  ): Promise<Failure> {
    if (failure.code !== 'exchange.timeout' || signal.aborted) return failure
    if (last?.address !== address) {
      const silent = { address, edition }
      last = { address, spoken: await otherEdition(line(), clock, silent, null, signal) }
    }
    const { spoken } = last
    if (spoken === null) return failure
    const { code, message } = otherEditionReason(edition, spoken)
    return { ...failure, message, fault: code }
  }

  async function explaining<T>(
    asked: Promise<Result<T, FieldFailure>>,
    address: string,
    signal: AbortSignal,
  ): Promise<Result<T, FieldFailure>> {
    const result = await asked
    return result.ok ? result : fail(await explained(result.error, address, signal))
  }

  return {
    ...bench,
    async read(items, meter, signal) {
      const readout = await bench.read(items, meter, signal)
      const { failure, readings, refusals } = readout
      if (failure === null || readings.length > 0 || refusals.length > 0) return readout
      return { ...readout, failure: await explained(failure, meter.address, signal) }
    },
    scan: (_plan, watcher, signal) =>
      new Survey(line(), clock, null, editionsFrom(edition)).run(watcher, signal),
    readClock: (meter, signal) => explaining(bench.readClock(meter, signal), meter.address, signal),
    setClock: (meter, signal) => explaining(bench.setClock(meter, signal), meter.address, signal),
  }
}
