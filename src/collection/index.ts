export { createCollection } from './collection.ts'
export { type Grouping, groupings } from './counting.ts'
export type {
  BadDevice,
  ItemReading,
  NewReadRequest,
  ReadHead,
  ReadItem,
  ReadItemOutcome,
  ReadItemPage,
  ReadRequest,
  ReadRequestId,
  ReadRequests,
  ReadSources,
  TakenMeter,
} from './read-request-types.ts'
export { readItemStates, readRequestStates } from './read-request-types.ts'
export { createReadRequests, digestOf } from './read-requests.ts'
export {
  type BackfillOrder,
  type BackfillOutcome,
  type CollectionReports,
  type ListedSlot,
  type SlotFilter,
  slotStates,
} from './report-types.ts'
export { createCollectionReports } from './reports.ts'
export {
  groupAttributes,
  type MeterGroup,
  type NewTask,
  type Task,
  type TaskProblem,
  type Tasks,
} from './task-types.ts'
export { createTasks } from './tasks.ts'
export type {
  Collection,
  LedgerTask,
  OpenSlot,
  PlanId,
  Slot,
  SlotEnd,
  SlotOutcome,
} from './types.ts'
