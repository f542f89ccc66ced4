import type { Malformed } from '#protocols/model'
import { Fault, type Json, parseJson } from './json.ts'
import type { Mapping, PayloadForm } from './mapping.ts'
import { mappings as knownMappings } from './mappings.ts'
import { readOpenhes } from './openhes.ts'
import type { DeviceReadings } from './reading.ts'
import { readNumber, readSections } from './sections.ts'
import { readTags } from './tags.ts'
import { type TopicParts, topicMatcher } from './topic.ts'

/** A message that is not what its topic promises; `path` says where in the payload. */
interface MqttMalformed extends Malformed {
  readonly topic: string
  readonly path: string
}

/** `devices` is empty where the topic is known and says nothing of a meter. */
type MqttDecoded =
  | {
      readonly kind: 'readings'
      readonly family: string
      readonly devices: readonly DeviceReadings[]
    }
  | { readonly kind: 'malformed'; readonly malformed: MqttMalformed }

export type DecodeMessage = (topic: string, payload: Uint8Array) => MqttDecoded

const PAYLOAD_BYTES_MAX = 1_048_576

/** A decoder for these mappings; the first whose topic fits is taken. */
export function mqttDecoder(mappings: readonly Mapping[]): DecodeMessage {
  const rules = mappings.map((mapping) => ({ mapping, match: topicMatcher(mapping.topic) }))
  return (topic, payload) => {
    for (const { mapping, match } of rules) {
      const parts = match(topic)
      if (!parts) continue
      const devices = readPayload(mapping.form, parts, payload)
      if (devices instanceof Fault) return malformed(topic, devices)
      return { kind: 'readings', family: mapping.family, devices }
    }
    return malformed(topic, new Fault('mqtt.unknown-topic', 'no mapping has this topic', ''))
  }
}

/** Decodes a message by the mappings that need no settings. */
export const decodeMessage: DecodeMessage = mqttDecoder(knownMappings)

function malformed(topic: string, { code, message, path }: Fault): MqttDecoded {
  const text = path === '' ? `${topic}: ${message}` : `${topic} at ${path}: ${message}`
  return { kind: 'malformed', malformed: { code, message: text, topic, path } }
}

function readPayload(
  form: PayloadForm,
  parts: TopicParts,
  payload: Uint8Array,
): readonly DeviceReadings[] | Fault {
  const json = form.kind === 'nothing' ? null : jsonOf(payload)
  if (json instanceof Fault) return json
  const { device = '' } = parts
  switch (form.kind) {
    case 'nothing':
      return []
    case 'openhes':
      return readOpenhes(device, json)
    case 'sections':
      return readSections(form, parts, json)
    case 'number':
      return readNumber(form, parts, json)
    case 'tags':
      return readTags(form, parts, json)
  }
}

function jsonOf(payload: Uint8Array): Json | Fault {
  if (payload.length > PAYLOAD_BYTES_MAX) {
    const text = `${payload.length} bytes are more than the ${PAYLOAD_BYTES_MAX} allowed`
    return new Fault('mqtt.too-large', text, '')
  }
  const text = textOf(payload)
  return text instanceof Fault ? text : parseJson(text)
}

function textOf(payload: Uint8Array): string | Fault {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload)
  } catch {
    // Bytes that are no UTF-8 are the sender's fault; the decoder says nothing more of them.
    return new Fault('mqtt.not-text', 'the payload is not UTF-8', '')
  }
}
