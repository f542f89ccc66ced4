export { type Fleet, startFleet } from './fleet.ts'
export type { FleetMemory } from './moving-in.ts'
export { demoScenario, parseScenario, type Scenario } from './scenario.ts'
