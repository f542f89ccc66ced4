import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backendScanner,
  errorMessage,
  frontendFramer,
  message,
  readyMessage,
} from '#src/db/embedded'

/** Cuts bytes at random places: chunk boundaries mean nothing. */
const chunked = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : places[index - 1], end),
  )
}

const letter = fc.constantFrom('P', 'B', 'D', 'E', 'S', 'Q', 'd')
const frontend = fc
  .tuple(letter, fc.uint8Array({ maxLength: 40 }))
  .map(([type, body]) => message(type, Buffer.from(body)))
const backend = fc.oneof(
  fc
    .tuple(fc.constantFrom('D', 'T', 'C', '1'), fc.uint8Array({ maxLength: 40 }))
    .map(([type, body]) => message(type, Buffer.from(body))),
  fc.constantFrom(readyMessage('I'), readyMessage('T'), errorMessage('ERROR', '22012', 'no')),
)

describe('the framing of the wire protocol', () => {
  it('gives back the frames a client wrote, however they were cut', () => {
    fc.assert(
      fc.property(fc.array(frontend), fc.array(fc.nat()), (frames, cuts) => {
        const framer = frontendFramer()
        framer.startTyped()
        const read = chunked(Buffer.concat(frames), cuts).flatMap((chunk) => framer.push(chunk))
        expect(read.map(({ bytes }) => bytes.toString('hex'))).toEqual(
          frames.map((frame) => frame.toString('hex')),
        )
      }),
    )
  })

  it('refuses a length that no frame has', () => {
    const framer = frontendFramer()
    framer.startTyped()
    expect(() => framer.push(Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff, 0]))).toThrow(RangeError)
    const other = frontendFramer()
    other.startTyped()
    expect(() => other.push(Buffer.from([0x51, 0, 0, 0, 1]))).toThrow(RangeError)
  })

  it('forwards what the backend answers, takes notifications out and keeps the last status', () => {
    const notification = message('A', 7, 'channel', 'payload')
    const mixed = fc.array(fc.oneof(backend, fc.constant(notification)))
    fc.assert(
      fc.property(mixed, fc.array(fc.nat()), (messages, cuts) => {
        const scanner = backendScanner(false)
        const parts = chunked(Buffer.concat(messages), cuts).map((chunk) => scanner.push(chunk))
        const forwarded = Buffer.concat(parts.flatMap(({ forward }) => [...forward]))
        const others = messages.filter((one) => one !== notification)
        expect(forwarded.toString('hex')).toBe(Buffer.concat(others).toString('hex'))
        const taken = parts.flatMap(({ notifications }) => notifications)
        expect(taken.length).toBe(messages.length - others.length)
        const last = others.findLast((one) => one[0] === 'Z'.charCodeAt(0))
        expect(scanner.status()).toBe(last?.toString('latin1', 5))
      }),
    )
  })

  it('drops the CopyInResponse that was given in advance, and only then', () => {
    const copyIn = message('G', Buffer.from([0, 0, 0]))
    const answer = Buffer.concat([copyIn, message('C', 'COPY 1'), readyMessage('I')])
    const forwarded = (drop: boolean) =>
      Buffer.concat([...backendScanner(drop).push(answer).forward])
    expect(forwarded(true).toString('hex')).toBe(answer.subarray(copyIn.length).toString('hex'))
    expect(forwarded(false).toString('hex')).toBe(answer.toString('hex'))
  })
})
