import type { ModbusMaster } from './master.ts'
import {
  findAnswer,
  hasAnswerShape,
  hasKnownAnswer,
  MESSAGE_BYTES_MAX,
  type ModbusRequest,
} from './request.ts'

const MBAP_BYTES = 6
const TRANSACTION_IDS = 0x1_0000
const CRC_BYTES = 2
/** One answer and its echo, with noise; older bytes cannot belong to the answer awaited. */
const SERIAL_BYTES_MAX = 1_024

export type Found =
  | { readonly kind: 'answer'; readonly message: Uint8Array }
  /** Bytes that belong to no open request. */
  | { readonly kind: 'stray'; readonly count: number }
  | { readonly kind: 'broken'; readonly why: string }

/** How messages are told apart on one kind of line. */
export interface Framing {
  /** Null where this line could not recognise the answer. */
  wrap(request: ModbusRequest): Uint8Array | null
  push(chunk: Uint8Array, request: ModbusRequest | null): Found[]
  /** Forgets half-received messages. */
  reset(): void
  /** Whether an answer to the request came in full length, but damaged. */
  sawDamaged(request: ModbusRequest): boolean
}

/** Modbus TCP: every answer carries the id of its request, so a late one is known for what it is. */
export function mbapFraming(master: ModbusMaster): Framing {
  let held: Uint8Array = new Uint8Array(0)
  let transactionId = 0
  return {
    sawDamaged: () => false,
    wrap(request) {
      transactionId = (transactionId + 1) % TRANSACTION_IDS
      const message = master.frameOf(request).subarray(0, -CRC_BYTES)
      const frame = Buffer.alloc(MBAP_BYTES + message.length)
      frame.writeUInt16BE(transactionId, 0)
      frame.writeUInt16BE(message.length, 4)
      frame.set(message, MBAP_BYTES)
      return frame
    },
    push(chunk, request) {
      held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk
      const found: Found[] = []
      while (held.length >= MBAP_BYTES) {
        const view = Buffer.from(held.buffer, held.byteOffset, held.byteLength)
        const length = view.readUInt16BE(4)
        if (view.readUInt16BE(2) !== 0 || length < 2 || length > MESSAGE_BYTES_MAX) {
          return [{ kind: 'broken', why: 'what came is not Modbus TCP; is it RTU inside TCP?' }]
        }
        const end = MBAP_BYTES + length
        if (held.length < end) break
        const message = held.slice(MBAP_BYTES, end)
        const mine = view.readUInt16BE(0) === transactionId && message[0] === request?.unit
        found.push(mine ? { kind: 'answer', message } : { kind: 'stray', count: end })
        held = held.subarray(end)
      }
      return found
    },
    // The stream stays in step: the rest of a message that has begun will come.
    reset() {},
  }
}

/** RTU, on a serial line or inside TCP: answers are known by unit, function, length and checksum. */
export function rtuFraming(master: ModbusMaster): Framing {
  let held: Uint8Array = new Uint8Array(0)
  let sent: Uint8Array = new Uint8Array(0)
  return {
    sawDamaged: (request) => hasAnswerShape(withoutEcho(held, sent, request), request),
    wrap(request) {
      if (!hasKnownAnswer(request)) return null
      sent = master.frameOf(request)
      held = new Uint8Array(0)
      return sent
    },
    push(chunk, request) {
      if (!request) return [{ kind: 'stray', count: chunk.length }]
      held = Buffer.concat([held, chunk]).subarray(-SERIAL_BYTES_MAX)
      const answer = findAnswer(withoutEcho(held, sent, request), request)
      if (!answer || !master.accepts(answer)) return []
      held = new Uint8Array(0)
      return [{ kind: 'answer', message: answer.slice(0, -CRC_BYTES) }]
    },
    reset() {
      held = new Uint8Array(0)
    },
  }
}

/** Two-wire converters may hear themselves. Answers to writes look like their requests: left alone. */
function withoutEcho(held: Uint8Array, sent: Uint8Array, request: ModbusRequest): Uint8Array {
  const isRead = request.functionCode <= 4
  const isEcho = isRead && Buffer.compare(held.subarray(0, sent.length), sent) === 0
  return isEcho ? held.subarray(sent.length) : held
}
