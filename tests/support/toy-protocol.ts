import {
  type Decoded,
  type FrameDescription,
  type FrameEffect,
  nothingKnown,
  type Protocol,
  type Reading,
} from '#protocols/model'

/**
 * A protocol small enough to see through, for tests of whatever drives protocols: a frame is
 * `[start, address, item, flag, value, sum]` with flag 0 answer, 1 refusal, 2 more follows.
 */
export interface ToyRequest {
  readonly address: number
  readonly item: number
  readonly part: number
  readonly broadcast?: boolean
}

export interface ToyResponse {
  readonly address: number
  readonly item: number
  readonly flag: number
  readonly value: number
}

const START = 0xaa
const LENGTH = 6

const sumOf = (bytes: Uint8Array) =>
  bytes.subarray(0, 5).reduce((sum, byte) => sum + byte, 0) & 0xff

export function toyFrame(address: number, item: number, flag: number, value: number): Uint8Array {
  const frame = Uint8Array.of(START, address, item, flag, value, 0)
  frame[5] = sumOf(frame)
  return frame
}

/** Items whose requests do more than read. */
const moving: ReadonlyMap<number, FrameEffect> = new Map([
  [99, 'clock'],
  [98, 'trip'],
])

export const toyProtocol: Protocol<ToyRequest, ToyResponse> = {
  name: 'dlt645-2007',
  scanner() {
    let held: number[] = []
    let skipped = 0
    return {
      get skippedBytes() {
        return skipped
      },
      get pending() {
        return held.length > 0
      },
      reset() {
        held = []
      },
      push(chunk) {
        held.push(...chunk)
        const frames: Uint8Array[] = []
        while (held.length >= LENGTH) {
          const frame = Uint8Array.from(held.slice(0, LENGTH))
          if (frame[0] === START && frame[5] === sumOf(frame)) {
            frames.push(frame)
            held = held.slice(LENGTH)
          } else {
            held = held.slice(1)
            skipped++
          }
        }
        return frames
      },
    }
  },
  encode: ({ address, item, part }) => toyFrame(address, item, 9, part),
  expectsAnswer: ({ broadcast }) => broadcast !== true,
  decode(frame): Decoded<ToyResponse> {
    const [, address = 0, item = 0, flag = 0, value = 0] = frame
    if (flag > 2) return { kind: 'malformed', malformed: { code: 'toy.flag', message: 'bad flag' } }
    const response = { address, item, flag, value }
    if (flag === 1) {
      return { kind: 'refusal', response, refusal: { code: 'toy.no', message: 'no such item' } }
    }
    return { kind: 'answer', response }
  },
  answers: (request, response) =>
    request.address === response.address && request.item === response.item,
  follow: (request, response) =>
    response.flag === 2 ? { ...request, part: request.part + 1 } : null,
  plan(items, meter) {
    const known = items.filter((item) => /^\d+$/.test(item))
    const requests = known.map((item) => ({
      address: Number(meter.address),
      item: Number(item),
      part: 0,
    }))
    return { requests, unsupported: items.filter((item) => !known.includes(item)) }
  },
  readings: (_request, parts) => ({
    ok: true,
    readings: parts.map(
      ({ item, value }): Reading => ({
        item: '1.8.0',
        dataId: String(item),
        name: 'toy',
        unit: 'kWh',
        value: { kind: 'number', digits: value, scale: 0 },
        dataClass: 'current',
        at: null,
      }),
    ),
  }),
  describe: (raw): FrameDescription => ({
    ...nothingKnown,
    protocol: 'dlt645-2007',
    valid: false,
    raw,
    error: { code: 'toy.damaged', message: 'no good frame' },
  }),
  effect: (frame) => (frame[3] === 9 ? (moving.get(frame[2] ?? 0) ?? 'read') : 'unknown'),
  aim: (frame) => ({
    address: String(frame[1]),
    isGroup: frame[2] === 99,
    action: frame[2] === 98 ? 'trip' : null,
    expiresAt: null,
    secrets: [],
  }),
}
