import { fromHex } from '#protocols/bytes'
import type { MeterReadout } from '../readers/index.ts'
import type { PolledMeter } from './rounds.ts'

/** How a visit ended, in a word, for whoever asks later why something is missing. */
export type VisitEnd =
  | 'heard'
  | 'silent'
  | 'damaged'
  /** Damaged, under its own address and whole in length: more than one meter spoke. */
  | 'clashed'
  | 'mismatched'
  | 'refused'
  | 'denied'

/** Null where it says nothing of the meter: the line broke, or nothing was sent. */
export function visitEndOf(
  { address }: PolledMeter,
  { failure, readings, refusals }: MeterReadout,
): VisitEnd | null {
  switch (failure?.code) {
    case undefined:
      return readings.length === 0 && refusals.length > 0 ? 'refused' : 'heard'
    case 'exchange.timeout':
      return readings.length > 0 ? 'heard' : 'silent'
    case 'exchange.damaged':
      return isWholeUnder(address, failure.raw) ? 'clashed' : 'damaged'
    case 'exchange.unreadable':
      return 'heard'
    case 'exchange.mismatch':
      return 'mismatched'
    case 'exchange.denied':
      return 'denied'
    case 'exchange.transport':
    case 'exchange.aborted':
    case 'exchange.gate':
      return null
  }
}

const START = 0x68
const FROM_METER = 0x80
const ADDRESS_BYTES = 6
/** From the first start to the data, and what follows them: DL/T 645 §5.2. */
const HEAD_BYTES = 10
const TAIL_BYTES = 2

/** True for a frame of DL/T 645 that is as long as it says, from this meter; no echo is. */
function isWholeUnder(address: string, raw: Uint8Array): boolean {
  const own = /^\d{12}$/.test(address) ? fromHex(address)?.toReversed() : null
  if (!own) return false
  for (let at = 0; at + HEAD_BYTES <= raw.length; at++) {
    if (raw[at] !== START || raw[at + 1 + ADDRESS_BYTES] !== START) continue
    if (!own.every((byte, index) => raw[at + 1 + index] === byte)) continue
    if (((raw[at + HEAD_BYTES - 2] ?? 0) & FROM_METER) === 0) continue
    const length = raw[at + HEAD_BYTES - 1] ?? 0
    if (raw.length - at >= HEAD_BYTES + length + TAIL_BYTES) return true
  }
  return false
}
