import {
  addressMatches,
  broadcastAddress,
  buildFrame,
  type Dlt645Order,
  type Dlt645Request,
  dlt645,
  encodeAddressAnswer,
  encodeAnswers,
  encodeDone,
  encodeRefusal,
  type Frame,
  parseFrame,
  requestOf,
} from '#protocols/dlt645'
import type { SimulatedMeter } from '#simulators/meter'
import { dataIdOf, join } from './dlt645-bytes.ts'
import { dataOf } from './dlt645-data.ts'
import { type ControlAnswers, errors, freeze, obey } from './dlt645-orders.ts'
import type { Face } from './face.ts'

const FROM_SLAVE = 0x80
const READ = 0x11

export interface Dlt645FaceOptions {
  /** The longest data field of an answer: what is longer comes in follow-up frames (后续帧). */
  readonly dataBytesMax: number
  /** FE bytes before an answer (前导字节). */
  readonly wakeUpBytes: number
  readonly controlAnswers: ControlAnswers
}

/** 200 is the standard's own limit for a reader. */
export const standardDlt645: Dlt645FaceOptions = {
  dataBytesMax: 200,
  wakeUpBytes: 4,
  controlAnswers: 'standard',
}

/** Meters that hear the same line: a bus of one or of many. Silent where a real one would be. */
export function dlt645Face(
  meters: readonly SimulatedMeter[],
  options: Dlt645FaceOptions = standardDlt645,
): Face {
  const scanner = dlt645.scanner()
  const slaves = meters.map((meter) => new Slave(meter, options))
  const byAddress = new Map(slaves.map((slave) => [slave.address, slave]))
  const named = (address: string): Slave | undefined => {
    const slave = byAddress.get(address)
    // An address may have been set since: then every meter is asked for its own.
    return slave?.address === address ? slave : slaves.find((each) => each.address === address)
  }
  const wakeUp = new Uint8Array(options.wakeUpBytes).fill(0xfe)
  const listening = (address: string): readonly Slave[] => {
    const slave = named(address)
    if (slave) return [slave]
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
  readonly #meter: SimulatedMeter
  readonly #options: Dlt645FaceOptions
  /** The frames of the last read: the first answered it, the n-th answers follow-up n. */
  #frames: readonly Uint8Array[] = []
  #dataId = ''

  constructor(meter: SimulatedMeter, options: Dlt645FaceOptions) {
    this.#meter = meter
    this.#options = options
  }

  get address(): string {
    return this.#meter.address
  }

  answer(frame: Frame, nowMs: number): Uint8Array | null {
    const request = requestOf(frame)
    if (frame.address === broadcastAddress) {
      if (request) this.#hear(request, nowMs)
      return null
    }
    // A read of no known form is refused; what is nothing at all is not answered.
    if (!request) return isKnown(frame) ? this.#refuse(frame, errors.other) : null
    switch (request.kind) {
      case 'read':
        return this.#read(frame, nowMs)
      case 'read-more':
        return this.#readMore(frame)
      case 'read-address':
        return encodeAddressAnswer(this.address)
      case 'set-clock':
        return null
      default:
        return this.#obey(frame, request, nowMs)
    }
  }

  #read(request: Frame, nowMs: number): Uint8Array {
    this.#frames = []
    const found = dataOf(this.#meter, request.data, nowMs)
    if (!found) return this.#refuse(request, errors.noSuchData)
    this.#dataId = dataIdOf(request.data)
    this.#frames = encodeAnswers(this.address, this.#dataId, found, this.#options.dataBytesMax)
    return this.#frames[0] ?? this.#refuse(request, errors.noSuchData)
  }

  /** Asked again under the same number, a meter repeats that part. */
  #readMore(request: Frame): Uint8Array {
    const sequence = request.data[4] ?? 0
    const frame = sequence === 0 ? undefined : this.#frames[sequence]
    const isSame = dataIdOf(request.data) === this.#dataId
    return frame && isSame ? frame : this.#refuse(request, errors.noSuchData)
  }

  #obey(request: Frame, order: Dlt645Order, nowMs: number): Uint8Array | null {
    const obeyed = obey(this.#meter, order, nowMs, this.#options.controlAnswers)
    switch (obeyed.kind) {
      case 'done':
        return encodeDone(request, this.address, obeyed.data)
      case 'refused':
        return this.#refuse(request, obeyed.error)
      case 'silent':
        return null
    }
  }

  /** What is told to all meters: the time, and a freeze. */
  #hear(request: Dlt645Request, nowMs: number): void {
    if (request.kind === 'set-clock') this.#meter.clock.setByBroadcast(request.time, nowMs)
    if (request.kind === 'freeze') freeze(this.#meter, request.when, nowMs)
  }

  #refuse(request: Frame, error: number | Uint8Array): Uint8Array {
    return encodeRefusal(request, this.address, error)
  }
}

/** Functions that a meter knows: of them it refuses what has a wrong form. */
function isKnown({ control }: Frame): boolean {
  return control === 0x03 || (control >= READ && control <= 0x1d)
}
