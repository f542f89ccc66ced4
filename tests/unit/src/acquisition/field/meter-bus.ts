import { type Channel, memoryPair } from '#drivers/channel'
import {
  addressMatches,
  type Dlt645Request,
  dlt645,
  encodeAddressAnswer,
  encodeAnswers,
  encodeRefusal,
  parseFrame,
  requestOf,
  writeValues,
} from '#protocols/dlt645'
import type { MeterTime, Value } from '#protocols/model'
import { type CivilTime, instant } from '#src/core'
import { type ManualClock, settle } from '#tests/support'

/** A meter of a test: what it holds, and how far its clock is off. */
export interface BusMeter {
  readonly address: string
  readonly totalCentiKwh: number
  clockOffsetMs: number
  /** False for a meter that does not take a broadcast time. */
  readonly takesTime: boolean
  /** True for a meter that answers a wildcard under the wildcard instead of its own address. */
  readonly echoesAddress: boolean
}

export const busMeter = (address: string, more: Partial<BusMeter> = {}): BusMeter => ({
  address,
  totalCentiKwh: 12_345,
  clockOffsetMs: 0,
  takesTime: true,
  echoesAddress: false,
  ...more,
})

const NO_SUCH_DATA = 0x02

/** An RS-485 bus: meters that answer at the same time destroy each other's frames. */
export class MeterBus {
  readonly channel: Channel
  /** Every request that was seen, in order. */
  readonly asked: Dlt645Request[] = []
  readonly #far: Channel
  readonly #meters: readonly BusMeter[]
  readonly #clock: ManualClock
  readonly #civil: CivilTime

  constructor(meters: readonly BusMeter[], clock: ManualClock, civil: CivilTime) {
    const [near, far] = memoryPair({ name: 'serial:bus', baud: 2_400 })
    this.channel = near
    this.#far = far
    this.#meters = meters
    this.#clock = clock
    this.#civil = civil
    void this.#serve()
  }

  async #serve(): Promise<void> {
    const scanner = dlt645.scanner()
    for await (const chunk of this.#far.bytes()) {
      for (const frame of scanner.push(chunk)) await this.#hear(frame)
    }
  }

  async #hear(bytes: Uint8Array): Promise<void> {
    const parsed = parseFrame(bytes)
    const request = parsed.ok ? requestOf(parsed.frame) : null
    if (!parsed.ok || request === null) return
    this.asked.push(request)
    const answers = this.#meters.flatMap((meter) => {
      if (request.kind === 'set-clock') this.#setClock(meter, request.time)
      if (!addressMatches(request.address, meter.address)) return []
      if (request.kind === 'read-address') return [encodeAddressAnswer(meter.address)]
      if (request.kind !== 'read') return []
      const name = meter.echoesAddress ? request.address : meter.address
      const payload = this.#payload(meter, request.dataId)
      if (payload === undefined) return [encodeRefusal(parsed.frame, name, NO_SUCH_DATA)]
      return encodeAnswers(name, request.dataId, payload)
    })
    if (answers.length > 0) await this.#far.send(collide(answers), new AbortController().signal)
  }

  #payload(meter: BusMeter, dataId: string): Uint8Array | undefined {
    const shown = this.#civil.toWall(instant(this.#clock.now() + meter.clockOffsetMs))
    const pad = (value: number) => String(value).padStart(2, '0')
    const values: Readonly<Record<string, Value>> = {
      '00010000': { kind: 'number', digits: meter.totalCentiKwh, scale: 2 },
      '04000101': {
        kind: 'text',
        text: `${shown.year}-${pad(shown.month)}-${pad(shown.day)}`,
      },
      '04000102': {
        kind: 'text',
        text: `${pad(shown.hour)}:${pad(shown.minute)}:${pad(shown.second)}`,
      },
    }
    const value = values[dataId]
    return value && writeValues(dataId, [{ value, at: null }])
  }

  #setClock(meter: BusMeter, time: MeterTime): void {
    const told = this.#civil.toInstant(time)
    if (meter.takesTime && told !== undefined) meter.clockOffsetMs = told - this.#clock.now()
  }
}

/** What is left of frames that were on the line at once: no start that anybody would know. */
function collide(frames: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0), ...others] = frames
  if (others.length === 0) return first
  const mixed = others.reduce(
    (left, right) => left.map((byte, at) => byte & (right[at] ?? 0)),
    first,
  )
  return mixed.map((byte, at) => (at === 0 ? 0 : byte))
}

/** Lets time pass until the work is done. */
export async function passing<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let done = false
  const finished = work.finally(() => {
    done = true
  })
  await settle()
  while (!done) await clock.advance(50)
  return finished
}
