export { createCollection } from './collection.ts'
export { createReadRequests } from './read-requests.ts'
export type {
  Collection,
  ExpectedSlot,
  ItemReading,
  NewReadRequest,
  OpenSlot,
  PlanId,
  ReadItemOutcome,
  ReadRequest,
  ReadRequestId,
  ReadRequests,
  Slot,
  SlotEnd,
  SlotOutcome,
} from './types.ts'
