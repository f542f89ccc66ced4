import { bcdToNumber, byteAt } from '#protocols/bytes'
import type { FrameAim, MeterTime, RelayAction } from '#protocols/model'
import { authorityBytes, protectionOf } from './access.ts'
import { broadcastAddress, dataOffset, type Frame, frameStart, parseFrame } from './frame.ts'

const CONTROL = 0x1c
const WRITE = 0x14
/** PA P0 P1 P2, operator, N1, N2 and the expiry (§5.2.3.13). */
const CONTROL_BYTES = 16
const COMMAND_AT = 8
const EXPIRY_AT = 10
const noData = new Uint8Array(0)

/** The command byte N1. A trip that closes again by itself (1D, 1E) is a trip. */
const actions: ReadonlyMap<number, RelayAction> = new Map([
  [0x1a, 'trip'],
  [0x1b, 'allow-close'],
  [0x1c, 'close'],
  [0x1d, 'trip'],
  [0x1e, 'trip'],
  [0x2a, 'alarm'],
  [0x2b, 'clear-alarm'],
  [0x3a, 'protect'],
  [0x3b, 'unprotect'],
])

/**
 * Where the data fields of each function keep what nobody may see, the password and who asks; a
 * negative end is the end.
 */
const secretFields: ReadonlyMap<number, readonly (readonly [from: number, to: number])[]> = new Map(
  [
    [0x03, [[4, -1]]],
    [WRITE, [[5, 12]]],
    [
      0x18,
      [
        [5, 8],
        [9, 12],
      ],
    ],
    [0x19, [[1, 8]]],
    [0x1a, [[1, 8]]],
    [0x1b, [[1, 8]]],
    [CONTROL, [[1, 8]]],
  ],
)
/** 04000Cnn, low byte first: the passwords themselves (密码). */
const passwordItems = [0x0c, 0x00, 0x04]
const WRITTEN_AT = 12

/** Whom a frame is for and until when; only one whole frame is understood. */
export function aimOf(bytes: Uint8Array): FrameAim | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return null
  const { frame } = parsed
  const isControl = frame.control === CONTROL
  // A command behind a cipher is no command that can be read, and its end is none.
  const isPlain = isControl && frame.data.length === CONTROL_BYTES && !protectionOf(frame)
  return {
    address: frame.address,
    isGroup: !/^\d{12}$/.test(frame.address) || frame.address === broadcastAddress,
    action: isPlain ? (actions.get(byteAt(frame.data, COMMAND_AT)) ?? null) : null,
    expiresAt: isControl ? expiryOf(isPlain ? frame.data : noData) : null,
    secrets: secretsOf(frame, frameStart(bytes) + dataOffset),
  }
}

/** ss mm hh DD MM YY; what is no number becomes a month that no calendar has. */
function expiryOf(data: Uint8Array): MeterTime {
  const field = (index: number) => {
    const at = EXPIRY_AT + index
    return data.length === CONTROL_BYTES ? (bcdToNumber(data, at, at + 1) ?? 0) : 0
  }
  return {
    year: 2000 + field(5),
    month: field(4),
    day: field(3),
    hour: field(2),
    minute: field(1),
    second: field(0),
  }
}

/** The checksum goes with them: it is a sum over the password and says a byte of it. */
function secretsOf(frame: Frame, dataAt: number): FrameAim['secrets'] {
  const { control, data } = frame
  const fields = [...(secretFields.get(control) ?? [])]
  const sealedAt = control === WRITE ? WRITTEN_AT : authorityBytes
  if (protectionOf(frame)) fields.push([sealedAt, -1])
  const isPassword = passwordItems.every((byte, index) => byteAt(data, index + 1) === byte)
  if (control === WRITE && isPassword) fields.push([WRITTEN_AT, -1])
  const ranges = fields
    .map(([from, to]) => ({ from, to: to < 0 ? data.length : Math.min(to, data.length) }))
    .filter(({ from, to }) => from < to)
  if (ranges.length === 0) return []
  return [...ranges, { from: data.length, to: data.length + 1 }].map(({ from, to }) => ({
    from: dataAt + from,
    to: dataAt + to,
  }))
}
