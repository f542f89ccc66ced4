import { connect } from 'mqtt'
import type { DriverClock } from '#drivers/channel'
import type { PublisherFamily } from '#protocols/mqtt'
import { mqttBacklog, mqttMessages } from '#simulators/faces'
import { noCounts } from '#simulators/line'
import { DAYS_KEPT, noise, type SimulatedMeter } from '#simulators/meter'
import type { Device } from './device.ts'

const RECONNECT_MS = 2_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Records in one batch message: about 20 kB. */
const BATCH_RECORDS_MAX = 48
const KEEPALIVE_S = 60

export interface PublisherOptions {
  readonly url: string
  readonly meter: SimulatedMeter
  readonly family: PublisherFamily
  readonly everyMs: number
  readonly backlogHours: number
}

/**
 * A meter that publishes what it measures. What the OpenHES form can carry later, the interval
 * registers and daily freezes, it sends as soon as it is connected again.
 */
export function startPublisher(options: PublisherOptions, clock: DriverClock): Device {
  const { url, meter, family, everyMs, backlogHours } = options
  const counts = noCounts()
  const client = connect(url, {
    clientId: `sim-${meter.spec.address}`,
    reconnectPeriod: RECONNECT_MS,
    keepalive: KEEPALIVE_S,
    queueQoSZero: false,
  })
  let stopped = false
  let cancel = () => {}
  // Everything the device stored after this is still to be sent.
  let sentUntilMs = clock.now() - Math.min(backlogHours * HOUR_MS, DAYS_KEPT * DAY_MS)
  client.on('error', () => {
    // The client calls again by itself; until then the device stores.
  })

  const publish = async (topic: string, payload: Uint8Array) => {
    await client.publishAsync(topic, Buffer.from(payload), { qos: 1 })
    counts.answers++
  }
  const forward = async (nowMs: number) => {
    for (;;) {
      const intervals = meter.profileAfter(sentUntilMs, nowMs, BATCH_RECORDS_MAX)
      const last = intervals.at(-1)
      if (!last || stopped) return
      const days = intervals.filter(({ wall }) => wall.hour === 0 && wall.minute === 0)
      const { topic, payload } = mqttBacklog(meter, intervals, days)
      await publish(topic, payload)
      sentUntilMs = last.ms
    }
  }
  const tick = async () => {
    const nowMs = clock.now()
    try {
      if (client.connected) {
        if (family === 'openhes') await forward(nowMs)
        for (const { topic, payload } of mqttMessages(meter, family, nowMs)) {
          await publish(topic, payload)
        }
      }
    } catch {
      // The connection went while publishing; what was not sent is sent after the next connect.
      counts.lost++
    }
    if (!stopped) schedule(everyMs)
  }
  const schedule = (afterMs: number) => {
    cancel = clock.after(afterMs, () => void tick())
  }
  client.once('connect', () => {
    // Devices that were switched on together must not speak together.
    if (!stopped) schedule(Math.floor(noise(meter.spec.seed, 0, 90) * Math.min(everyMs, 2_000)))
  })
  return {
    name: `mqtt ${meter.spec.address}`,
    counts,
    connections: () => (client.connected ? 1 : 0),
    async stop() {
      stopped = true
      cancel()
      await client.endAsync(true)
    },
  }
}
