import type { ItemCode } from '#protocols/model'
import {
  type BatchGroup,
  encodeBatch,
  encodeMessages,
  type MqttMessage,
  type PublisherFamily,
  type Sample,
} from '#protocols/mqtt'
import type { Recorded, SimulatedMeter } from '#simulators/meter'
import { type Decimal, energyValues, momentaryValues } from './item-values.ts'

/** What is kept for the interval registers: enough for usage by rate and for feed-in. */
const keptCodes: readonly ItemCode[] = ['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0']

/** What devices say of the present; the rest of what they measure stays with them. */
const publishedCodes: readonly ItemCode[] = [
  ...keptCodes,
  ...(['3.8.0', '4.8.0', '21.8.0', '41.8.0', '61.8.0', '22.8.0', '42.8.0', '62.8.0'] as const),
  ...(['16.7.0', '36.7.0', '56.7.0', '76.7.0', '131.7.0', '9.7.0', '13.7.0', '14.7.0'] as const),
  ...(['32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0'] as const),
]

/** What the device says of this moment, in its family's words and by its own clock. */
export function mqttMessages(
  meter: SimulatedMeter,
  family: PublisherFamily,
  nowMs: number,
): readonly MqttMessage[] {
  const shownMs = Math.round(meter.clock.shownAt(nowMs) / 1_000) * 1_000
  const all = [...energyValues(meter, nowMs), ...momentaryValues(meter, nowMs)]
  const values = all.filter(([code]) => publishedCodes.includes(code))
  return encodeMessages(family, {
    device: meter.spec.address,
    at: { epochMs: shownMs, wall: meter.clock.wallAt(nowMs) },
    samples: samplesOf(values),
  })
}

/** Stored and forwarded: records of the load profile and daily freezes in one batch message. */
export function mqttBacklog(
  meter: SimulatedMeter,
  intervals: readonly Recorded[],
  days: readonly Recorded[],
): MqttMessage {
  const group = (record: Recorded, dataClass: BatchGroup['dataClass']): BatchGroup => ({
    dataClass,
    at: { epochMs: record.shownMs, wall: record.wall },
    samples: samplesOf([...energyValues(meter, record.ms)].filter(isKept)),
  })
  return encodeBatch(meter.spec.address, [
    ...days.map((record) => group(record, 'daily')),
    ...intervals.map((record) => group(record, 'interval')),
  ])
}

function isKept([code]: readonly [ItemCode, Decimal]): boolean {
  return keptCodes.includes(code)
}

function samplesOf(values: Iterable<readonly [ItemCode, Decimal]>): readonly Sample[] {
  return Array.from(values, ([code, { digits, scale }]) => ({ code, digits, scale }))
}
