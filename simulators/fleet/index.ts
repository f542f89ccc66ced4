export type { FieldRow } from './archive.ts'
export {
  type Caller,
  type ConcentratorOptions,
  gatewayCaller,
  startConcentrator,
} from './concentrator.ts'
export type { Device } from './device.ts'
export { type Fleet, startFleet } from './fleet.ts'
export { bus } from './meter-faces.ts'
export type { FleetMemory } from './moving-in.ts'
export { type Resident, residentOf } from './population.ts'
export type { FieldPorts } from './ports.ts'
export { startPublisher } from './publisher.ts'
export { demoScenario, parseScenario, type Scenario } from './scenario.ts'
export { surrounded } from './surroundings.ts'
