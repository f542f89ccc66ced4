import {
  type DialIn,
  type DriverClock,
  describeSystemError,
  ItemQueue,
  type JudgeCaller,
  type Listener,
  type Network,
  type Opened,
  type TcpServer,
  type TcpSocket,
  tuneForFrames,
} from '#drivers/channel'
import type { Login, LoginStep } from './login.ts'
import type { DialInObserver } from './observer.ts'
import type { DialInOptions } from './options.ts'
import { type CompiledRules, compileRules, defaultRules } from './rules.ts'
import { Session, type SessionHost } from './session.ts'
import { addressOf, refuse, WaitingRoom } from './waiting-room.ts'

const LOGIN_TIMEOUT_MS = 10_000
const PRE_LOGIN_BYTES_MAX = 512
/** Gateways close a packet after 20 to 200 ms of silence on their serial side. */
const QUIET_MS = 200
/** Longer than any exchange waits: after it no answer can still be on its way. */
const ANSWER_GAP_MS = 10_000
/** Concentrators send heartbeats every 1 to 15 minutes; one may be lost. */
const IDLE_TIMEOUT_MS = 35 * 60_000
/**
 * Of the free places those in which callers may wait who have not said who they are: a fleet that
 * comes back at once is all there before the first is heard. The others are for those who come
 * before one that was sent away has left.
 */
const WAITING_SHARE = 0.75
/** Each is asked who it is, which takes a while and memory: those that wait are cut off. */
const UNNAMED_MAX = 64
const BUSY_SWEEP_MS = 100
const IDLE_SWEEP_MS = 5_000

/** Waits for concentrators and DTUs that call us, and hands them on once they said who they are. */
export async function listenForDialIns(
  options: DialInOptions,
  network: Network,
  clock: DriverClock,
): Promise<Opened<Listener>> {
  const subject = `listening on ${options.host}:${options.port}`
  const rules = compileRules(options.rules ?? defaultRules)
  if (typeof rules === 'string') {
    const message = `${subject}: ${rules}; correct the rule`
    return { ok: false, error: { code: 'transport.refused', message, retry: 'never' } }
  }
  const registrars = [...rules.registrars, ...(options.recognisers ?? [])]
  const door = new Door(options, { ...rules, registrars }, clock)
  try {
    const server = await network.listen(
      {
        host: options.host,
        port: options.port,
        connectionsMax: options.connectionsMax,
        refused: () => options.observe?.refused?.(),
      },
      (socket) => door.accept(socket),
    )
    return { ok: true, value: door.behind(server) }
  } catch (error) {
    return { ok: false, error: describeSystemError(error, subject) }
  }
}

/** One sweep serves all sockets, so that ten thousand of them cost no timer each. */
class Door {
  readonly #options: DialInOptions
  readonly #observe: DialInObserver
  readonly #clock: DriverClock
  readonly #host: SessionHost
  readonly #waiting: WaitingRoom
  readonly #arrivals = new ItemQueue<DialIn>()
  readonly #sessions = new Map<string, Session>()
  readonly #holding = new Set<Session>()
  #judge: JudgeCaller = () => true
  #unnamed = 0
  #cancelSweep: (() => void) | null = null
  #sweepIsBusy = false
  #nextIdleCheckAt = 0
  #open = true

  constructor(options: DialInOptions, rules: CompiledRules, clock: DriverClock) {
    this.#options = options
    this.#observe = options.observe ?? {}
    this.#clock = clock
    this.#host = this.#hostFor(rules)
    this.#waiting = new WaitingRoom({
      rules,
      bytesMax: PRE_LOGIN_BYTES_MAX,
      quietMs: this.#quietMs,
      timeoutMs: options.loginTimeoutMs ?? LOGIN_TIMEOUT_MS,
      unregistered: options.unregistered ?? null,
      now: () => this.#clock.now(),
      placesMax: () => this.#waitingMax,
      mayLetIn: () => this.#unnamed < UNNAMED_MAX,
      done: (socket, login, step) => this.#welcome(socket, login, step),
      timedOut: (socket) => this.#observe.loginTimedOut?.(addressOf(socket)),
      crowdedOut: (socket) => this.#observe.crowdedOut?.(addressOf(socket)),
      garbage: (count, socket) => this.#observe.garbage?.(count, addressOf(socket)),
    })
  }

  behind(server: TcpServer): Listener {
    return {
      port: server.port,
      sessions: (judge) => {
        if (judge) this.#judge = judge
        return this.#arrivals
      },
      close: async () => {
        await server.close()
        this.#shut()
      },
    }
  }

  accept(socket: TcpSocket): void {
    const { connectionsMax } = this.#options
    const full = this.#waiting.size + this.#sessions.size >= connectionsMax
    if (!this.#open || full || this.#arrivals.length >= connectionsMax) {
      refuse(socket)
      this.#observe.refused?.()
      return
    }
    this.#observe.accepted?.()
    this.#waiting.enter(socket)
    this.#sweepSoon()
  }

  get #quietMs(): number {
    return this.#options.quietMs ?? QUIET_MS
  }

  get #waitingMax(): number {
    const free = this.#options.connectionsMax - this.#sessions.size
    return Math.max(1, Math.floor(free * WAITING_SHARE))
  }

  #welcome(socket: TcpSocket, login: Login, step: LoginStep & { kind: 'done' }): void {
    const { registration, rest } = step
    const remoteAddress = addressOf(socket)
    const strange = login.heldBytes - rest.length - registration.packet.length
    if (strange > 0) this.#observe.garbage?.(strange, remoteAddress)
    const { identity, rule } = registration
    const heldFrom = this.#sessions.get(identity)?.remoteAddress ?? null
    if (!this.#judge({ identity, rule, remoteAddress, heldFrom })) {
      refuse(socket)
      this.#observe.turnedAway?.(identity)
      return
    }
    // Not before: most that call in a storm never say who they are.
    tuneForFrames(socket)
    const old = this.#endOld(identity, remoteAddress)
    const session = new Session(socket, registration, this.#host)
    if (session.named) this.#unnamed++
    this.#enter(session, old)
    this.#observe.loggedIn?.(identity, rule)
    session.count(registration.packet)
    if (registration.reply) session.reply(registration.reply)
    if (rest.length > 0) session.receive(rest)
    this.#arrivals.push(session)
  }

  /**
   * Nothing is written to the old socket from here on: its channel is closed before the new one is
   * used, and whoever still holds it gets `transport.closed`.
   */
  #endOld(identity: string, newAddress: string): Session | undefined {
    const old = this.#sessions.get(identity)
    const message = `dialin:${identity}: dialled in again from ${newAddress}; the newest connection counts`
    old?.end({ code: 'transport.closed', message, retry: 'now' }, 'taken-over')
    return old
  }

  #enter(session: Session, old: Session | undefined): void {
    if (old) {
      session.takeovers = old.takeovers + 1
      this.#observe.takenOver?.({
        identity: session.identity,
        oldAddress: old.remoteAddress,
        newAddress: session.remoteAddress,
        times: session.takeovers,
      })
    }
    this.#sessions.set(session.identity, session)
  }

  #hostFor(rules: CompiledRules): SessionHost {
    const options = this.#options
    return {
      heartbeats: rules.heartbeats,
      registrars: rules.registrars,
      filter: {
        answerGapMs: options.answerGapMs ?? ANSWER_GAP_MS,
        packetPrefix: options.packetPrefix ?? new Uint8Array(0),
        measure: options.measure ?? null,
      },
      now: () => this.#clock.now(),
      holding: (session) => {
        this.#holding.add(session)
        this.#sweepSoon()
      },
      rename: (session) => this.#forget(session),
      renamed: (session) => {
        this.#unnamed--
        this.#enter(session, this.#endOld(session.identity, session.remoteAddress))
      },
      heartbeat: ({ identity }) => this.#observe.heartbeat?.(identity),
      ended: (session) => {
        this.#holding.delete(session)
        if (session.isUnnamed) this.#unnamed--
        this.#forget(session)
        this.#observe.ended?.(session.identity)
      },
    }
  }

  #forget(session: Session): void {
    if (this.#sessions.get(session.identity) === session) this.#sessions.delete(session.identity)
  }

  #sweepSoon(): void {
    if (!this.#open || (this.#cancelSweep && this.#sweepIsBusy)) return
    this.#cancelSweep?.()
    this.#sweepIsBusy = this.#waiting.size + this.#holding.size > 0
    const waitMs = this.#sweepIsBusy ? BUSY_SWEEP_MS : IDLE_SWEEP_MS
    this.#cancelSweep = this.#clock.after(waitMs, () => {
      this.#cancelSweep = null
      this.#sweep(this.#clock.now())
      if (this.#waiting.size + this.#sessions.size > 0) this.#sweepSoon()
    })
  }

  #sweep(now: number): void {
    this.#waiting.sweep(now)
    for (const session of this.#holding) {
      if (session.flush(now, this.#quietMs)) this.#holding.delete(session)
    }
    if (now < this.#nextIdleCheckAt) return
    this.#nextIdleCheckAt = now + IDLE_SWEEP_MS
    const idleTimeoutMs = this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS
    for (const session of this.#sessions.values()) {
      const silentMs = now - session.lastHeardAt()
      if (silentMs < idleTimeoutMs) continue
      this.#observe.idledOut?.(session.identity)
      const silentS = Math.round(silentMs / 1_000)
      const message = `dialin:${session.identity}: no byte and no heartbeat for ${silentS} s; the device has to dial in again`
      session.end({ code: 'transport.timeout', message, retry: 'later' }, 'silent')
    }
  }

  #shut(): void {
    this.#open = false
    this.#cancelSweep?.()
    this.#waiting.clear()
    for (const session of [...this.#sessions.values()]) void session.channel.close()
    this.#arrivals.end()
  }
}
