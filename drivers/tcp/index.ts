export { type TcpDialerOptions, tcpDialer } from './dialer.ts'
export { nodeNetwork } from './node-network.ts'
