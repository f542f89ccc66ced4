import type { BusinessDate, ConcentratorId } from '#src/core'
import type {
  ConnectionEvent,
  Flapping,
  LoggedFrame,
  OnlineInterval,
  PresenceBatch,
  StrangeCall,
  TrafficShare,
} from '#src/presence'

/** What a database that is away costs at most; the oldest is then forgotten, and counted. */
const INTERVALS_MAX = 50_000
const EVENTS_MAX = 10_000
const FRAMES_MAX = 20_000
/** Devices in quarantine that are noted between two writes. */
const CALLERS_MAX = 1_000

/** What waits to be written down, merged so that each thing takes one row. */
export class PresenceBuffer {
  readonly #intervals = new Map<string, OnlineInterval>()
  readonly #traffic = new Map<string, TrafficShare>()
  readonly #flapping = new Map<ConcentratorId, Flapping>()
  readonly #calls = new Map<string, StrangeCall>()
  readonly #events = new Map<string, ConnectionEvent>()
  #frames: LoggedFrame[] = []
  /** What was forgotten for want of room. */
  forgotten = 0

  /** The same interval again completes it. */
  interval(interval: OnlineInterval): void {
    this.#intervals.set(`${interval.concentratorId} ${interval.from}`, interval)
    this.#bound(this.#intervals, INTERVALS_MAX)
  }

  traffic(share: TrafficShare): void {
    const key = `${share.concentratorId} ${share.date}`
    const known = this.#traffic.get(key)
    this.#traffic.set(key, known ? sumOf(known, share) : share)
    this.#bound(this.#traffic, INTERVALS_MAX)
  }

  login(concentratorId: ConcentratorId, date: BusinessDate): void {
    this.traffic({ concentratorId, date, ...nothing, logins: 1 })
  }

  flapping(flapping: Flapping): void {
    this.#flapping.set(flapping.concentratorId, flapping)
  }

  call(call: StrangeCall): void {
    const known = this.#calls.get(call.identity)
    if (!known && this.#calls.size >= CALLERS_MAX) {
      this.forgotten++
      return
    }
    const firstAt = known?.firstAt ?? call.firstAt
    this.#calls.set(call.identity, { ...call, firstAt, calls: call.calls + (known?.calls ?? 0) })
  }

  /** The same again soon after counts up. */
  event(event: ConnectionEvent): void {
    const { concentratorId, kind, remoteAddress, otherAddress, at } = event
    const moment = kind === 'held-off' ? '' : at
    const key = `${concentratorId} ${kind} ${remoteAddress} ${otherAddress} ${moment}`
    const times = event.times + (this.#events.get(key)?.times ?? 0)
    this.#events.set(key, { ...event, times })
    this.#bound(this.#events, EVENTS_MAX)
  }

  frame(frame: LoggedFrame): void {
    this.#frames.push(frame)
    if (this.#frames.length <= FRAMES_MAX) return
    this.#frames = this.#frames.slice(FRAMES_MAX / 2)
    this.forgotten += FRAMES_MAX / 2
  }

  /** Null when there is nothing. */
  take(): PresenceBatch | null {
    const batch = {
      intervals: [...this.#intervals.values()],
      traffic: [...this.#traffic.values()],
      flapping: [...this.#flapping.values()],
      calls: [...this.#calls.values()],
      events: [...this.#events.values()],
      frames: this.#frames,
    }
    for (const map of [this.#intervals, this.#traffic, this.#flapping, this.#calls]) map.clear()
    this.#events.clear()
    this.#frames = []
    return Object.values(batch).some(({ length }) => length > 0) ? batch : null
  }

  /** What could not be written comes before what came since. */
  giveBack(batch: PresenceBatch): void {
    const since = this.take()
    for (const one of [batch, since]) {
      for (const interval of one?.intervals ?? []) this.interval(interval)
      for (const share of one?.traffic ?? []) this.traffic(share)
      for (const flapping of one?.flapping ?? []) this.flapping(flapping)
      for (const call of one?.calls ?? []) this.call(call)
      for (const event of one?.events ?? []) this.event(event)
      for (const frame of one?.frames ?? []) this.frame(frame)
    }
  }

  #bound(map: Map<string, unknown>, max: number): void {
    if (map.size <= max) return
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
    this.forgotten++
  }
}

const nothing = {
  bytesUp: 0,
  bytesDown: 0,
  framesUp: 0,
  framesDown: 0,
  logins: 0,
  heartbeats: 0,
}

function sumOf(one: TrafficShare, other: TrafficShare): TrafficShare {
  return {
    concentratorId: one.concentratorId,
    date: one.date,
    bytesUp: one.bytesUp + other.bytesUp,
    bytesDown: one.bytesDown + other.bytesDown,
    framesUp: one.framesUp + other.framesUp,
    framesDown: one.framesDown + other.framesDown,
    logins: one.logins + other.logins,
    heartbeats: one.heartbeats + other.heartbeats,
  }
}
