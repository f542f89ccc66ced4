export { type Broker, type BrokerOptions, startBroker } from './broker.ts'
export { topicMatches } from './topics.ts'
