import {
  addressMatches,
  broadcastAddress,
  buildFrame,
  type Dlt645v1997Request,
  dlt645v1997,
  encodeAnswers1997,
  encodeRefusal,
  type Frame,
  parseFrame,
  requestOf1997,
} from '#protocols/dlt645'
import type { MeterTime } from '#protocols/model'
import type { SimulatedMeter } from '#simulators/meter'
import { dataOf1997 } from './dlt645-1997-data.ts'
import { join } from './dlt645-bytes.ts'
import type { Face } from './face.ts'

const ILLEGAL_DATA = 0x01
const NO_SUCH_DATA = 0x02
const UNAUTHORISED = 0x04
const FROM_SLAVE = 0x80
const REPEAT = 0x03

export interface Dlt645v1997FaceOptions {
  /** The longest data field of an answer: what is longer comes in follow-up frames (后续帧). */
  readonly dataBytesMax: number
  /** FE bytes before an answer (前导字节). */
  readonly wakeUpBytes: number
  /** PA P2 P1 P0 under which the clock may be written; null: no password is right. */
  readonly password: string | null
}

export const standardDlt645v1997: Dlt645v1997FaceOptions = {
  dataBytesMax: 200,
  wakeUpBytes: 4,
  password: null,
}

/**
 * Meters of the older edition that hear the same line. They know no control code of 2007 and stay
 * silent to it; a read sent to all is answered by each under its own address.
 */
export function dlt645v1997Face(
  meters: readonly SimulatedMeter[],
  options: Dlt645v1997FaceOptions = standardDlt645v1997,
): Face {
  const scanner = dlt645v1997.scanner()
  const slaves = meters.map((meter) => new Slave(meter, options))
  const wakeUp = new Uint8Array(options.wakeUpBytes).fill(0xfe)
  return {
    receive(chunk, nowMs) {
      const answers: Uint8Array[] = []
      for (const bytes of scanner.push(chunk)) {
        const parsed = parseFrame(bytes)
        const request = parsed.ok ? requestOf1997(parsed.frame) : null
        if (!parsed.ok || !request) continue
        for (const slave of slaves) {
          const answer = slave.answer(parsed.frame, request, nowMs)
          if (answer) answers.push(join([wakeUp, answer]))
        }
      }
      return answers
    },
    reset: () => scanner.reset(),
  }
}

class Slave {
  readonly #meter: SimulatedMeter
  readonly #options: Dlt645v1997FaceOptions
  readonly #address: string
  /** What is still to be said of the last read, and what was said last. */
  #left: readonly Uint8Array[] = []
  #last: Uint8Array | null = null
  #dataId = ''

  constructor(meter: SimulatedMeter, options: Dlt645v1997FaceOptions) {
    this.#meter = meter
    this.#options = options
    this.#address = meter.spec.address
  }

  answer(frame: Frame, request: Dlt645v1997Request, nowMs: number): Uint8Array | null {
    const { address } = request
    if (address !== broadcastAddress && !addressMatches(address, this.#address)) return null
    switch (request.kind) {
      case 'read':
        return this.#read(frame, request.dataId, nowMs)
      case 'read-more':
        return this.#readMore(frame, request.dataId)
      case 'repeat':
        return this.#last && this.#repeated(this.#last)
      case 'set-clock':
        this.#meter.clock.setByBroadcast(request.time, nowMs)
        return null
      case 'write':
        return this.#write(frame, request, nowMs)
      case 'write-address':
      case 'change-baud':
      case 'change-password':
      case 'clear-demand':
        // Others hear what is sent to all, and nobody may answer it at once.
        return address === broadcastAddress ? null : this.#refuse(frame, UNAUTHORISED)
    }
  }

  #read(frame: Frame, dataId: string, nowMs: number): Uint8Array {
    const found = dataOf1997(this.#meter, dataId, nowMs)
    this.#dataId = dataId
    this.#left = found
      ? encodeAnswers1997(this.#address, dataId, found, this.#options.dataBytesMax)
      : []
    return this.#next() ?? this.#refuse(frame, NO_SUCH_DATA)
  }

  #readMore(frame: Frame, dataId: string): Uint8Array {
    const next = dataId === this.#dataId ? this.#next() : null
    return next ?? this.#refuse(frame, NO_SUCH_DATA)
  }

  #next(): Uint8Array | null {
    const [next = null, ...left] = this.#left
    this.#left = left
    this.#last = next
    return next
  }

  #repeated(last: Uint8Array): Uint8Array {
    const parsed = parseFrame(last)
    return parsed.ok ? buildFrame({ ...parsed.frame, control: REPEAT | FROM_SLAVE }) : last
  }

  #write(
    frame: Frame,
    { dataId, password, data }: Extract<Dlt645v1997Request, { kind: 'write' }>,
    nowMs: number,
  ): Uint8Array {
    if (password !== this.#options.password) return this.#refuse(frame, UNAUTHORISED)
    const wall = this.#meter.clock.wallAt(nowMs)
    const time = clockAfter(wall, dataId, data)
    if (!time) return this.#refuse(frame, ILLEGAL_DATA)
    this.#meter.clock.set(time, nowMs)
    const control = frame.control | FROM_SLAVE
    return buildFrame({ address: this.#address, control, data: new Uint8Array(0) })
  }

  #refuse(request: Frame, error: number): Uint8Array {
    return encodeRefusal(request, this.#address, error)
  }
}

/** The clock with its date (C010) or time (C011) replaced; null for anything else. */
function clockAfter(wall: MeterTime, dataId: string, data: Uint8Array): MeterTime | null {
  const pairs = Array.from(data, (byte) => (byte >> 4) * 10 + (byte & 15))
  if (dataId === 'C010' && data.length === 4) {
    const [, day = 0, month = 0, year = 0] = pairs
    const isDate = day >= 1 && day <= 31 && month >= 1 && month <= 12
    return isDate ? { ...wall, year: 2000 + year, month, day } : null
  }
  if (dataId !== 'C011' || data.length !== 3) return null
  const [second = 0, minute = 0, hour = 0] = pairs
  return hour < 24 && minute < 60 && second < 60 ? { ...wall, hour, minute, second } : null
}
