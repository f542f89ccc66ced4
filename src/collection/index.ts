export { createCollection } from './collection.ts'
export { createReadRequests } from './read-requests.ts'
export type {
  Collection,
  CollectionCount,
  CollectionGroup,
  CollectionSummary,
  ExpectedSlot,
  NewReadRequest,
  OpenSlot,
  ReadItem,
  ReadItemOutcome,
  ReadItemState,
  ReadRequest,
  ReadRequestId,
  ReadRequestState,
  ReadRequests,
  SlotOutcome,
  SlotState,
} from './types.ts'
