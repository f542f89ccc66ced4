import type { CivilTime, Clock } from '#src/core'
import type { DeviceEventStore } from '#src/events'
import type { Happenings, Intake } from '../intake/index.ts'
import type { MeterReader } from '../readers/index.ts'
import type { Line, Loan } from '../wire/index.ts'

/** Terminals whose counters are remembered; more only cost another look. */
const TERMINALS_MAX = 20_000
const important = ['0E-F1'] as const

export interface WaitingEventsOptions {
  readonly reader: Pick<MeterReader, 'readEvents'> | undefined
  readonly store: Pick<DeviceEventStore, 'knownFrom'>
  readonly happenings: Pick<Happenings, 'placed'>
  readonly intake: Pick<Intake, 'happened'>
  /** Lends the line to a terminal between two visits; false where it cannot now. */
  readonly lend: (terminal: string, loan: Loan) => boolean
  readonly clock: Clock
  readonly civil: CivilTime
}

/**
 * Fetches important events when a terminal says in any of its frames that some wait (ACD), once for
 * each count of them: a terminal may go on saying so.
 */
export class WaitingEvents {
  readonly #options: WaitingEventsOptions
  readonly #fetched = new Map<string, number>()
  readonly #busy = new Set<string>()

  constructor(options: WaitingEventsOptions) {
    this.#options = options
  }

  seen(terminal: string, count: number): void {
    const { lend } = this.#options
    if (this.#busy.has(terminal) || this.#fetched.get(terminal) === count) return
    const isTaken = lend(terminal, {
      use: (line, signal) => this.#fetch(terminal, count, line, signal),
      refuse: () => void this.#busy.delete(terminal),
    })
    if (isTaken) this.#busy.add(terminal)
  }

  async #fetch(terminal: string, count: number, line: Line, signal: AbortSignal): Promise<void> {
    const { reader, happenings, intake, clock, civil } = this.#options
    try {
      const known = await this.#knownFrom(terminal)
      const now = civil.toWall(clock.now())
      const meter = { address: terminal, profile: null }
      const wanted = { items: important, known, now }
      const readout = await reader?.readEvents(line, meter, wanted, null, signal)
      if (!readout || readout.failure) return
      const teller = { protocol: 'gdw376', address: terminal, source: 'pull' } as const
      const { records } = happenings.placed(readout.events ?? [], teller)
      if (records.length > 0) await intake.happened(records, readout.frames ?? [])
      if (this.#fetched.size >= TERMINALS_MAX) this.#fetched.clear()
      this.#fetched.set(terminal, count)
    } finally {
      this.#busy.delete(terminal)
    }
  }

  async #knownFrom(terminal: string) {
    try {
      return await this.#options.store.knownFrom(`gdw376 ${terminal}`)
    } catch {
      // The database is away: what is read again comes to the same rows.
      return []
    }
  }
}
