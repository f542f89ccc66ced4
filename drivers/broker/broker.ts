import { Aedes } from 'aedes'
import {
  type DriverClock,
  describeSystemError,
  type Feed,
  type FeedMessage,
  ItemQueue,
  type Network,
  type Opened,
  type Sent,
  type TcpServer,
  tuneForFrames,
} from '#drivers/channel'
import { topicMatches } from './topics.ts'

/** Clients of a small site; above it connections are refused. */
const CONNECTIONS_MAX = 10_000
/** Waiting messages beyond which those that nobody wants acknowledged (QoS 0) are dropped. */
const WAITING_MESSAGES_MAX = 10_000

export interface BrokerOptions {
  readonly host: string
  readonly port: number
  /** What the feed is interested in; other topics are only passed on between clients. */
  readonly topics: readonly string[]
}

/** A running broker and what its clients publish. */
export interface Broker {
  readonly port: number
  readonly feed: Feed
}

/**
 * An MQTT broker inside the process, for sites without one. What the feed is interested in is
 * acknowledged to its publisher only when the message's `ack` is called, so that a publisher may
 * forget what was acknowledged; a publisher that is cut off before will send again.
 */
export async function startBroker(
  options: BrokerOptions,
  network: Network,
  clock: DriverClock,
): Promise<Opened<Broker>> {
  const aedes = await Aedes.createBroker()
  const feed = new BrokerFeed(aedes, options, clock)
  try {
    const server = await network.listen(
      { host: options.host, port: options.port, connectionsMax: CONNECTIONS_MAX },
      (socket) => {
        tuneForFrames(socket)
        aedes.handle(socket)
      },
    )
    feed.server = server
    return { ok: true, value: { port: server.port, feed } }
  } catch (error) {
    // A taken port is the usual reason; whatever it is, the caller says it to a person.
    return {
      ok: false,
      error: describeSystemError(error, `MQTT broker on ${options.host}:${options.port}`),
    }
  }
}

class BrokerFeed implements Feed {
  readonly name: string
  server: TcpServer | null = null
  readonly #aedes: Aedes
  readonly #messages = new ItemQueue<FeedMessage>()
  readonly #refusals = new Set<() => void>()
  #open = true

  constructor(aedes: Aedes, options: BrokerOptions, clock: DriverClock) {
    this.name = `broker:${options.host}:${options.port}`
    this.#aedes = aedes
    aedes.authorizePublish = (client, packet, done) => {
      const wanted = options.topics.some((filter) => topicMatches(filter, packet.topic))
      if (!client || !wanted) return done()
      if (!this.#open) return done(new Error('the broker is stopping'))
      if (packet.qos === 0 && this.#messages.length >= WAITING_MESSAGES_MAX) return done()
      const refuse = () => done(new Error('the broker stopped before the message was stored'))
      const settle = once(() => {
        this.#refusals.delete(refuse)
        done()
      })
      if (packet.qos > 0) this.#refusals.add(refuse)
      this.#messages.push({
        topic: packet.topic,
        payload: Buffer.from(packet.payload),
        receivedAt: clock.now(),
        retained: false,
        ack: packet.qos > 0 ? settle : () => {},
      })
      if (packet.qos === 0) done()
    }
  }

  get connected(): boolean {
    return this.#open
  }

  messages(): AsyncIterable<FeedMessage> {
    return this.#messages
  }

  publish(topic: string, payload: Uint8Array, _signal: AbortSignal): Promise<Sent> {
    return new Promise((resolve) => {
      this.#aedes.publish(
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
        (error) => {
          resolve(
            error
              ? {
                  ok: false,
                  error: {
                    code: 'transport.exception',
                    message: `the broker refused to publish on ${topic}: ${error.message}`,
                    retry: 'never',
                  },
                }
              : { ok: true },
          )
        },
      )
    })
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#messages.end()
    for (const refuse of this.#refusals) refuse()
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()))
    await this.server?.close()
  }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    run()
  }
}
