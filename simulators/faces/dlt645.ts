import {
  addressMatches,
  broadcastAddress,
  buildFrame,
  dlt645,
  encodeAddressAnswer,
  encodeAnswers,
  encodeRefusal,
  type Frame,
  parseFrame,
} from '#protocols/dlt645'
import type { MeterTime } from '#protocols/model'
import type { SimulatedMeter } from '#simulators/meter'
import { dataIdOf, join } from './dlt645-bytes.ts'
import { dataOf } from './dlt645-data.ts'
import type { Face } from './face.ts'

const NO_SUCH_DATA = 0x02
const UNAUTHORISED = 0x04
const OTHER_ERROR = 0x01
const FROM_SLAVE = 0x80

const READ = 0x11
const READ_MORE = 0x12
const READ_ADDRESS = 0x13
const BROADCAST_TIME = 0x08
/** Writes, relay, clearing: a simulated meter has no password that would be right. */
const GUARDED = [0x14, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d]

export interface Dlt645FaceOptions {
  /** The longest data field of an answer: what is longer comes in follow-up frames (后续帧). */
  readonly dataBytesMax: number
  /** FE bytes before an answer (前导字节). */
  readonly wakeUpBytes: number
}

/** 200 is the standard's own limit for a reader. */
export const standardDlt645: Dlt645FaceOptions = { dataBytesMax: 200, wakeUpBytes: 4 }

/** Meters that hear the same line: a bus of one or of many. Silent where a real one would be. */
export function dlt645Face(
  meters: readonly SimulatedMeter[],
  options: Dlt645FaceOptions = standardDlt645,
): Face {
  const scanner = dlt645.scanner()
  const slaves = meters.map((meter) => new Slave(meter, options))
  const byAddress = new Map(slaves.map((slave) => [slave.address, slave]))
  const wakeUp = new Uint8Array(options.wakeUpBytes).fill(0xfe)
  const listening = (address: string): readonly Slave[] => {
    const named = byAddress.get(address)
    if (named) return [named]
    if (address === broadcastAddress) return slaves
    // 缩位寻址: AA stands for any pair of digits.
    return slaves.filter((slave) => addressMatches(address, slave.address))
  }
  return {
    receive(chunk, nowMs) {
      const answers: Uint8Array[] = []
      for (const bytes of scanner.push(chunk)) {
        const parsed = parseFrame(bytes)
        if (!parsed.ok || (parsed.frame.control & FROM_SLAVE) !== 0) continue
        for (const slave of listening(parsed.frame.address)) {
          const answer = slave.answer(parsed.frame, nowMs)
          if (answer) answers.push(join([wakeUp, answer]))
        }
      }
      return answers
    },
    reset: () => scanner.reset(),
  }
}

/** The answer as the meter with the next address would have given it, checksum and all. */
export function foreignDlt645(answer: Uint8Array): Uint8Array {
  const [bytes] = dlt645.scanner().push(answer)
  const parsed = bytes ? parseFrame(bytes) : null
  if (!parsed?.ok || !/^\d{12}$/.test(parsed.frame.address)) return answer
  const next = (Number(parsed.frame.address) + 1) % 1_000_000_000_000
  return buildFrame({ ...parsed.frame, address: String(next).padStart(12, '0') })
}

class Slave {
  readonly address: string
  readonly #meter: SimulatedMeter
  readonly #dataBytesMax: number
  /** The frames of the last read: the first answered it, the n-th answers follow-up n. */
  #frames: readonly Uint8Array[] = []
  #dataId = ''

  constructor(meter: SimulatedMeter, options: Dlt645FaceOptions) {
    this.#meter = meter
    this.#dataBytesMax = options.dataBytesMax
    this.address = meter.spec.address
  }

  answer(request: Frame, nowMs: number): Uint8Array | null {
    const { control, data, address } = request
    if (address === broadcastAddress) {
      if (control === BROADCAST_TIME) this.#hearTime(data, nowMs)
      return null
    }
    if (control === READ) return this.#read(request, nowMs)
    if (control === READ_MORE) return this.#readMore(request)
    if (control === READ_ADDRESS) return encodeAddressAnswer(this.address)
    return GUARDED.includes(control) ? this.#refuse(request, UNAUTHORISED) : null
  }

  #read(request: Frame, nowMs: number): Uint8Array {
    this.#frames = []
    if (request.data.length < 4) return this.#refuse(request, OTHER_ERROR)
    const found = dataOf(this.#meter, request.data, nowMs)
    if (!found) return this.#refuse(request, NO_SUCH_DATA)
    this.#dataId = dataIdOf(request.data)
    this.#frames = encodeAnswers(this.address, this.#dataId, found, this.#dataBytesMax)
    return this.#frames[0] ?? this.#refuse(request, NO_SUCH_DATA)
  }

  /** Asked again under the same number, a meter repeats that part. */
  #readMore(request: Frame): Uint8Array {
    const sequence = request.data[4] ?? 0
    const frame = sequence === 0 ? undefined : this.#frames[sequence]
    const isSame = dataIdOf(request.data) === this.#dataId
    return frame && isSame ? frame : this.#refuse(request, NO_SUCH_DATA)
  }

  #hearTime(data: Uint8Array, nowMs: number): void {
    const time = clockOf(data)
    if (time) this.#meter.clock.setByBroadcast(time, nowMs)
  }

  #refuse(request: Frame, error: number): Uint8Array {
    return encodeRefusal(request, this.address, error)
  }
}

/** ss mm hh DD MM YY; null where it is not BCD or no time at all. */
function clockOf(data: Uint8Array): MeterTime | null {
  if (data.length !== 6) return null
  const fields: number[] = []
  for (const byte of data) {
    if ((byte & 15) > 9 || byte >> 4 > 9) return null
    fields.push((byte >> 4) * 10 + (byte & 15))
  }
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = fields
  const real =
    second < 60 && minute < 60 && hour < 24 && day >= 1 && day <= 31 && month >= 1 && month <= 12
  return real ? { year: 2000 + year, month, day, hour, minute, second } : null
}
