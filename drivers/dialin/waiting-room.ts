import type { TcpSocket } from '#drivers/channel'
import { Login, type LoginStep } from './login.ts'
import type { CompiledRules, UnregisteredRule } from './rules.ts'

export interface WaitingRoomOptions {
  readonly rules: CompiledRules
  readonly bytesMax: number
  readonly quietMs: number
  readonly timeoutMs: number
  /** Callers that have not said who they are; one more, and the one that waits longest goes. */
  readonly waitingMax: number
  /** The same of one address, so that nobody crowds others out. */
  readonly waitingPerAddressMax: number
  readonly unregistered: UnregisteredRule | null
  /** How many more may be let in without a name. */
  mayLetIn(): boolean
  done(socket: TcpSocket, login: Login, step: LoginStep & { kind: 'done' }): void
  timedOut(socket: TcpSocket): void
  crowdedOut(socket: TcpSocket): void
  garbage(count: number, socket: TcpSocket): void
}

/** Where callers are until they have said who they are: little of each, and not for long. */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  /** In order of acceptance, so that the sweep can stop at the first one that is not late. */
  readonly #logins = new Map<TcpSocket, Login>()
  readonly #byAddress = new Map<string, Set<TcpSocket>>()
  readonly #settling = new Set<TcpSocket>()
  /**
   * Those that wait longest, from one sweep to the next: to begin anew for each would pass all that
   * have left.
   */
  #longest: Iterator<TcpSocket> | null = null
  #unnamed = 0

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#logins.size
  }

  enter(socket: TcpSocket, now: () => number): void {
    const { rules, bytesMax, quietMs } = this.#options
    const address = addressOf(socket)
    this.#makeRoomFor(address)
    const login = new Login(rules, { bytesMax, quietMs }, now(), address)
    this.#logins.set(socket, login)
    const here = this.#byAddress.get(address) ?? new Set()
    this.#byAddress.set(address, here.add(socket))
    const heard = (chunk: Uint8Array) => this.#step(socket, login, login.push(chunk, now()))
    const gone = () => this.drop(socket)
    socket.on('data', heard).on('close', gone).on('end', gone).on('error', gone)
    login.detach = () => {
      socket.off('data', heard).off('close', gone).off('end', gone).off('error', gone)
    }
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
    this.#longest = null
    for (const socket of this.#settling) {
      const login = this.#logins.get(socket)
      if (login && now - login.lastByteAt >= quietMs) this.#step(socket, login, login.settle())
    }
    this.#letIn(now)
    for (const [socket, login] of this.#logins) {
      if (now - login.acceptedAt < timeoutMs) break
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

  /** Who is honest says who it is within a second: whoever waits longest is not. */
  #makeRoomFor(address: string): void {
    const { waitingMax, waitingPerAddressMax, crowdedOut } = this.#options
    const here = this.#byAddress.get(address)
    const crowd = here && here.size >= waitingPerAddressMax ? here : this.#logins
    const max = crowd === here ? waitingPerAddressMax : waitingMax
    if (crowd.size < max) return
    const longest = crowd === here ? here.keys().next().value : this.#longestWaiting()
    if (longest === undefined) return
    crowdedOut(longest)
    this.drop(longest)
  }

  /** Not the same one twice: whoever is given leaves. */
  #longestWaiting(): TcpSocket | undefined {
    const next = this.#longest?.next()
    if (next && !next.done) return next.value
    this.#longest = this.#logins.keys()
    return this.#longest.next().value
  }

  #leave(socket: TcpSocket): void {
    this.#settling.delete(socket)
    const login = this.#logins.get(socket)
    if (!login) return
    login.detach()
    this.#logins.delete(socket)
    const here = this.#byAddress.get(login.address)
    here?.delete(socket)
    if (here?.size === 0) this.#byAddress.delete(login.address)
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
