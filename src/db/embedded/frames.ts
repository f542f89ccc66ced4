/** The framing of PostgreSQL's wire protocol 3.0: lengths and types, nothing of their meaning. */

/** One frontend message with its header, as it was sent. */
export interface Frame {
  /** The type letter, or an empty string for the startup family, which has none. */
  readonly type: string
  readonly bytes: Buffer
}

/** A longer frame than this is a fault of the client, not a statement. */
export const FRAME_BYTES_MAX = 256 * 1024 * 1024

const HEADER_BYTES = 5
const UNTYPED_HEADER_BYTES = 4

/** Cuts what a client writes into frames. Chunk boundaries mean nothing. */
export function frontendFramer(): {
  push(chunk: Buffer): Frame[]
  /** After the startup packet every frame carries a type. */
  startTyped(): void
} {
  let pending: Buffer[] = []
  let pendingBytes = 0
  let needBytes = UNTYPED_HEADER_BYTES
  let typed = false

  return {
    startTyped() {
      typed = true
      needBytes = HEADER_BYTES
    },
    push(chunk) {
      pending.push(chunk)
      pendingBytes += chunk.length
      if (pendingBytes < needBytes) return []
      const bytes = pending.length === 1 ? chunk : Buffer.concat(pending, pendingBytes)
      const frames: Frame[] = []
      let offset = 0
      const headerBytes = typed ? HEADER_BYTES : UNTYPED_HEADER_BYTES
      needBytes = headerBytes
      while (bytes.length - offset >= headerBytes) {
        const typeBytes = headerBytes - UNTYPED_HEADER_BYTES
        const length = bytes.readUInt32BE(offset + typeBytes) + typeBytes
        if (length < headerBytes || length > FRAME_BYTES_MAX) {
          throw new RangeError(`a frame of ${length} bytes`)
        }
        if (bytes.length - offset < length) {
          needBytes = length
          break
        }
        const type = typed ? String.fromCharCode(bytes[offset] ?? 0) : ''
        frames.push({ type, bytes: bytes.subarray(offset, offset + length) })
        offset += length
        // What follows a startup packet may be typed: the caller decides before it pushes more.
        if (!typed) break
      }
      pending = offset < bytes.length ? [bytes.subarray(offset)] : []
      pendingBytes = bytes.length - offset
      return frames
    },
  }
}

export type TransactionStatus = 'I' | 'T' | 'E'

/** What a backend's answer contains for a client and for the bridge. */
export interface BackendPart {
  /** To be passed on to the client that asked. */
  readonly forward: readonly Buffer[]
  /** Notifications, each a whole message, for every client that listens to its channel. */
  readonly notifications: readonly Buffer[]
}

/**
 * Follows the backend's answers: remembers the last transaction status, takes notifications out,
 * and takes out the CopyInResponse which the bridge has already given.
 */
export function backendScanner(dropCopyIn: boolean): {
  push(chunk: Buffer): BackendPart
  /** Undefined until a ReadyForQuery came. */
  status(): TransactionStatus | undefined
} {
  let carry: Buffer = Buffer.alloc(0)
  let passBytes = 0
  let status: TransactionStatus | undefined

  return {
    status: () => status,
    push(chunk) {
      const bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk
      const forward: Buffer[] = []
      const notifications: Buffer[] = []
      let from = 0
      let offset = Math.min(passBytes, bytes.length)
      passBytes -= offset
      const take = (upTo: number) => {
        if (upTo > from) forward.push(bytes.subarray(from, upTo))
      }
      while (passBytes === 0 && bytes.length - offset >= HEADER_BYTES) {
        const type = bytes[offset]
        const length = bytes.readUInt32BE(offset + 1) + 1
        const whole = bytes.length - offset >= length
        if (type !== READY && type !== NOTIFICATION && type !== COPY_IN) {
          const inHand = Math.min(length, bytes.length - offset)
          offset += inHand
          passBytes = length - inHand
          continue
        }
        if (!whole) break
        if (type === READY) {
          status = statusOf(bytes[offset + HEADER_BYTES])
        } else if (type === NOTIFICATION || dropCopyIn) {
          take(offset)
          from = offset + length
          if (type === NOTIFICATION) notifications.push(bytes.subarray(offset, from))
        }
        offset += length
      }
      take(offset)
      carry = bytes.subarray(offset)
      return { forward, notifications }
    },
  }
}

const READY = 'Z'.charCodeAt(0)
const NOTIFICATION = 'A'.charCodeAt(0)
const COPY_IN = 'G'.charCodeAt(0)

function statusOf(byte: number | undefined): TransactionStatus {
  switch (byte) {
    case 'T'.charCodeAt(0):
      return 'T'
    case 'E'.charCodeAt(0):
      return 'E'
    default:
      return 'I'
  }
}

/** One message: type, length, body. */
export function message(type: string, ...body: readonly (Buffer | string | number)[]): Buffer {
  const parts = body.map((part) => {
    if (typeof part === 'number') return int32(part)
    return typeof part === 'string' ? Buffer.from(`${part}\0`) : part
  })
  const length = parts.reduce((sum, part) => sum + part.length, UNTYPED_HEADER_BYTES)
  return Buffer.concat([Buffer.from(type), int32(length), ...parts])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** An ErrorResponse; `FATAL` tells a client that its connection ends here. */
export const errorMessage = (severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer =>
  message('E', `S${severity}`, `V${severity}`, `C${code}`, `M${text}`, Buffer.from([0]))

export const readyMessage = (status: TransactionStatus): Buffer => message('Z', Buffer.from(status))

/** A frame's text up to the next zero byte, and where the next field begins. */
export function textAt(bytes: Buffer, offset: number): { text: string; next: number } {
  const end = bytes.indexOf(0, offset)
  if (end < 0) return { text: bytes.toString('utf8', offset), next: bytes.length }
  return { text: bytes.toString('utf8', offset, end), next: end + 1 }
}
