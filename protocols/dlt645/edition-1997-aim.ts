import type { FrameAim } from '#protocols/model'
import { isSecret1997 } from './edition-1997-items.ts'
import {
  dataIdBytes1997,
  dataIdOf1997,
  functions1997,
  passwordBytes,
} from './edition-1997-request.ts'
import { broadcastAddress, dataOffset, type Frame, frameStart, parseFrame } from './frame.ts'

type Range = readonly [from: number, to: number]

const valueAt = dataIdBytes1997 + passwordBytes
/** The password without its level PA, which stands first. */
const passwordAt = (at: number): Range => [at + 1, at + passwordBytes]
/** Where the data fields of each function keep a password. */
const secretFields: ReadonlyMap<number, readonly Range[]> = new Map([
  [functions1997.write, [passwordAt(dataIdBytes1997)]],
  [functions1997.changePassword, [passwordAt(0), passwordAt(passwordBytes)]],
  [functions1997.clearDemand, [passwordAt(0)]],
])

/**
 * Whom a frame is for; only one whole frame is understood. This edition has no orders to relays:
 * makers move them by writes of their own, which nobody here takes for one.
 */
export function aimOf1997(bytes: Uint8Array): FrameAim | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return null
  const { frame } = parsed
  return {
    address: frame.address,
    isGroup: !/^\d{12}$/.test(frame.address) || frame.address === broadcastAddress,
    action: null,
    expiresAt: null,
    secrets: secretsOf(frame, frameStart(bytes) + dataOffset),
  }
}

/** The checksum goes with them: it is a sum over the password and says a byte of it. */
function secretsOf({ control, data }: Frame, dataAt: number): FrameAim['secrets'] {
  const fields = [...(secretFields.get(control) ?? [])]
  const isWrite = control === functions1997.write
  if (isWrite && isSecret1997(dataIdOf1997(data))) fields.push([valueAt, data.length])
  const ranges = fields
    .map(([from, to]) => ({ from, to: Math.min(to, data.length) }))
    .filter(({ from, to }) => from < to)
  if (ranges.length === 0) return []
  return [...ranges, { from: data.length, to: data.length + 1 }].map(({ from, to }) => ({
    from: dataAt + from,
    to: dataAt + to,
  }))
}
