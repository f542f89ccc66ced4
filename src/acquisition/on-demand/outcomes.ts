import { toHex } from '#protocols/bytes'
import { isOf, isPresent, itemOf, type Reading, valueText } from '#protocols/model'
import type { ItemReading, ReadItemOutcome } from '#src/collection'
import { type CivilTime, type Instant, instant, type MeterId } from '#src/core'
import type { PolledMeter } from '../polling/index.ts'
import type { MeterReadout, UnusableValue } from '../readers/index.ts'
import type { ExchangeFailure } from '../wire/index.ts'

export interface Reason {
  readonly code: string
  readonly message: string
}

/** What each item that was asked came to; `why` explains a silence that was looked into. */
export function outcomesOf(
  meter: PolledMeter & { readonly id: MeterId },
  items: readonly string[],
  readout: MeterReadout,
  at: Instant,
  civil: CivilTime,
  why: Reason | null,
): readonly ReadItemOutcome[] {
  const meterId = meter.id
  const firstRefusal = readout.refusals[0]
  const reason = why ??
    (readout.failure && reasonOf(readout.failure)) ??
    firstRefusal ?? { code: 'read.no-value', message: 'the answer does not hold this item' }
  return items.map((item): ReadItemOutcome => {
    const failed = ({ code, message }: Reason) =>
      ({ kind: 'failed', meterId, item, answeredAt: at, code, message }) as const
    const found = readout.readings.filter((reading) => isOf(reading, item))
    const unusable = readout.unusable.find(({ dataId }) =>
      found.every((reading) => reading.dataId === dataId),
    )
    if (found.length > 0 && unusable) return failed(unusableReason(unusable))
    if (found.length > 0) {
      const readings = found.map((reading) => told(reading, at, civil))
      return { kind: 'answered', meterId, item, answeredAt: at, readings }
    }
    if (readout.unsupported.includes(item)) {
      const message = `${meter.protocol} has no word for ${itemOf(item)?.en ?? item}`
      return failed({ code: 'read.unsupported', message })
    }
    return failed(reason)
  })
}

function told(reading: Reading, answeredAt: Instant, civil: CivilTime): ItemReading {
  const { item, name, value, unit } = reading
  return {
    register: item,
    name,
    value: valueText(value),
    unit,
    at: momentOf(reading, answeredAt, civil),
    flag: value.kind === 'missing' ? value.flag : null,
  }
}

function momentOf(reading: Reading, answeredAt: Instant, civil: CivilTime): Instant | null {
  const { at: stamp } = reading
  if (stamp === null) return isPresent(reading) ? answeredAt : null
  return stamp.kind === 'epoch' ? instant(stamp.ms) : (civil.toInstant(stamp.time) ?? null)
}

function unusableReason({ dataId, flag, raw }: UnusableValue): Reason {
  const message = `the device sent a value of ${dataId} that is ${flag}`
  return withBytes({ code: `value.${flag}`, message, raw })
}

/** Who of a terminal and its meter gave no answer is a reason of its own. */
function reasonOf(failure: ExchangeFailure): Reason {
  const { fault } = failure
  return withBytes(fault?.startsWith('via.') ? { ...failure, code: fault } : failure)
}

/** The sentence with what was received behind it, as evidence. */
function withBytes({ code, message, raw }: Reason & { readonly raw: Uint8Array }): Reason {
  return { code, message: raw.length === 0 ? message : `${message}; received ${toHex(raw)}` }
}
