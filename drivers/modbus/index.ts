export { type ModbusDialerOptions, type ModbusWorld, modbusDialer } from './dialer.ts'
