export {
  type MqttFeed,
  type MqttFeedOptions,
  type MqttObserver,
  type MqttWorld,
  mqttFeed,
} from './feed.ts'
