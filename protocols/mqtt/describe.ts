import type { FrameDescription } from '#protocols/model'
import type { DecodeMessage } from './decode.ts'

const nothing = {
  protocol: 'mqtt',
  direction: 'report',
  control: null,
  dataId: null,
  more: null,
  parts: [],
} as const

/** Explains one message for people; of several devices in it, `extras.devices` says whose is what. */
export function describeMessage(
  topic: string,
  payload: Uint8Array,
  decode: DecodeMessage,
): FrameDescription {
  const decoded = decode(topic, payload)
  if (decoded.kind === 'malformed') {
    const { code, message, path } = decoded.malformed
    const error = { code, message }
    const empty = { valid: false, address: null, function: null, readings: [], error }
    return { ...nothing, ...empty, raw: payload, extras: { topic, path } }
  }
  const { devices, family } = decoded
  const readings = devices.flatMap((device) => device.readings)
  return {
    ...nothing,
    valid: true,
    raw: payload,
    address: devices.length === 1 ? (devices[0]?.device ?? null) : null,
    function: family,
    readings,
    error: null,
    extras: {
      topic,
      devices: devices.map((held) => ({ device: held.device, readings: held.readings.length })),
    },
  }
}
