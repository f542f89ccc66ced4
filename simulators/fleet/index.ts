export { type ConcentratorOptions, startConcentrator } from './concentrator.ts'
export type { Device } from './device.ts'
export type { FieldPorts } from './ports.ts'
