import {
  type DialIn,
  type DriverClock,
  describeSystemError,
  ItemQueue,
  type Listener,
  type Network,
  type Opened,
  type TcpServer,
  type TcpSocket,
} from '#drivers/channel'
import { Login, type LoginStep } from './login.ts'
import type { DialInObserver } from './observer.ts'
import type { DialInOptions } from './options.ts'
import { type CompiledRules, compileRules, defaultRules } from './rules.ts'
import { Session } from './session.ts'

const LOGIN_TIMEOUT_MS = 10_000
const PRE_LOGIN_BYTES_MAX = 512
/** Gateways close a packet after 20 to 200 ms of silence on their serial side. */
const QUIET_MS = 200
/** Longer than any exchange waits: after it no answer can still be on its way. */
const ANSWER_GAP_MS = 10_000
/** Concentrators send heartbeats every 1 to 15 minutes; one may be lost. */
const IDLE_TIMEOUT_MS = 35 * 60_000
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
  readonly #rules: CompiledRules
  readonly #clock: DriverClock
  readonly #arrivals = new ItemQueue<DialIn>()
  /** In order of acceptance, so that the sweep can stop at the first one that is not late. */
  readonly #logins = new Map<TcpSocket, Login>()
  readonly #settling = new Set<TcpSocket>()
  readonly #sessions = new Map<string, Session>()
  readonly #holding = new Set<Session>()
  #unnamed = 0
  #cancelSweep: (() => void) | null = null
  #sweepIsBusy = false
  #nextIdleCheckAt = 0
  #open = true

  constructor(options: DialInOptions, rules: CompiledRules, clock: DriverClock) {
    this.#options = options
    this.#observe = options.observe ?? {}
    this.#rules = rules
    this.#clock = clock
  }

  behind(server: TcpServer): Listener {
    return {
      port: server.port,
      sessions: () => this.#arrivals,
      close: async () => {
        await server.close()
        this.#shut()
      },
    }
  }

  accept(socket: TcpSocket): void {
    const connections = this.#logins.size + this.#sessions.size
    const full = connections >= this.#options.connectionsMax
    if (!this.#open || full || this.#arrivals.length >= this.#options.connectionsMax) {
      socket.on('error', ignoreAfterRefusal)
      socket.destroy()
      this.#observe.refused?.()
      return
    }
    this.#observe.accepted?.()
    const limits = { bytesMax: PRE_LOGIN_BYTES_MAX, quietMs: this.#quietMs }
    const login = new Login(this.#rules, limits, this.#clock.now())
    this.#logins.set(socket, login)
    const heard = (chunk: Uint8Array) => {
      this.#step(socket, login, login.push(chunk, this.#clock.now()))
    }
    const gone = () => this.#drop(socket)
    socket.on('data', heard).on('close', gone).on('end', gone).on('error', gone)
    login.detach = () => {
      socket.off('data', heard).off('close', gone).off('end', gone).off('error', gone)
    }
    this.#sweepSoon()
  }

  get #quietMs(): number {
    return this.#options.quietMs ?? QUIET_MS
  }

  #step(socket: TcpSocket, login: Login, step: LoginStep): void {
    this.#settling.delete(socket)
    switch (step.kind) {
      case 'waiting':
        return
      case 'settling':
        this.#settling.add(socket)
        return
      case 'overflow':
        this.#observe.garbage?.(login.heldBytes, addressOf(socket))
        this.#drop(socket)
        return
      case 'done':
        this.#logins.delete(socket)
        login.detach()
        this.#welcome(socket, login, step)
    }
  }

  #welcome(socket: TcpSocket, login: Login, step: LoginStep & { kind: 'done' }): void {
    const { registration, rest } = step
    const strange = login.heldBytes - rest.length - registration.packet.length
    if (strange > 0) this.#observe.garbage?.(strange, addressOf(socket))
    const old = this.#endOld(registration.identity, addressOf(socket))
    const session = this.#session(socket, step)
    this.#enter(session, old)
    this.#observe.loggedIn?.(session.identity, registration.rule)
    if (registration.reply) socket.write(registration.reply)
    if (rest.length > 0) session.receive(rest)
    this.#arrivals.push(session)
  }

  /**
   * Nothing is written to the old socket from here on: its channel is closed before the new one is
   * used, and whoever still holds it gets `transport.closed`.
   */
  #endOld(identity: string, newAddress: string): Session | undefined {
    const old = this.#sessions.get(identity)
    old?.end({
      code: 'transport.closed',
      message: `dialin:${identity}: dialled in again from ${newAddress}; the newest connection counts`,
      retry: 'now',
    })
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

  #session(socket: TcpSocket, step: LoginStep & { kind: 'done' }): Session {
    const options = this.#options
    return new Session(socket, step.registration, this.#rules, {
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
      renaming: (session, identity) => {
        this.#sessions.delete(session.identity)
        return () => this.#enter(session, this.#endOld(identity, session.remoteAddress))
      },
      heartbeat: ({ identity }) => this.#observe.heartbeat?.(identity),
      ended: (session) => {
        this.#holding.delete(session)
        if (this.#sessions.get(session.identity) === session) {
          this.#sessions.delete(session.identity)
        }
        this.#observe.ended?.(session.identity)
      },
    })
  }

  #drop(socket: TcpSocket): void {
    this.#settling.delete(socket)
    this.#logins.get(socket)?.detach()
    this.#logins.delete(socket)
    socket.on('error', ignoreAfterRefusal)
    socket.destroy()
  }

  #sweepSoon(): void {
    if (!this.#open || (this.#cancelSweep && this.#sweepIsBusy)) return
    this.#cancelSweep?.()
    this.#sweepIsBusy = this.#logins.size + this.#holding.size > 0
    const waitMs = this.#sweepIsBusy ? BUSY_SWEEP_MS : IDLE_SWEEP_MS
    this.#cancelSweep = this.#clock.after(waitMs, () => {
      this.#cancelSweep = null
      this.#sweep(this.#clock.now())
      if (this.#logins.size + this.#sessions.size > 0) this.#sweepSoon()
    })
  }

  #sweep(now: number): void {
    this.#sweepLogins(now)
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
      session.end({
        code: 'transport.timeout',
        message: `dialin:${session.identity}: no byte and no heartbeat for ${Math.round(silentMs / 1_000)} s; the device has to dial in again`,
        retry: 'later',
      })
    }
  }

  #sweepLogins(now: number): void {
    for (const socket of this.#settling) {
      const login = this.#logins.get(socket)
      if (login && now - login.lastByteAt >= this.#quietMs) {
        this.#step(socket, login, login.settle())
      }
    }
    this.#letIn(now)
    const timeoutMs = this.#options.loginTimeoutMs ?? LOGIN_TIMEOUT_MS
    for (const [socket, login] of this.#logins) {
      if (now - login.acceptedAt < timeoutMs) break
      this.#observe.loginTimedOut?.(addressOf(socket))
      if (login.heldBytes > 0) this.#observe.garbage?.(login.heldBytes, addressOf(socket))
      this.#drop(socket)
    }
  }

  /** Callers that say nothing, or nothing more that anybody understands. */
  #letIn(now: number): void {
    const rule = this.#options.unregistered
    if (!rule) return
    for (const [socket, login] of this.#logins) {
      if (now - login.acceptedAt < rule.afterMs) break
      if (now - login.lastByteAt < rule.afterMs) continue
      this.#unnamed++
      this.#step(socket, login, login.giveUp(rule.name, `unregistered-${this.#unnamed}`))
    }
  }

  #shut(): void {
    this.#open = false
    this.#cancelSweep?.()
    for (const socket of [...this.#logins.keys()]) this.#drop(socket)
    for (const session of [...this.#sessions.values()]) void session.channel.close()
    this.#arrivals.end()
  }
}

function addressOf(socket: TcpSocket): string {
  return socket.remoteAddress ?? 'unknown'
}

function ignoreAfterRefusal(): void {}
