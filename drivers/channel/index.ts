export { ByteQueue } from './byte-queue.ts'
export type {
  Channel,
  ChannelFacts,
  Dialer,
  DialIn,
  Feed,
  FeedMessage,
  Listener,
  Opened,
  Sent,
  TransportError,
} from './channel.ts'
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
