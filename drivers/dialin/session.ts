import { type DialIn, StreamChannel, type TcpSocket, type TransportError } from '#drivers/channel'
import { type CompiledRules, type Heartbeat, type Registration, repeatOf } from './rules.ts'
import { UplinkFilter, type UplinkFilterOptions } from './uplink-filter.ts'

/** The longest frame of any protocol carried so far (DL/T 698.45), with room. */
const FRAME_BYTES_MAX = 2_048
/** A device that does not read its heartbeats' echoes gets no more of them. */
const UNREAD_ECHO_BYTES_MAX = 4_096

export interface SessionOptions {
  readonly filter: Omit<UplinkFilterOptions, 'heartbeat'>
  now(): number
  /** The filter holds bytes back: somebody has to flush them later. */
  holding(session: Session): void
  /** The session gets another identity; the returned function is called when it has it. */
  renaming(session: Session, identity: string): () => void
  heartbeat(session: Session): void
  ended(session: Session): void
}

/** A device that said who it is, and the line to it. */
export class Session implements DialIn {
  identity: string
  readonly rule: string
  readonly named: ((identity: string) => void) | undefined
  readonly remoteAddress: string
  readonly channel: StreamChannel
  /** How often this identity was taken over while connected: a cloned one flaps. */
  takeovers = 0
  readonly #socket: TcpSocket
  readonly #filter: UplinkFilter
  readonly #options: SessionOptions
  #lastHeardAt: number

  constructor(
    socket: TcpSocket,
    registration: Registration,
    rules: CompiledRules,
    options: SessionOptions,
  ) {
    this.identity = registration.identity
    this.rule = registration.rule
    this.remoteAddress = socket.remoteAddress ?? 'unknown'
    this.#socket = socket
    this.#options = options
    this.#lastHeardAt = options.now()
    const isRegistered = registration.packet.length > 0
    const repeated = registration.repeats === 'heartbeat' ? [repeatOf(registration)] : []
    const heartbeats = [...rules.heartbeats, ...repeated]
    this.#filter = new UplinkFilter(heartbeats, {
      ...options.filter,
      heartbeat: (heartbeat, packet) => this.#heartbeat(heartbeat, packet),
    })
    const facts = {
      name: `dialin:${registration.identity}`,
      halfDuplex: true,
      maxFrameBytes: FRAME_BYTES_MAX,
      framed: false,
      baud: null,
    }
    this.named = isRegistered
      ? undefined
      : (identity) => {
          const renamed = options.renaming(this, identity)
          this.identity = identity
          facts.name = `dialin:${identity}`
          renamed()
        }
    this.channel = new StreamChannel(socket, facts, {
      receive: (chunk) => this.receive(chunk),
      sending: () => this.#filter.sent(),
      ended: () => options.ended(this),
    })
  }

  lastHeardAt(): number {
    return this.#lastHeardAt
  }

  receive(chunk: Uint8Array): void {
    this.#lastHeardAt = this.#options.now()
    this.channel.deliver(this.#filter.push(chunk, this.#lastHeardAt))
    if (this.#filter.holding) this.#options.holding(this)
  }

  /** True once nothing is held back any more. */
  flush(now: number, quietMs: number): boolean {
    if (!this.#filter.holding) return true
    if (now - this.#filter.lastByteAt < quietMs) return false
    this.channel.deliver(this.#filter.flush())
    return true
  }

  end(error: TransportError): void {
    this.channel.fail(error)
  }

  #heartbeat(heartbeat: Heartbeat, packet: Uint8Array): void {
    this.#options.heartbeat(this)
    const { answer } = heartbeat
    if (answer === 'none' || this.#socket.writableLength > UNREAD_ECHO_BYTES_MAX) return
    this.#socket.write(answer === 'echo' ? packet.slice() : answer)
  }
}
