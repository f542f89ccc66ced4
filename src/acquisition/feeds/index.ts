export { type FeedOptions, type PushDecoded, runFeed } from './feeds.ts'
export { PushSlots, pushProtocols } from './push-slots.ts'
