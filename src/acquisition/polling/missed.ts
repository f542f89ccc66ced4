import { isOf } from '#protocols/model'
import { broughtBy, type MeterReadout } from '../readers/index.ts'
import type { ExchangeFailure } from '../wire/index.ts'

/** Why a slot stayed empty; stored with the slot. */
export type MissReason =
  | 'offline'
  | 'timeout'
  | 'damaged'
  | 'mismatch'
  | 'transport'
  | 'refused'
  | 'unsupported'
  /** It answered, and every value was absent or none. */
  | 'no-value'
  /** It answered, with nothing of the time that it was asked for. */
  | 'other-time'
  | 'paused'
  | 'overtaken'
  | 'rejected'
  /** It reports by itself, and did not. */
  | 'silent'

/** Misses after which the device may still have it later: it answered, and had nothing of the time. */
export const unripeMisses: readonly (string | null)[] = ['no-value', 'other-time']

/** Misses that are the line's or the moment's fault: the value may still be had. */
export const passingMisses: readonly MissReason[] = [
  'offline',
  'timeout',
  'damaged',
  'mismatch',
  'transport',
  'no-value',
  'other-time',
  'paused',
  'overtaken',
]

/** Null when the slot is answered: when the first of the items, what it is for, was read. */
export function missedReason(items: readonly string[], readout: MeterReadout): MissReason | null {
  const { readings, refusals, unsupported, failure, events } = readout
  if (events) return missedEvents(readout)
  const [first = ''] = items
  if (readings.some((reading) => reading.value.kind !== 'missing' && isOf(reading, first))) {
    return failure && failure.code !== 'exchange.unreadable' ? failureReason(failure) : null
  }
  if (failure) return failureReason(failure)
  if (broughtBy(readings, first)) return 'no-value'
  if (refusals.length > 0) return 'refused'
  return readings.length > 0 || unsupported.includes(first) ? 'unsupported' : 'other-time'
}

/** A device without anything new answered as well as one with news. */
function missedEvents({ refusals, unsupported, failure }: MeterReadout): MissReason | null {
  if (failure) return failureReason(failure)
  if (refusals.length > 0) return 'refused'
  return unsupported.length > 0 ? 'unsupported' : null
}

/** True when the line failed and not the meter: it is asked again on the next connection. */
export function isOfTheLine({ failure }: MeterReadout): boolean {
  return failure?.code === 'exchange.transport' || failure?.code === 'exchange.aborted'
}

/** True when the meter kept silent or was not understood; the line may be at fault as well. */
export function isFailing({ failure }: MeterReadout): boolean {
  return failure !== null && failure.code !== 'exchange.unreadable'
}

function failureReason({ code }: ExchangeFailure): MissReason {
  switch (code) {
    // A terminal denies as well what its meter did not answer: it is asked again.
    case 'exchange.timeout':
    case 'exchange.denied':
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
