export { ByteQueue } from './byte-queue.ts'
export type {
  Caller,
  Channel,
  ChannelFacts,
  Dialer,
  DialIn,
  Feed,
  FeedMessage,
  HearBytes,
  JudgeCaller,
  Link,
  LinkEnd,
  LinkTraffic,
  Listener,
  Opened,
  Sent,
  TransportError,
} from './channel.ts'
export { hearChannel, noTraffic } from './channel.ts'
export { heardBytes } from './heard-bytes.ts'
export { ItemQueue } from './item-queue.ts'
export { memoryPair } from './memory.ts'
export type {
  DriverClock,
  Network,
  SerialPorts,
  SerialSettings,
  TcpListenOptions,
  TcpServer,
  TcpSocket,
} from './ports.ts'
export { StreamChannel, type StreamHooks } from './stream-channel.ts'
export { describeSystemError } from './system-error.ts'
export { tuneForFrames } from './tuning.ts'
