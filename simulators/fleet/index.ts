export type { FieldRow } from './archive.ts'
export { type ConcentratorOptions, startConcentrator } from './concentrator.ts'
export type { Device } from './device.ts'
export { type Fleet, type FleetStats, startFleet } from './fleet.ts'
export {
  type ListeningDevice,
  type ListeningOptions,
  startListening,
  startSerialLine,
} from './listening.ts'
export type { FleetMemory } from './moving-in.ts'
export type { FieldPorts } from './ports.ts'
export { type PublisherOptions, startPublisher } from './publisher.ts'
export { type DemoPlace, demoScenario, parseScenario, type Scenario } from './scenario.ts'
