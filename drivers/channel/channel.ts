/** What a user of a channel may have to know of the line behind it. */
export interface ChannelFacts {
  /** Stable and readable: `serial:/dev/ttyUSB0`, `tcp:10.0.0.5:4001`, `dialin:13800001111`. */
  readonly name: string
  /** One exchange at a time: every RS-485 bus and whatever leads to one. */
  readonly halfDuplex: boolean
  readonly maxFrameBytes: number
  /** True where one chunk is exactly one message and the transport checks it (Modbus PDUs). */
  readonly framed: boolean
  /** Of the serial line where it is known: what a frame must take at least. */
  readonly baud: number | null
  /** Who answers on the line where it said so: a terminal, which may have meters behind it. */
  readonly terminal?: { readonly protocol: string; readonly address: string }
}

/** Why a channel cannot carry bytes. `retry` says whether trying again can help. */
export interface TransportError {
  readonly code:
    | 'transport.refused'
    | 'transport.unreachable'
    | 'transport.timeout'
    | 'transport.closed'
    | 'transport.busy'
    | 'transport.no-device'
    | 'transport.permission'
    | 'transport.overflow'
    | 'transport.exception'
  readonly message: string
  readonly retry: 'now' | 'later' | 'never'
}

export type Sent = { readonly ok: true } | { readonly ok: false; readonly error: TransportError }

export type Opened<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: TransportError }

/**
 * A way to move bytes to the devices of one line and back. Chunk boundaries mean nothing unless
 * `facts.framed`: two answers in one chunk and half an answer are both normal.
 */
export interface Channel {
  readonly facts: ChannelFacts
  /**
   * Known once the bytes are handed to the line, which a line that is not busy takes at once. Never
   * throws for a line's fault.
   */
  send(bytes: Uint8Array, signal: AbortSignal): Sent | Promise<Sent>
  /** What arrives, in order, until the channel closes. To be iterated once. */
  bytes(): AsyncIterable<Uint8Array>
  /**
   * In place of `bytes()`: gives each chunk as it comes, and resolves when the channel closes. A
   * channel that lacks it is iterated, at the cost of some promises per chunk.
   */
  hear?(take: (chunk: Uint8Array) => void): Promise<void>
  /** Why the channel ended; null while it is open or when we closed it ourselves. */
  readonly failure: TransportError | null
  /** Idempotent; ends `bytes()`. */
  close(): Promise<void>
}

/** Gives what arrives on a channel, chunk by chunk, and resolves when it closes. */
export function hearChannel(channel: Channel, take: (chunk: Uint8Array) => void): Promise<void> {
  return channel.hear?.(take) ?? iterate(channel, take)
}

async function iterate(channel: Channel, take: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of channel.bytes()) take(chunk)
}

/** Opens a channel that we dial: called again after each loss. */
export interface Dialer {
  readonly name: string
  open(signal: AbortSignal): Promise<Opened<Channel>>
}

/** What went over a connection, heartbeats and logins included; up is from the device. */
export interface LinkTraffic {
  bytesUp: number
  bytesDown: number
  /** As they came: a frame may be in pieces, and two in one. */
  framesUp: number
  framesDown: number
  heartbeats: number
}

export function noTraffic(): LinkTraffic {
  return { bytesUp: 0, bytesDown: 0, framesUp: 0, framesDown: 0, heartbeats: 0 }
}

/** Told of bytes as they pass; must return at once and not throw. */
export type HearBytes = (direction: 'sent' | 'received', bytes: Uint8Array) => void

/** How a connection ended: by the device, the network, silence, a newer one, or by us. */
export interface LinkEnd {
  readonly at: number
  readonly reason: 'closed' | 'lost' | 'silent' | 'taken-over' | 'stopped'
}

/** Somebody at the door who said who it is. */
export interface Caller {
  readonly identity: string
  readonly rule: string
  readonly remoteAddress: string
  /** From where the connection came that this one would take over; null where there is none. */
  readonly heldFrom: string | null
}

/** Whether a caller may come in. Asked before anything is sent or an older connection is ended. */
export type JudgeCaller = (caller: Caller) => boolean

/** A connection as whoever watches it sees it. */
export interface Link {
  readonly remoteAddress: string
  /** Epoch milliseconds of the last byte or heartbeat; moves while the device is connected. */
  lastHeardAt(): number
  /** Counts on; whoever reports it may set it back to zero. */
  readonly traffic: LinkTraffic
  /** Null while it is connected. */
  readonly over: LinkEnd | null
  /** Set by whoever listens: everything that passes, heartbeats included. Null costs nothing. */
  tap: HearBytes | null
}

/** A device that called us, after it said who it is or was let in without. */
export interface DialIn extends Link {
  /** From the registration packet (注册包): concentrator address, SIM or IMEI. */
  readonly identity: string
  /** Name of the rule by which it was understood: whoever lent the rule knows what to expect. */
  readonly rule?: string
  /** Only on a device that did not register: whoever finds out who it is says so here. */
  readonly named?: ((identity: string) => void) | undefined
  /** What it called itself after it had been let in without a name, if it did; `rule` is of that. */
  readonly saidLater?: string | null
  readonly channel: Channel
}

/** Yields devices as they dial in. */
export interface Listener {
  readonly port: number
  /** To be called once; with a judge only those come in whom it lets. */
  sessions(judge?: JudgeCaller): AsyncIterable<DialIn>
  close(): Promise<void>
}

/** A pushed message. Not acknowledged to the sender until `ack` is called. */
export interface FeedMessage {
  readonly topic: string
  readonly payload: Uint8Array
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly retained: boolean
  /** Call once what the message said is stored. */
  ack(): void
}

/** What pushes: the second contract beside the channel. */
export interface Feed {
  readonly name: string
  readonly connected: boolean
  messages(): AsyncIterable<FeedMessage>
  publish(topic: string, payload: Uint8Array, signal: AbortSignal): Promise<Sent>
  close(): Promise<void>
}
