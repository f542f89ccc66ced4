import type { Channel, DialIn } from '#drivers/channel'
import type { Registrar } from '#drivers/dialin'
import type {
  DeviceEvent,
  MeterTime,
  Protocol,
  ProtocolName,
  Reading,
  Unasked,
} from '#protocols/model'
import type { CivilTime, Clock, MeterId } from '#src/core'
import type { WireFrame } from '#src/evidence'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import type { Classifier, Gatekeeper } from '../gate/index.ts'
import type { Happenings, Intake } from '../intake/index.ts'
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
  /** What it says happened, to the sender or to devices behind it. */
  happened(frame: Uint8Array): readonly DeviceEvent[]
  /** How many important events it has recorded, in a frame that says that some wait; else null. */
  waiting?(frame: Uint8Array): number | null
}

export interface Reported {
  readonly device: string
  readonly readings: readonly Reading[]
}

/** Of both protocols (Q/GDW 376.1 §4.3, DL/T 698.45 §5.1): most strangers never send one. */
const FRAME_START = 0x68

/** Knows a terminal by the login or heartbeat it sends first, and what it is to hear. */
export function loginRecogniser(protocol: TerminalProtocol, now: () => MeterTime): Registrar {
  return (bytes, start) => {
    if (!bytes.includes(FRAME_START, start)) return null
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
  readonly intake: Pick<Intake, 'visited' | 'happened'>
  readonly happenings: Pick<Happenings, 'placed'>
  /** A terminal says that events wait to be fetched. */
  readonly eventsWait: (terminal: string, count: number) => void
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

  /** Whose devices log in by a frame of their own. */
  get protocols(): readonly ProtocolName[] {
    return this.#options.terminals.map(({ name }) => name)
  }

  /** The line to a device that called, without what it says by itself where it is a terminal. */
  over(session: Pick<DialIn, 'rule' | 'identity' | 'channel' | 'traffic'>): Channel {
    const { rule, identity, channel, traffic } = session
    const { terminals, clock, civil } = this.#options
    const protocol = terminals.find(({ name }) => name === rule)
    if (!protocol) return channel
    let storing = 0
    return new TerminalChannel(channel, {
      terminal: { protocol: protocol.name, address: identity },
      scanner: protocol.scanner(),
      clock,
      unasked: (frame) => {
        const waiting = protocol.waiting?.(frame) ?? null
        if (waiting !== null) this.#options.eventsWait(identity, waiting)
        return protocol.unasked?.(frame, civil.toWall(clock.now())) ?? null
      },
      said: (said, frame, send) => {
        this.#frames.add({ kind: said.kind })
        if (said.kind === 'heartbeat') traffic.heartbeats++
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

  /** True once everything that a report says stands in the database; what has a place is stored. */
  async #store(
    { name, reported, happened }: TerminalProtocol,
    identity: string,
    { address }: Unasked,
    frame: Uint8Array,
  ): Promise<boolean> {
    const events = happened(frame)
    // The fields of an event are no readings of their own.
    const parts = events.length > 0 ? [] : reported(frame, address)
    const whole = await Promise.all([
      ...(events.length > 0 ? [this.#happened(name, address, events, frame)] : []),
      ...parts.map((part) => this.#committed(name, part, frame)),
    ])
    const isStored = whole.length > 0 && whole.every((isWhole) => isWhole)
    this.#reports.add({ outcome: isStored ? 'stored' : 'unstored' })
    if (!isStored) this.#complain(identity)
    return isStored
  }

  /** False where one of them is of a device that the archive does not have. */
  async #happened(
    protocol: ProtocolName,
    address: string,
    events: readonly DeviceEvent[],
    frame: Uint8Array,
  ): Promise<boolean> {
    const { happenings, intake } = this.#options
    const { records, unplaced } = happenings.placed(events, { protocol, address, source: 'report' })
    if (records.length === 0) return false
    const safe = Promise.withResolvers<void>()
    await intake.happened(records, [this.#heard(frame)], { acknowledged: safe.resolve })
    await safe.promise
    return unplaced === 0
  }

  /** False where something has no place: an unknown meter, an item without a code. */
  async #committed(
    protocol: ProtocolName,
    { device, readings }: Reported,
    frame: Uint8Array,
  ): Promise<boolean> {
    const meterId = this.#options.meterOf(protocol, device)
    const present = readings.filter(({ value }) => value.kind !== 'missing')
    if (meterId === undefined || present.every(({ item }) => item === null)) return false
    const frames = [this.#heard(frame)]
    const visit = { meterId, readings, source: 'push', outcomes: [], frames } as const
    const safe = Promise.withResolvers<void>()
    const taken = await this.#options.intake.visited(visit, { acknowledged: safe.resolve })
    await safe.promise
    return taken === present.length
  }

  #heard(bytes: Uint8Array): WireFrame {
    const at = this.#options.clock.now()
    return { at, direction: 'received', bytes, masked: [], isCut: false }
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
