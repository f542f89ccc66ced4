export { serialDialer } from './dialer.ts'
export { listSerialPorts, type SerialPortEntry } from './list.ts'
export { nodeSerialPorts } from './node-serial-ports.ts'
