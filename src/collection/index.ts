export { createCollection } from './collection.ts'
export { createReadRequests } from './read-requests.ts'
export type {
  Collection,
  ExpectedSlot,
  ItemReading,
  NewReadRequest,
  ReadItemOutcome,
  ReadRequest,
  ReadRequestId,
  ReadRequests,
  SlotOutcome,
} from './types.ts'
