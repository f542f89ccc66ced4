import { type Dlt645Request, dlt645, wildcardAddress } from '#protocols/dlt645'
import { assert, type Clock, fail, ok, type Result, sleep } from '#src/core'
import type { BorrowedLine, Line } from '../line.ts'
import { type ExchangeLimits, limitsFor } from '../timing.ts'
import type { FieldFailure, FoundDevice, ScanWatcher } from './types.ts'

const TOTAL_ENERGY = '00010000'
const ADDRESS_PAIRS = 6
const REQUEST_BYTES = 20
const WAKE_UP = 0xfe
/** Stands for any digit in an address. */
const ANY_DIGIT = 'A'

/** What came back when several may have answered at once. */
interface Echoes {
  readonly devices: readonly FoundDevice[]
  /** Bytes came that make no frame: answers that fell on each other, or noise. */
  readonly garbled: boolean
}

/**
 * Finds the DL/T 645 meters of a bus. First everybody is asked for the address; where answers fall
 * on each other, abbreviated addresses (缩位寻址) divide the meters by their last digits until one
 * is left to answer alone. A meter whose answers drown in a louder one's stays hidden: on such a bus
 * only a question to its own address finds it.
 */
export class Survey {
  readonly #line: Line
  readonly #clock: Clock
  readonly #limits: ExchangeLimits
  readonly #known = new Set<string>()
  #heard: Uint8Array[] = []
  #wake: () => void = () => {}
  #ended = false
  #borrowed: BorrowedLine | null = null

  /** `limits` null: those that suit the line. */
  constructor(line: Line, clock: Clock, limits: ExchangeLimits | null) {
    this.#line = line
    this.#clock = clock
    this.#limits = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES)
  }

  async run(watcher: ScanWatcher, signal: AbortSignal): Promise<Result<void, FieldFailure>> {
    this.#ended = !this.#line.open
    this.#borrowed = this.#line.borrow(
      (chunk) => {
        this.#heard.push(chunk)
        this.#wake()
      },
      () => {
        this.#ended = true
        this.#wake()
      },
    )
    try {
      watcher.trying('everybody')
      const all = await this.#askAll(wildcardAddress, signal)
      this.#tell(all, watcher)
      if (all.garbled) await this.#divide('', watcher, signal)
      return this.#ended && !signal.aborted ? fail(this.#lost()) : ok(undefined)
    } finally {
      this.#borrowed.giveBack()
      this.#borrowed = null
    }
  }

  /** Everybody whose address ends in `low`, one more pair of digits at a time. */
  async #divide(low: string, watcher: ScanWatcher, signal: AbortSignal): Promise<void> {
    for (let pair = 0; pair < 100; pair++) {
      if (signal.aborted || this.#ended) return
      const digits = String(pair).padStart(2, '0') + low
      const address = digits.padStart(2 * ADDRESS_PAIRS, 'A')
      watcher.trying(address)
      const echoes = await this.#askAll(address, signal)
      this.#tell(echoes, watcher)
      if (echoes.garbled && digits.length < 2 * ADDRESS_PAIRS) {
        await this.#divide(digits, watcher, signal)
      }
    }
  }

  #tell(echoes: Echoes, watcher: ScanWatcher): void {
    for (const device of echoes.devices) {
      if (this.#known.has(device.address)) continue
      this.#known.add(device.address)
      watcher.found(device)
    }
  }

  /** Everybody that answers to the address, with the total energy. */
  async #askAll(address: string, signal: AbortSignal): Promise<Echoes> {
    const echoes = await this.#ask(
      { kind: 'read', address, dataId: TOTAL_ENERGY, load: null },
      signal,
    )
    const devices: FoundDevice[] = []
    for (const device of echoes.devices) {
      devices.push(isWhole(device.address) ? device : await this.#withOwnAddress(device, signal))
    }
    return { ...echoes, devices }
  }

  /** Some meters answer under the wildcard they were called by; asked for it, they say their own. */
  async #withOwnAddress(device: FoundDevice, signal: AbortSignal): Promise<FoundDevice> {
    const { devices } = await this.#ask({ kind: 'read-address', address: wildcardAddress }, signal)
    const own = devices.map(({ address }) => address).find(isWhole)
    return own === undefined ? device : { ...device, address: own }
  }

  /** Asks once and takes every answer until the bus falls silent. */
  async #ask(request: Dlt645Request, signal: AbortSignal): Promise<Echoes> {
    const frame = dlt645.encode(request)
    assert(this.#borrowed, 'a search holds its line')
    this.#heard = []
    const sentAt = this.#clock.now()
    const sent = await this.#borrowed.send(dlt645, frame, signal)
    if (!sent.ok) this.#ended = true
    const scanner = dlt645.scanner()
    const devices: FoundDevice[] = []
    let strayBytes = 0
    let wait = this.#limits.firstByte
    while (await this.#somethingWithin(wait, signal)) {
      wait = this.#limits.gap
      for (const chunk of this.#heard.splice(0)) {
        strayBytes += chunk.length - chunk.filter((byte) => byte === WAKE_UP).length
        for (const found of scanner.push(chunk)) {
          strayBytes -= found.length - found.filter((byte) => byte === WAKE_UP).length
          const device = deviceOf(found, this.#clock.now() - sentAt)
          if (device !== null) devices.push(device)
        }
      }
    }
    return { devices, garbled: strayBytes > 0 }
  }

  /** False when nothing came in time, the channel ended, or the search was stopped. */
  async #somethingWithin(wait: ExchangeLimits['gap'], signal: AbortSignal): Promise<boolean> {
    if (this.#heard.length > 0) return true
    if (this.#ended || signal.aborted) return false
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await sleep(this.#clock, wait, AbortSignal.any([signal, woken.signal]))
    return this.#heard.length > 0
  }

  #lost(): FieldFailure {
    const { failure } = this.#line.channel
    return {
      code: failure?.code ?? 'transport.closed',
      message: failure?.message ?? 'the channel was closed while searching',
      raw: new Uint8Array(0),
    }
  }
}

const isWhole = (address: string) => !address.includes(ANY_DIGIT)

/** The meter behind an answer; its refusal of the item is an answer too. Null for our own echo. */
function deviceOf(frame: Uint8Array, roundTripMs: number): FoundDevice | null {
  const described = dlt645.describe(frame)
  const { address, direction, readings } = described
  if (direction !== 'reply' || address === null) return null
  return { address, reading: readings[0] ?? null, roundTripMs }
}
