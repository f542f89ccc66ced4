import type { Channel, DialIn } from '#drivers/channel'
import type { Registrar } from '#drivers/dialin'
import type { MeterTime, Protocol, ProtocolName, Reading, Unasked } from '#protocols/model'
import type { CivilTime, Clock, MeterId } from '#src/core'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import type { Classifier, Gatekeeper } from './gate/index.ts'
import type { Intake } from './intake.ts'
import { TerminalChannel } from './terminal-channel.ts'

/** Reports of one terminal that are on their way to the database; what comes beyond comes again. */
const STORING_MAX = 8
/** Terminals remembered to have been complained of. */
const COMPLAINTS_MAX = 10_000

/** A protocol whose devices call, say who they are, and go on speaking unasked. */
export interface TerminalProtocol
  extends Classifier,
    Pick<Protocol<never, unknown>, 'scanner' | 'unasked'> {
  /** What a report brings, by the meter it is of; `terminal` is the sender's address. */
  reported(frame: Uint8Array, terminal: string): readonly Reported[]
}

export interface Reported {
  readonly device: string
  readonly readings: readonly Reading[]
}

/** Knows a terminal by the login or heartbeat it sends first, and what it is to hear. */
export function loginRecogniser(protocol: TerminalProtocol, now: () => MeterTime): Registrar {
  return (bytes, start) => {
    const told = bytes.subarray(start)
    let end = start
    for (const frame of protocol.scanner().push(told)) {
      end += Buffer.from(bytes.subarray(end)).indexOf(frame) + frame.length
      const said = protocol.unasked?.(frame, now())
      if (said?.kind !== 'login' && said?.kind !== 'heartbeat') continue
      return {
        rule: protocol.name,
        identity: said.address,
        packet: bytes.slice(start, end),
        reply: said.answer,
        endsQuietly: false,
        repeats: 'frame',
      }
    }
    return null
  }
}

export interface TerminalsOptions {
  readonly terminals: readonly TerminalProtocol[]
  readonly gatekeeper: Pick<Gatekeeper, 'reads'>
  readonly intake: Pick<Intake, 'visited'>
  /** The meter that an address of a protocol stands for. */
  readonly meterOf: (protocol: ProtocolName, address: string) => MeterId | undefined
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly metrics: Metrics
}

/**
 * Answers what terminals say by themselves: a login and a heartbeat at once, a report once its
 * readings are committed. A report that cannot be stored is not acknowledged: the terminal keeps it.
 */
export class Terminals {
  readonly #options: TerminalsOptions
  readonly #frames: CounterMetric<'kind'>
  readonly #reports: CounterMetric<'outcome'>
  readonly #complained = new Set<string>()

  constructor(options: TerminalsOptions) {
    this.#options = options
    const { metrics } = options
    this.#frames = metrics.counter({
      name: 'hes_terminal_frames_total',
      help: 'Frames that terminals sent by themselves',
      labels: ['kind'],
    })
    this.#reports = metrics.counter({
      name: 'hes_terminal_reports_total',
      help: 'Reports of terminals by what became of them; only stored ones are acknowledged',
      labels: ['outcome'],
    })
  }

  /** The line to a device that called, without what it says by itself where it is a terminal. */
  over({ rule, identity, channel }: DialIn): Channel {
    const { terminals, clock, civil } = this.#options
    const protocol = terminals.find(({ name }) => name === rule)
    if (!protocol) return channel
    let storing = 0
    return new TerminalChannel(channel, {
      scanner: protocol.scanner(),
      clock,
      unasked: (frame) => protocol.unasked?.(frame, civil.toWall(clock.now())) ?? null,
      said: (said, frame, send) => {
        this.#frames.add({ kind: said.kind })
        const answer = () => this.#answer(protocol, said, send)
        if (said.kind !== 'report') return answer()
        if (storing >= STORING_MAX) return this.#reports.add({ outcome: 'waiting' })
        storing++
        void this.#store(protocol, identity, said, frame)
          .then((isStored) => isStored && answer())
          .finally(() => storing--)
      },
    })
  }

  /** Only what changes nothing: an answer that did would be a mistake of ours. */
  #answer(protocol: TerminalProtocol, { answer }: Unasked, send: (bytes: Uint8Array) => void) {
    if (answer && this.#options.gatekeeper.reads(protocol, answer)) send(answer)
  }

  /** True once everything that a report says stands in the database. */
  async #store(
    protocol: TerminalProtocol,
    identity: string,
    said: Unasked,
    frame: Uint8Array,
  ): Promise<boolean> {
    const deliveries = this.#deliveries(protocol, said, frame)
    const isStored = deliveries !== null && (await this.#committed(deliveries))
    this.#reports.add({ outcome: isStored ? 'stored' : 'unstored' })
    if (!isStored) this.#complain(identity)
    return isStored
  }

  /** Null where a part of the report has no place: unknown meters, events, unknown items. */
  #deliveries(
    protocol: TerminalProtocol,
    said: Unasked,
    frame: Uint8Array,
  ): readonly Delivery[] | null {
    const reported = protocol.reported(frame, said.address)
    const known = reported.flatMap(({ device, readings }) => {
      const meterId = this.#options.meterOf(protocol.name, device)
      const isWhole = readings.every(({ item, value }) => item !== null || value.kind === 'missing')
      return meterId === undefined || !isWhole ? [] : [{ meterId, readings }]
    })
    return known.length > 0 && known.length === reported.length ? known : null
  }

  async #committed(deliveries: readonly Delivery[]): Promise<boolean> {
    const { intake } = this.#options
    const all = deliveries.map(async ({ meterId, readings }) => {
      const present = readings.filter(({ value }) => value.kind !== 'missing').length
      const visit = { meterId, readings, source: 'push', outcomes: [] } as const
      const committed = Promise.withResolvers<void>()
      const taken = await intake.visited(visit, committed.resolve)
      await committed.promise
      return taken > 0 && taken === present
    })
    return (await Promise.all(all)).every((isWhole) => isWhole)
  }

  #complain(identity: string): void {
    if (this.#complained.has(identity) || this.#complained.size >= COMPLAINTS_MAX) return
    this.#complained.add(identity)
    this.#options.log.warn(
      { event: 'terminal.report-unstored', identity },
      'a terminal reports what cannot be stored: it is not acknowledged, and told once',
    )
  }
}

interface Delivery {
  readonly meterId: MeterId
  readonly readings: readonly Reading[]
}
