import type { Mapping } from './mapping.ts'
import { topicFilter } from './topic.ts'

export {
  decodeMessage,
  mqttDecoder,
} from './decode.ts'
export { describeMessage } from './describe.ts'
export {
  type BatchGroup,
  encodeBatch,
  encodeMessages,
  type MqttMessage,
  type PublisherFamily,
  type Sample,
  type Snapshot,
} from './encode.ts'
export type { Mapping } from './mapping.ts'
export { mappings, neuronMapping } from './mappings.ts'

/** The topic filters that bring everything these mappings read, each once. */
export function topicFilters(of: readonly Mapping[]): readonly string[] {
  return [...new Set(of.map(({ topic }) => topicFilter(topic)))]
}
