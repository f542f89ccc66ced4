import {
  type ChannelFacts,
  type DialIn,
  type HearBytes,
  type LinkEnd,
  type LinkTraffic,
  noTraffic,
  StreamChannel,
  type TcpSocket,
  type TransportError,
} from '#drivers/channel'
import type { Heartbeat, Registrar, Registration } from './rules.ts'
import { UplinkFilter, type UplinkFilterOptions } from './uplink-filter.ts'

/** The longest frame of any protocol carried so far (DL/T 698.45), with room. */
const FRAME_BYTES_MAX = 2_048
/** A device that does not read its heartbeats' echoes gets no more of them. */
const UNREAD_ECHO_BYTES_MAX = 4_096

/** What all sessions of a door share: ten thousand of them hold no function of their own. */
export interface SessionHost {
  readonly filter: UplinkFilterOptions
  readonly heartbeats: readonly Heartbeat[]
  /** What a registration looks like: of some it comes after they were let in without one. */
  readonly registrars: readonly Registrar[]
  now(): number
  /** The filter holds bytes back: somebody has to flush them later. */
  holding(session: Session): void
  /** The session is about to have another identity, and then has it. */
  rename(session: Session, identity: string): void
  renamed(session: Session): void
  heartbeat(session: Session): void
  ended(session: Session): void
}

/** A device that said who it is, and the line to it. */
export class Session implements DialIn {
  identity: string
  rule: string
  saidLater: string | null = null
  readonly named: ((identity: string) => void) | undefined
  readonly remoteAddress: string
  readonly channel: StreamChannel
  readonly #facts: ReturnType<typeof factsOf>
  readonly traffic: LinkTraffic = noTraffic()
  tap: HearBytes | null = null
  /** How often this identity was taken over while connected: a cloned one flaps. */
  takeovers = 0
  readonly #socket: TcpSocket
  #filter: UplinkFilter
  readonly #host: SessionHost
  #lastHeardAt: number
  #endsAs: LinkEnd['reason'] | null = null
  #isNamed = false
  #over: LinkEnd | null = null

  constructor(socket: TcpSocket, registration: Registration, host: SessionHost) {
    this.identity = registration.identity
    this.rule = registration.rule
    this.remoteAddress = socket.remoteAddress ?? 'unknown'
    this.#socket = socket
    this.#host = host
    this.#lastHeardAt = host.now()
    this.#filter = new UplinkFilter(host.heartbeats, registration, host.filter, this)
    this.named = registration.packet.length > 0 ? undefined : (identity) => this.#rename(identity)
    this.#facts = factsOf(registration.identity)
    this.channel = new StreamChannel(socket, this.#facts, this)
  }

  get over(): LinkEnd | null {
    return this.#over
  }

  lastHeardAt(): number {
    return this.#lastHeardAt
  }

  receive(chunk: Uint8Array): void {
    this.#lastHeardAt = this.#host.now()
    this.traffic.bytesUp += chunk.length
    this.traffic.framesUp++
    this.tap?.('received', chunk)
    const left = this.isUnnamed && this.saidLater === null ? this.#withoutName(chunk) : chunk
    this.channel.deliver(this.#filter.push(left, this.#lastHeardAt))
    if (this.#filter.holding) this.#host.holding(this)
  }

  /** Before bytes of ours go out. */
  sending(bytes: Uint8Array): void {
    this.#filter.sent()
    this.#wrote(bytes)
  }

  /** Once, however the channel ended. */
  ended(): void {
    const reason = this.#endsAs ?? reasonOf(this.channel.failure)
    this.#over = { at: this.#host.now(), reason }
    this.#host.ended(this)
  }

  /** True once nothing is held back any more. */
  flush(now: number, quietMs: number): boolean {
    if (!this.#filter.holding) return true
    if (now - this.#filter.lastByteAt < quietMs) return false
    this.channel.deliver(this.#filter.flush())
    return true
  }

  end(error: TransportError, reason: LinkEnd['reason']): void {
    this.#endsAs = reason
    this.channel.fail(error)
  }

  /** True while nobody knows who it is. */
  get isUnnamed(): boolean {
    return this.named !== undefined && !this.#isNamed
  }

  /** What it said before it had a session. */
  count(registration: Uint8Array): void {
    this.traffic.bytesUp += registration.length
    this.traffic.framesUp++
  }

  /** What the device is to hear at its registration. */
  reply(bytes: Uint8Array): void {
    this.#socket.write(bytes)
    this.#wrote(bytes)
  }

  heartbeat({ answer }: Pick<Heartbeat, 'answer'>, packet: Uint8Array): void {
    this.traffic.heartbeats++
    this.#host.heartbeat(this)
    if (answer === 'none' || this.#socket.writableLength > UNREAD_ECHO_BYTES_MAX) return
    this.reply(answer === 'echo' ? packet.slice() : answer)
  }

  #wrote(bytes: Uint8Array): void {
    this.tap?.('sent', bytes)
    this.traffic.bytesDown += bytes.length
    this.traffic.framesDown++
  }

  /** A slow network brings a registration when nobody waits for it any more. */
  #withoutName(chunk: Uint8Array): Uint8Array {
    for (const registrar of this.#host.registrars) {
      const registration = registrar(chunk, 0)
      if (registration === null) continue
      this.saidLater = registration.identity
      this.rule = registration.rule
      this.#filter = new UplinkFilter(this.#host.heartbeats, registration, this.#host.filter, this)
      if (registration.reply) this.reply(registration.reply)
      return chunk.subarray(registration.packet.length)
    }
    return chunk
  }

  #rename(identity: string): void {
    this.#host.rename(this, identity)
    this.identity = identity
    this.#isNamed = true
    this.#facts.name = `dialin:${identity}`
    this.#host.renamed(this)
  }
}

function factsOf(identity: string): { name: string } & Omit<ChannelFacts, 'name'> {
  return {
    name: `dialin:${identity}`,
    halfDuplex: true,
    maxFrameBytes: FRAME_BYTES_MAX,
    framed: false,
    baud: null,
  }
}

function reasonOf(failure: TransportError | null): LinkEnd['reason'] {
  if (failure === null) return 'stopped'
  return failure.code === 'transport.closed' ? 'closed' : 'lost'
}
