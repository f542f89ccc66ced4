import type { Channel, DialIn, Listener } from '#drivers/channel'
import type { ChannelId, CivilTime, Clock, ConcentratorId } from '#src/core'
import { type Instant, instant, minutes, seconds, sleep } from '#src/core'
import type { Logger } from '#src/observe'
import type { DoorBook, PresenceBook } from '#src/presence'
import type { ChannelRecord, Registry } from '#src/registry'
import type { Classifier } from '../gate/index.ts'
import type { Taps } from '../wire/index.ts'
import { Attendance } from './attendance.ts'
import { DialedLink } from './dialed-link.ts'
import { type Berth, Doorman } from './doorman.ts'
import { FrameLogs } from './frame-logs.ts'
import { introduce } from './introduce.ts'
import { PresenceBuffer } from './presence-buffer.ts'
import { Quarantine } from './quarantine.ts'
import { Rendezvous } from './sessions.ts'
import type { Terminals } from './terminals.ts'

/** How often what was seen is written down: a process that dies forgets so much at most. */
const WRITE_EVERY = seconds(5)
/** A gateway that pushes is there until it has said nothing for so long. */
const PUSH_SILENCE = minutes(35)

/** What presence needs of the archive and of its own book. */
export interface PresenceOptions {
  readonly registry: Pick<Registry, 'concentratorsSeen' | 'allConcentratorsOffline'>
  readonly presenceBook: Pick<PresenceBook, 'resume' | 'record' | 'door'>
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly terminals: Pick<Terminals, 'over' | 'protocols'>
  readonly taps: Taps
  /** What a frame may be of, for the log of frames. */
  readonly protocols: readonly Classifier[]
}

/** Who may call, who is there, and what is known of those who are not let in. */
export class Presence {
  readonly #options: PresenceOptions
  readonly #buffer = new PresenceBuffer()
  readonly #attendance: Attendance
  readonly #quarantine = new Quarantine()
  readonly #frameLogs: FrameLogs
  readonly #berths = new Map<string, Berth>()
  readonly #channels = new Map<ConcentratorId, ChannelId>()
  /** Gateways that push, and when each was heard. */
  readonly #pushing = new Map<ConcentratorId, Instant>()
  readonly #doorman: Doorman
  #logged: DoorBook['frameLogs'] = []

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#attendance = new Attendance(this.#buffer, options.civil)
    this.#doorman = new Doorman({
      ...options,
      berths: this.#berths,
      quarantine: this.#quarantine,
      buffer: this.#buffer,
      protocols: options.terminals.protocols,
    })
    this.#frameLogs = new FrameLogs({
      ...options,
      channelOf: (id) => this.#channels.get(id),
      write: (frame) => this.#buffer.frame(frame),
    })
  }

  /** Before anybody is let in: ends what a process that died left open. */
  async begin(): Promise<void> {
    await this.#options.presenceBook.resume()
    await this.#options.registry.allConcentratorsOffline()
    await this.refresh()
  }

  /** Takes in what people decided: whom to block, whose frames to write down, where cards are. */
  async refresh(): Promise<void> {
    const book = await this.#options.presenceBook.door(this.#options.clock.now())
    this.#doorman.follow(book)
    this.#quarantine.block(book.blocked)
    this.#logged = book.frameLogs
    this.#frameLogs.set(this.#logged)
  }

  /** Where the worker of this channel meets its device; one that waits already is led there. */
  expect(
    identity: string,
    channel: Pick<ChannelRecord, 'id' | 'settings'>,
    concentratorId: ConcentratorId | undefined,
  ): Rendezvous {
    const { protocol } = channel.settings
    const meeting = new Rendezvous()
    const berth: Berth = {
      meeting,
      channelId: channel.id,
      concentratorId,
      protocol: protocol === undefined ? null : String(protocol),
    }
    this.#berths.set(identity, berth)
    this.#know(channel.id, concentratorId)
    const waiting = this.#quarantine.release(identity)
    if (waiting) this.#berthed(berth, waiting.session, waiting.channel)
    return meeting
  }

  /** The same channel that we dialed, watched from now on. */
  dialed(
    channel: Pick<ChannelRecord, 'id' | 'settings'>,
    concentratorId: ConcentratorId | undefined,
    opened: Channel,
  ): Channel {
    const { clock, taps } = this.#options
    const { host, port, path } = channel.settings
    const place = host === undefined ? String(path ?? '') : `${host}:${port ?? ''}`
    const link = new DialedLink(opened, place, clock)
    this.#know(channel.id, concentratorId)
    taps.attach(channel.id, link)
    if (concentratorId !== undefined) this.#attendance.arrived(concentratorId, link, clock.now())
    return link
  }

  /** A message of a gateway that pushes: it has no connection of its own with us. */
  pushed(concentratorId: ConcentratorId): void {
    this.#pushing.set(concentratorId, this.#options.clock.now())
  }

  /** Leads each device that calls to its worker, until the listener closes. */
  async admit(listener: Listener): Promise<void> {
    const asked = new Set<Promise<void>>()
    for await (const session of listener.sessions((caller) => this.#doorman.judge(caller))) {
      if (!session.named) {
        await this.#lead(session, this.#options.terminals.over(session))
        continue
      }
      const asking = this.#ask(session).finally(() => asked.delete(asking))
      asked.add(asking)
    }
    await Promise.all(asked)
  }

  /** Writes down what was seen, at intervals, until the signal aborts. */
  async report(signal: AbortSignal): Promise<void> {
    while (await sleep(this.#options.clock, WRITE_EVERY, signal)) {
      const now = this.#options.clock.now()
      this.#doorman.sweep()
      this.#quarantine.sweep(now)
      this.#frameLogs.sweep(now)
      await this.write()
    }
  }

  /** What was seen since; a database that is away is told later. */
  async write(): Promise<void> {
    const { registry, presenceBook, clock, log } = this.#options
    const now = clock.now()
    const sightings = [...this.#attendance.gather(now), ...this.#pushers(now)]
    const batch = this.#buffer.take()
    try {
      if (sightings.length > 0) await registry.concentratorsSeen(sightings)
    } catch (error) {
      this.#attendance.giveBack(sightings)
      log.error({ event: 'sightings.failed', err: error })
    }
    try {
      if (batch) await presenceBook.record(batch)
    } catch (error) {
      if (batch) this.#buffer.giveBack(batch)
      const { forgotten } = this.#buffer
      log.error({ event: 'presence.unwritten', err: error, forgotten })
    }
  }

  /** A device that did not register: the meter behind it says whose channel it is. */
  async #ask(session: DialIn): Promise<void> {
    const { clock, log } = this.#options
    const { address, channel } = await introduce(session, clock)
    const { remoteAddress, rule = '', traffic } = session
    if (address === null) {
      this.#doorman.note({ identity: `from ${remoteAddress}`, rule, remoteAddress }, 'unidentified')
      log.warn(
        { event: 'dialin.unidentified', remoteAddress },
        'a device neither registered nor told its address when it was asked',
      )
      await channel.close()
      return
    }
    const heldFrom = this.#attendance.addressOf(this.#berths.get(address)?.concentratorId)
    if (!this.#doorman.judge({ identity: address, rule, remoteAddress, heldFrom })) {
      await channel.close()
      return
    }
    session.named?.(address)
    const line = { rule, identity: address, channel, traffic }
    await this.#lead(session, this.#options.terminals.over(line))
  }

  async #lead(session: DialIn, channel: Channel): Promise<void> {
    const { identity, rule = '', remoteAddress } = session
    const berth = this.#berths.get(identity)
    if (berth) return this.#berthed(berth, session, channel)
    this.#doorman.note({ identity, rule, remoteAddress }, 'unknown')
    if (this.#quarantine.hasRoom && !this.#quarantine.isBlocked(identity)) {
      this.#quarantine.keep(session, channel, this.#options.clock.now())
    } else await channel.close()
  }

  #berthed({ meeting, channelId, concentratorId }: Berth, session: DialIn, channel: Channel): void {
    const { taps, clock } = this.#options
    taps.attach(channelId, session)
    if (concentratorId !== undefined) this.#attendance.arrived(concentratorId, session, clock.now())
    meeting.offer(channel)
  }

  #know(channelId: ChannelId, concentratorId: ConcentratorId | undefined): void {
    if (concentratorId === undefined || this.#channels.get(concentratorId) === channelId) return
    this.#channels.set(concentratorId, channelId)
    if (this.#logged.some((one) => one.concentratorId === concentratorId)) {
      this.#frameLogs.set(this.#logged)
    }
  }

  #pushers(now: Instant) {
    return [...this.#pushing].flatMap(([id, lastHeardAt]) => {
      const isThere = now - lastHeardAt < PUSH_SILENCE
      if (!isThere) this.#pushing.delete(id)
      const isNews = !isThere || now - lastHeardAt <= WRITE_EVERY
      return isNews ? [{ id, online: isThere, lastHeardAt: instant(lastHeardAt) }] : []
    })
  }
}
