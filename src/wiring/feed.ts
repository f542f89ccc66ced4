import { startBroker } from '#drivers/broker'
import type { Feed, TransportError } from '#drivers/channel'
import { mqttFeed } from '#drivers/mqtt'
import { nodeNetwork } from '#drivers/tcp'
import { decodeMessage, mappings, topicFilters } from '#protocols/mqtt'
import type { PushDecoded } from '#src/acquisition'
import type { Settings } from '#src/config'
import { type Clock, fail, ok, type Result, systemRandom } from '#src/core'
import type { Metrics } from '#src/observe'

/** Fixed, so that a broker keeps our session and what came while we were away. */
const CLIENT_ID = 'openhes-head-end'

/** What devices publish: through the broker of the settings, or one of our own. */
export async function openFeed(
  settings: Settings,
  clock: Clock,
  metrics: Metrics,
): Promise<Result<{ readonly feed: Feed; readonly mqttUrl: string }, TransportError>> {
  const topics = topicFilters(mappings)
  const { mqttUrl, mqttHost, mqttPort } = settings
  if (mqttUrl === null) {
    const broker = await startBroker({ host: mqttHost, port: mqttPort, topics }, nodeNetwork, clock)
    if (!broker.ok) return fail(broker.error)
    const { feed, port } = broker.value
    return ok({ feed, mqttUrl: `mqtt://${mqttHost}:${port}` })
  }
  const events = metrics.counter({
    name: 'hes_mqtt_events_total',
    help: 'What happened on the connection to the broker',
    labels: ['event'],
  })
  const feed = mqttFeed(
    {
      url: mqttUrl,
      clientId: CLIENT_ID,
      topics,
      observe: {
        connected: () => events.add({ event: 'connected' }),
        lost: () => events.add({ event: 'lost' }),
        dropped: () => events.add({ event: 'dropped' }),
      },
    },
    { clock, random: systemRandom },
  )
  return ok({ feed, mqttUrl })
}

/** A pushed message in the words of acquisition. */
export function decodePush(topic: string, payload: Uint8Array): PushDecoded {
  const decoded = decodeMessage(topic, payload)
  return decoded.kind === 'malformed'
    ? { ok: false, malformed: decoded.malformed }
    : { ok: true, deliveries: decoded.devices }
}
