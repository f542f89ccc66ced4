export { createDuties } from './duty.ts'
export {
  type AreaManager,
  type Duties,
  type Duty,
  dutyKinds,
  type NodeDuty,
} from './types.ts'
