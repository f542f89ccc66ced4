import { at, type Json } from './json.ts'

const PART = /\{(\w+)\}/g

/** Names and values of a topic's parts: `tele/{device}/SENSOR`. */
export type TopicParts = Readonly<Record<string, string>>

/** The parts of a topic that fits the pattern; a part never crosses a `/`. */
export function topicMatcher(pattern: string): (topic: string) => TopicParts | undefined {
  const literal = pattern.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
  const expression = new RegExp(`^${literal.replaceAll(PART, '(?<$1>[^/]+)')}$`)
  return (topic) => {
    const match = expression.exec(topic)
    return match ? { ...match.groups } : undefined
  }
}

/** The pattern as an MQTT topic filter: `tele/+/SENSOR`. */
export function topicFilter(pattern: string): string {
  const levels = pattern.split('/')
  return levels.map((level) => (level.includes('{') ? '+' : level)).join('/')
}

/**
 * `{device}` from the topic's parts and `{$.node}` from the payload, filled in; undefined where
 * one is missing or no text.
 */
export function fill(template: string, parts: TopicParts, payload: Json): string | undefined {
  let complete = true
  const text = template.replaceAll(/\{(\$\.)?([^}]+)\}/g, (_, fromPayload, name: string) => {
    const value = fromPayload ? at(payload, name) : parts[name]
    if (typeof value === 'string' && value !== '') return value
    complete = false
    return ''
  })
  return complete ? text : undefined
}
