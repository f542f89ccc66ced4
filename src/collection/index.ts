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

import type { CivilTime } from '#src/core'
import type { Database } from '#src/db'
import type { Collection, ReadRequests } from './types.ts'

export declare function createCollection(db: Database, civil: CivilTime): Collection
export declare function createReadRequests(db: Database): ReadRequests
