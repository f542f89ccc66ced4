import type { TcpSocket } from '#drivers/channel'
import { Crowd } from './crowd.ts'
import { Login, type LoginLimits, type LoginStep } from './login.ts'
import type { UnregisteredRule } from './rules.ts'

export interface WaitingRoomOptions extends LoginLimits {
  readonly timeoutMs: number
  readonly unregistered: UnregisteredRule | null
  now(): number
  /** Callers that have not said who they are; one more, and one of them goes. */
  placesMax(): number
  /** How many more may be let in without a name. */
  mayLetIn(): boolean
  done(socket: TcpSocket, login: Login, step: LoginStep & { kind: 'done' }): void
  timedOut(socket: TcpSocket): void
  crowdedOut(socket: TcpSocket): void
  garbage(count: number, socket: TcpSocket): void
}

/** Late callers that leave at once: they call again together, and others wait behind them. */
const LATE_MAX = 128

/** Where callers are until they have said who they are: little of each, and not for long. */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  /** In order of acceptance, so that the sweep can stop at the first one that is not late. */
  readonly #logins = new Map<TcpSocket, Login>()
  readonly #crowd = new Crowd<TcpSocket>()
  readonly #settling = new Set<TcpSocket>()
  /** One function for all sockets, which is their `this`: thousands come and go in a storm. */
  readonly #heard: (this: TcpSocket, chunk: Uint8Array) => void
  readonly #gone: (this: TcpSocket) => void
  #unnamed = 0

  constructor(options: WaitingRoomOptions) {
    this.#options = options
    const hear = (socket: TcpSocket, chunk: Uint8Array) => this.#hear(socket, chunk)
    const drop = (socket: TcpSocket) => this.drop(socket)
    this.#heard = function heard(chunk) {
      hear(this, chunk)
    }
    this.#gone = function gone() {
      drop(this)
    }
  }

  get size(): number {
    return this.#logins.size
  }

  enter(socket: TcpSocket): void {
    const address = addressOf(socket)
    this.#makeRoom()
    this.#logins.set(socket, new Login(this.#options, this.#options.now(), address))
    this.#crowd.add(socket, address)
    const gone = this.#gone
    socket.on('data', this.#heard).on('close', gone).on('end', gone).on('error', gone)
  }

  drop(socket: TcpSocket): void {
    this.#leave(socket)
    refuse(socket)
  }

  clear(): void {
    for (const socket of [...this.#logins.keys()]) this.drop(socket)
  }

  sweep(now: number): void {
    const { quietMs, timeoutMs } = this.#options
    for (const socket of this.#settling) {
      const login = this.#logins.get(socket)
      if (login && now - login.lastByteAt >= quietMs) this.#step(socket, login, login.settle())
    }
    this.#letIn(now)
    let left = 0
    for (const [socket, login] of this.#logins) {
      if (now - login.acceptedAt < timeoutMs || left === LATE_MAX) break
      left++
      this.#options.timedOut(socket)
      if (login.heldBytes > 0) this.#options.garbage(login.heldBytes, socket)
      this.drop(socket)
    }
  }

  /** Callers that say nothing, or nothing more that anybody understands. */
  #letIn(now: number): void {
    const { unregistered, mayLetIn } = this.#options
    if (!unregistered) return
    for (const [socket, login] of this.#logins) {
      if (now - login.acceptedAt < unregistered.afterMs || !mayLetIn()) break
      if (now - login.lastByteAt < unregistered.afterMs) continue
      // What came while this process was busy is heard before the next sweep.
      if (login.silentAt !== login.lastByteAt) {
        login.silentAt = login.lastByteAt
        continue
      }
      this.#unnamed++
      const name = `unregistered-${this.#unnamed}`
      this.#step(socket, login, login.giveUp(unregistered.name, name))
    }
  }

  #hear(socket: TcpSocket, chunk: Uint8Array): void {
    const login = this.#logins.get(socket)
    if (login) this.#step(socket, login, login.push(chunk, this.#options.now()))
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
        this.#options.garbage(login.heldBytes, socket)
        this.drop(socket)
        return
      case 'done':
        this.#leave(socket)
        this.#options.done(socket, login, step)
    }
  }

  /** An address that crowds makes room, by whoever waits longest there: the honest wait least. */
  #makeRoom(): void {
    const { placesMax, crowdedOut } = this.#options
    while (this.#logins.size >= placesMax()) {
      const out = this.#crowd.takeOut()
      if (out === undefined) return
      crowdedOut(out)
      this.drop(out)
    }
  }

  #leave(socket: TcpSocket): void {
    this.#settling.delete(socket)
    const login = this.#logins.get(socket)
    if (!login) return
    const gone = this.#gone
    socket.off('data', this.#heard).off('close', gone).off('end', gone).off('error', gone)
    this.#logins.delete(socket)
    this.#crowd.remove(socket, login.address)
  }
}

export function addressOf(socket: TcpSocket): string {
  return socket.remoteAddress ?? 'unknown'
}

/** Ends a connection that nobody took, without a word. */
export function refuse(socket: TcpSocket): void {
  socket.on('error', ignoreAfterRefusal)
  socket.destroy()
}

function ignoreAfterRefusal(): void {}
