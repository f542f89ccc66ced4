import type { ExchangeFailure } from './attempt.ts'
import { broughtBy, type MeterReadout } from './reader.ts'
import type { MissReason, PollPlan } from './rounds.ts'

/** Null when the slot is answered: when the first item of the plan, what it is for, was read. */
export function missedReason(plan: PollPlan, readout: MeterReadout): MissReason | null {
  const { readings, refusals, failure } = readout
  const [first = ''] = plan.items
  const main = readings.filter((reading) => broughtBy([reading], first))
  if (main.some(({ value }) => value.kind !== 'missing')) {
    return failure && failure.code !== 'exchange.unreadable' ? failureReason(failure) : null
  }
  if (failure) return failureReason(failure)
  if (main.length > 0) return 'no-value'
  return refusals.length > 0 ? 'refused' : 'unsupported'
}

function failureReason({ code }: ExchangeFailure): MissReason {
  switch (code) {
    case 'exchange.timeout':
      return 'timeout'
    case 'exchange.damaged':
    case 'exchange.unreadable':
      return 'damaged'
    case 'exchange.mismatch':
      return 'mismatch'
    case 'exchange.transport':
    case 'exchange.aborted':
      return 'transport'
    case 'exchange.gate':
      return 'rejected'
  }
}
