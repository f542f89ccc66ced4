import {
  detectEdition,
  dlt645,
  dlt645v1997,
  type Edition,
  probeEdition,
  wildcardAddress,
} from '#protocols/dlt645'
import { assert, type Clock, fail, ok, type Result } from '#src/core'
import type { Line } from '../wire/index.ts'
import { type ExchangeLimits, limitsFor } from '../wire/index.ts'
import { type Echoes, Hearing } from './hearing.ts'
import type { FieldFailure, FoundDevice, ScanWatcher } from './types.ts'

const ADDRESS_PAIRS = 6
const REQUEST_BYTES = 20
/** Times that a question is put on a line which loses and spoils frames. */
const ASKS_MAX = 2
/** Stands for any digit in an address. */
const ANY_DIGIT = 'A'

const protocols = { 'dlt645-2007': dlt645, 'dlt645-1997': dlt645v1997 } as const
const editions = ['dlt645-2007', 'dlt645-1997'] as const satisfies readonly Edition[]

/** Both editions, the one that was asked for first. */
export function editionsFrom(first: Edition): readonly Edition[] {
  return [first, ...editions.filter((edition) => edition !== first)]
}

/** On what, in which edition and for whom it is asked. */
interface Asking {
  readonly hearing: Hearing
  readonly edition: Edition
  readonly watcher: ScanWatcher
  readonly signal: AbortSignal
}

/** A meter that answered, and whether it only said no. */
interface Answer {
  readonly device: FoundDevice
  readonly refused: boolean
}

/**
 * Finds the DL/T 645 meters of a bus, in one edition after the other. First everybody is asked for
 * the total energy; where answers fall on each other, abbreviated addresses (缩位寻址) divide the
 * meters by their last digits until one is left to answer alone. A meter whose answers drown in a
 * louder one's stays hidden: on such a bus only a question to its own address finds it. Who says no
 * in one edition may have more to say in the other, and is told of last.
 */
export class Survey {
  readonly #line: Line
  readonly #clock: Clock
  readonly #limits: ExchangeLimits
  readonly #editions: readonly Edition[]
  readonly #asksMax: number
  readonly #known = new Set<string>()
  readonly #refusing = new Map<string, FoundDevice>()

  /**
   * `limits` null: those that suit the line. With limits that learn, the line is one that loses
   * frames and whose round trips nobody knows before: what was silent or spoilt is asked again.
   */
  constructor(
    line: Line,
    clock: Clock,
    limits: ExchangeLimits | null,
    asked: readonly Edition[] = ['dlt645-2007'],
  ) {
    this.#line = line
    this.#clock = clock
    this.#limits = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES)
    this.#asksMax = limits?.learned ? ASKS_MAX : 1
    this.#editions = asked
  }

  async run(watcher: ScanWatcher, signal: AbortSignal): Promise<Result<void, FieldFailure>> {
    const hearing = new Hearing(this.#line, this.#clock, this.#limits)
    try {
      for (const edition of this.#editions) {
        if (signal.aborted || hearing.ended) break
        watcher.trying(edition === this.#editions[0] ? 'everybody' : `everybody in ${edition}`)
        const asking = { hearing, edition, watcher, signal }
        const { garbled } = await this.#askAll(asking, wildcardAddress)
        if (garbled) await this.#divide(asking, '')
      }
      for (const device of this.#refusing.values()) watcher.found(device)
      return hearing.ended && !signal.aborted ? fail(this.#lost()) : ok(undefined)
    } finally {
      hearing.giveBack()
    }
  }

  /** Everybody whose address ends in `low`, one more pair of digits at a time. */
  async #divide(asking: Asking, low: string): Promise<void> {
    for (let pair = 0; pair < 100; pair++) {
      if (asking.signal.aborted || asking.hearing.ended) return
      const digits = String(pair).padStart(2, '0') + low
      const address = digits.padStart(2 * ADDRESS_PAIRS, 'A')
      asking.watcher.trying(address)
      const garbled = await this.#isShared(asking, address)
      if (garbled && digits.length < 2 * ADDRESS_PAIRS) await this.#divide(asking, digits)
    }
  }

  /**
   * True where answers fell on each other. On a line that spoils frames by itself it is asked again:
   * to divide for nothing would cost a hundred questions.
   */
  async #isShared(asking: Asking, address: string): Promise<boolean> {
    for (let ask = 1; ; ask++) {
      const { garbled, isAnswered } = await this.#askAll(asking, address)
      if ((isAnswered && !garbled) || ask >= this.#asksMax) return garbled
    }
  }

  /** Tells of everybody that answers to the address. */
  async #askAll({ hearing, edition, watcher, signal }: Asking, address: string) {
    const echoes = await askTotal(hearing, edition, address, signal)
    const answers = answersIn(echoes)
    for (const answer of answers) {
      const { device, refused } = isWhole(answer.device.address)
        ? answer
        : { ...answer, device: await withOwnAddress(hearing, answer.device, signal) }
      if (this.#known.has(device.address)) continue
      if (refused) {
        this.#refusing.set(device.address, device)
        continue
      }
      this.#refusing.delete(device.address)
      this.#known.add(device.address)
      watcher.found(device)
    }
    return { garbled: echoes.garbled, isAnswered: answers.length > 0 }
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

/** A meter that was silent to an edition. */
export interface SilentMeter {
  readonly address: string
  readonly edition: Edition
}

/**
 * The edition that a meter speaks which was silent in another; null where it is silent in all.
 * `limits` null: those that suit the line.
 */
export async function otherEdition(
  line: Line,
  clock: Clock,
  { address, edition }: SilentMeter,
  limits: ExchangeLimits | null,
  signal: AbortSignal,
): Promise<Edition | null> {
  const other = editions.find((each) => each !== edition)
  if (!other || !line.open) return null
  const wait = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES)
  const hearing = new Hearing(line, clock, wait)
  try {
    const answers = answersIn(await askTotal(hearing, other, address, signal))
    return answers.length > 0 ? other : null
  } finally {
    hearing.giveBack()
  }
}

/** The total energy, asked for in an edition. */
function askTotal(
  hearing: Hearing,
  edition: Edition,
  address: string,
  signal: AbortSignal,
): Promise<Echoes> {
  const probe = probeEdition(
    address,
    editions.filter((other) => other !== edition),
  )
  assert(probe?.edition === edition, 'each edition has a question')
  return hearing.ask(protocols[edition], probe.frame, signal)
}

const isWhole = (address: string) => !address.includes(ANY_DIGIT)

/** Some meters answer under the wildcard they were called by; asked for it, they say their own. */
async function withOwnAddress(
  hearing: Hearing,
  device: FoundDevice,
  signal: AbortSignal,
): Promise<FoundDevice> {
  const request = { kind: 'read-address', address: wildcardAddress } as const
  const echoes = await hearing.ask(dlt645, dlt645.encode(request), signal)
  const own = answersIn(echoes)
    .map((answer) => answer.device.address)
    .find(isWhole)
  return own === undefined ? device : { ...device, address: own }
}

/** The meters behind answers, by the edition that each is of; our own echo is none. */
function answersIn({ frames }: Echoes): readonly Answer[] {
  return frames.flatMap(({ bytes, roundTripMs }) => {
    const found = detectEdition(bytes)
    if (found?.direction !== 'reply') return []
    const { edition, address, refused } = found
    const reading = protocols[edition].describe(bytes).readings[0] ?? null
    return [{ device: { address, protocol: edition, reading, roundTripMs }, refused }]
  })
}
