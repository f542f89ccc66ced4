import type { IPublishPacket, MqttClient } from 'mqtt'
import {
  type DriverClock,
  describeSystemError,
  type Feed,
  type FeedMessage,
  ItemQueue,
  type Sent,
  type TransportError,
} from '#drivers/channel'
import { describeDenial, describeRefusal } from './denial.ts'
import { Ledger } from './ledger.ts'

const KEEPALIVE_S = 60
const CONNECT_TIMEOUT_MS = 10_000
const RECONNECT_FIRST_MS = 500
const RECONNECT_MS_MAX = 30_000
const PUBLISH_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 2_000
/** Messages delivered and not acknowledged; beyond, nothing more is read from the broker. */
const UNACKNOWLEDGED_MAX = 1_000
/** No meter says so much at once. Such a message is dropped, acknowledged and told. */
const PAYLOAD_BYTES_MAX = 1_048_576

/** Tells the library to send no PUBACK: ours goes out once the message is stored. */
const LATER = new Error('acknowledged later')

export interface MqttFeedOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string
  /** Fixed: the broker keeps the session, and with it what came while we were away, under it. */
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  readonly topics: readonly string[]
  /** Defaults to 1,000. */
  readonly unacknowledgedMax?: number
  readonly observe?: MqttObserver
}

export interface MqttObserver {
  connected?(): void
  lost?(error: TransportError): void
  /** A message too large to be any meter's. */
  dropped?(topic: string, payloadBytes: number): void
}

export interface MqttWorld {
  readonly clock: DriverClock
  /** Numbers in [0, 1), so that a fleet of heads does not reconnect in step. */
  readonly random: { next(): number }
}

export interface MqttFeed extends Feed {
  /** Why there is no connection; null while there is one. */
  readonly failure: TransportError | null
  readonly unacknowledged: number
}

/** Subscribes to a broker with a lasting session; connects at once and again after each loss. */
export function mqttFeed(options: MqttFeedOptions, world: MqttWorld): MqttFeed {
  return new BrokerFeed(options, world)
}

class BrokerFeed implements MqttFeed {
  readonly name: string
  readonly #options: MqttFeedOptions
  readonly #world: MqttWorld
  readonly #messages = new ItemQueue<FeedMessage>()
  #client: MqttClient | null = null
  #ledger: Ledger | null = null
  /** Set while nothing more is read; calls the library on. */
  #readOn: (() => void) | null = null
  #failure: TransportError | null
  #subscribed = false
  #reconnectMs = RECONNECT_FIRST_MS
  #open = true

  constructor(options: MqttFeedOptions, world: MqttWorld) {
    this.#options = options
    this.#world = world
    this.name = `mqtt:${options.url}`
    this.#failure = this.#error('transport.closed', 'not connected yet', 'now')
    void this.#start()
  }

  get connected(): boolean {
    return this.#failure === null
  }

  get failure(): TransportError | null {
    return this.#failure
  }

  get unacknowledged(): number {
    return this.#ledger?.size ?? 0
  }

  messages(): AsyncIterable<FeedMessage> {
    return this.#messages
  }

  publish(topic: string, payload: Uint8Array, signal: AbortSignal): Promise<Sent> {
    const client = this.#client
    if (!client || this.#failure) {
      const error = this.#failure ?? this.#error('transport.closed', 'the feed is closed', 'never')
      return Promise.resolve({ ok: false, error })
    }
    if (signal.aborted) return Promise.resolve({ ok: false, error: this.#unconfirmed() })
    return new Promise((resolve) => {
      const finish = (sent: Sent) => {
        cancel()
        signal.removeEventListener('abort', giveUp)
        resolve(sent)
      }
      const giveUp = () => {
        finish({ ok: false, error: this.#unconfirmed() })
        // Kept, the library would send it again after the next reconnect, long after anyone waits.
        client.removeOutgoingMessage(packetId)
      }
      const cancel = this.#world.clock.after(PUBLISH_TIMEOUT_MS, giveUp)
      signal.addEventListener('abort', giveUp, { once: true })
      client.publish(topic, Buffer.from(payload), { qos: 1 }, (error) => {
        finish(error ? { ok: false, error: describeSystemError(error, this.name) } : { ok: true })
      })
      const packetId = client.getLastMessageId()
    })
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#failure = this.#error('transport.closed', 'the feed is closed', 'never')
    this.#messages.end()
    this.#resume()
    const client = this.#client
    if (!client) return
    await new Promise<void>((resolve) => {
      const cancel = this.#world.clock.after(CLOSE_TIMEOUT_MS, () =>
        client.end(true, () => resolve()),
      )
      client.end(!client.connected, () => {
        cancel()
        resolve()
      })
    })
    this.#ledger?.close()
  }

  /** Loads the library when the first feed is made, so that the command line starts without it. */
  async #start(): Promise<void> {
    const { connect } = await import('mqtt')
    if (!this.#open) return
    const { url, clientId, username, password } = this.#options
    const client = connect(url, {
      clientId,
      clean: false,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: this.#reconnectMs,
      resubscribe: false,
      // Without it a broker that is starting up, and says so, would never be asked again.
      reconnectOnConnackError: true,
      queueQoSZero: false,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    })
    this.#client = client
    client.handleMessage = (packet, done) => this.#receive(client, packet, done)
    client.on('connect', (packet) => this.#connected(client, packet.sessionPresent))
    client.on('error', (error) => this.#lost(describeRefusal(error, this.name)))
    client.on('reconnect', () => {
      client.options.reconnectPeriod = this.#nextReconnectMs()
    })
    client.on('close', () => this.#disconnected())
  }

  #connected(client: MqttClient, sessionPresent: boolean): void {
    this.#reconnectMs = RECONNECT_FIRST_MS
    client.options.reconnectPeriod = this.#nextReconnectMs()
    const topics = [...this.#options.topics]
    // The first time even a kept session may be for other topics than the settings now name.
    if (topics.length === 0 || (this.#subscribed && sessionPresent)) {
      this.#ready()
      return
    }
    client.subscribe(topics, { qos: 1 }, (error) => {
      if (error) {
        this.#lost(describeDenial(error, this.name, topics))
        return
      }
      this.#subscribed = true
      this.#ready()
    })
  }

  #ready(): void {
    if (!this.#open) return
    this.#failure = null
    this.#options.observe?.connected?.()
  }

  #lost(error: TransportError): void {
    if (!this.#open) return
    this.#failure = error
    this.#options.observe?.lost?.(error)
  }

  #disconnected(): void {
    // What nobody has read yet comes again; to keep it would only be to read it twice.
    this.#ledger?.close()
    this.#ledger = null
    this.#messages.clear()
    this.#resume()
    if (this.#failure) return
    this.#lost(this.#error('transport.closed', 'the broker closed the connection; dialling', 'now'))
  }

  #receive(client: MqttClient, packet: IPublishPacket, done: (error?: Error) => void): void {
    if (this.#ledger?.stream !== client.stream) {
      this.#ledger?.close()
      this.#ledger = new Ledger(client.stream, () => this.#resume())
    }
    const ledger = this.#ledger
    const payload = Buffer.from(packet.payload)
    const ack = packet.qos > 0 ? ledger.enter(packet.messageId ?? 0) : () => {}
    if (payload.length > PAYLOAD_BYTES_MAX) {
      this.#options.observe?.dropped?.(packet.topic, payload.length)
      ack()
    } else {
      this.#messages.push({
        topic: packet.topic,
        payload,
        receivedAt: this.#world.clock.now(),
        retained: packet.retain,
        ack: () => {
          ack()
          this.#resume()
        },
      })
    }
    if (this.#isFull()) this.#readOn = () => done(LATER)
    else done(LATER)
  }

  /** Unread messages without acknowledgement (QoS 0) count as well: memory has no quality of service. */
  #isFull(): boolean {
    const max = this.#options.unacknowledgedMax ?? UNACKNOWLEDGED_MAX
    return this.unacknowledged >= max || this.#messages.length >= max
  }

  #resume(): void {
    const readOn = this.#readOn
    if (!readOn || (this.#open && this.#isFull())) return
    this.#readOn = null
    readOn()
  }

  #nextReconnectMs(): number {
    const waitMs = this.#reconnectMs * (0.5 + this.#world.random.next())
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, RECONNECT_MS_MAX)
    return Math.round(waitMs)
  }

  #unconfirmed(): TransportError {
    return this.#error(
      'transport.timeout',
      'the broker did not confirm the message in time; it may or may not have taken it',
      'later',
    )
  }

  #error(
    code: TransportError['code'],
    why: string,
    retry: TransportError['retry'],
  ): TransportError {
    return { code, message: `${this.name}: ${why}`, retry }
  }
}
