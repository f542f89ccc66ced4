import type { Channel, DialIn, Listener } from '#drivers/channel'
import { type Clock, type ConcentratorId, type Instant, instant, seconds, sleep } from '#src/core'
import type { Logger } from '#src/observe'
import type { ConcentratorSighting, Registry } from '#src/registry'
import { introduce } from './introduce.ts'
import { Rendezvous } from './sessions.ts'
import type { Terminals } from './terminals.ts'

/** How often what was heard of concentrators goes to the archive. */
const SIGHTINGS_EVERY = seconds(5)
/** Devices that called without being in the archive, kept to be shown. */
const STRANGERS_MAX = 1_000

/** A device that dialed in and is not in the archive. */
export interface Stranger {
  readonly identity: string
  readonly remoteAddress: string
  readonly lastSeenAt: Instant
  readonly calls: number
}

/** Who may call, who has called, and when each was last heard. */
export class Presence {
  readonly #registry: Pick<Registry, 'concentratorsSeen'>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #terminals: Pick<Terminals, 'over'>
  readonly #rendezvous = new Map<string, Rendezvous>()
  readonly #sessions = new Map<string, DialIn>()
  readonly #concentrators = new Map<string, ConcentratorId>()
  readonly #sightings = new Map<ConcentratorId, ConcentratorSighting>()
  readonly #strangers = new Map<string, Stranger>()

  constructor(options: {
    readonly registry: Pick<Registry, 'concentratorsSeen'>
    readonly clock: Clock
    readonly log: Logger
    readonly terminals: Pick<Terminals, 'over'>
  }) {
    this.#registry = options.registry
    this.#clock = options.clock
    this.#log = options.log
    this.#terminals = options.terminals
  }

  get strangers(): readonly Stranger[] {
    return [...this.#strangers.values()]
  }

  /** Where the worker of this identity meets its device. */
  expect(identity: string, concentrator: ConcentratorId | undefined): Rendezvous {
    const meeting = new Rendezvous()
    this.#rendezvous.set(identity, meeting)
    this.#strangers.delete(identity)
    if (concentrator !== undefined) this.#concentrators.set(identity, concentrator)
    return meeting
  }

  seen(id: ConcentratorId, online: boolean): void {
    this.#sightings.set(id, { id, online, lastHeardAt: this.#clock.now() })
  }

  /** Leads each device that calls to its worker, until the listener closes. */
  async admit(listener: Listener): Promise<void> {
    const asked = new Set<Promise<void>>()
    for await (const session of listener.sessions()) {
      if (!session.named) {
        await this.#lead(session, this.#terminals.over(session))
        continue
      }
      const asking = this.#ask(session).finally(() => asked.delete(asking))
      asked.add(asking)
    }
    await Promise.all(asked)
  }

  /** A device that did not register: the meter behind it says whose channel it is. */
  async #ask(session: DialIn): Promise<void> {
    const { address, channel } = await introduce(session, this.#clock)
    if (address === null) {
      const { remoteAddress } = session
      this.#log.warn(
        { event: 'dialin.unidentified', remoteAddress },
        'a device neither registered nor told its address when it was asked',
      )
      await channel.close()
      return
    }
    session.named?.(address)
    await this.#lead(session, channel)
  }

  async #lead(session: DialIn, channel: Channel): Promise<void> {
    const meeting = this.#rendezvous.get(session.identity)
    if (meeting) {
      this.#sessions.set(session.identity, session)
      meeting.offer(channel)
      return
    }
    this.#note(session)
    await channel.close()
  }

  /** Writes sightings to the archive at intervals, until the signal aborts. */
  async report(signal: AbortSignal): Promise<void> {
    const reported = new Map<ConcentratorId, Instant>()
    while (await sleep(this.#clock, SIGHTINGS_EVERY, signal)) {
      this.#gather(reported)
      const sightings = [...this.#sightings.values()]
      this.#sightings.clear()
      if (sightings.length === 0) continue
      try {
        await this.#registry.concentratorsSeen(sightings)
      } catch (error) {
        // The next sighting of each device says the same again; nothing is lost but freshness.
        this.#log.error({ event: 'sightings.failed', err: error })
      }
    }
  }

  /** Devices that were heard without coming or going: their heartbeats count as well. */
  #gather(reported: Map<ConcentratorId, Instant>): void {
    for (const [identity, session] of this.#sessions) {
      const id = this.#concentrators.get(identity)
      const heardAt = instant(session.lastHeardAt())
      if (id === undefined || reported.get(id) === heardAt) continue
      reported.set(id, heardAt)
      const online = this.#sightings.get(id)?.online ?? true
      const { remoteAddress } = session
      this.#sightings.set(id, { id, online, lastHeardAt: heardAt, remoteAddress })
    }
  }

  #note({ identity, remoteAddress }: DialIn): void {
    const calls = (this.#strangers.get(identity)?.calls ?? 0) + 1
    if (calls > 1 || this.#strangers.size < STRANGERS_MAX) {
      const lastSeenAt = this.#clock.now()
      this.#strangers.set(identity, { identity, remoteAddress, lastSeenAt, calls })
    }
    this.#log.warn(
      { event: 'dialin.unknown', identity, remoteAddress },
      'a device called that is not in the archive; import it to read it',
    )
  }
}
