export { lastReadingDay, momentOf, nextReadingDay } from './calendar.ts'
export { createReadingDays, defaultRoute } from './reading-days.ts'
export {
  type Piece,
  type PieceEnd,
  type RegisterEnds,
  settle as settlePiece,
} from './settle.ts'
export {
  type Batch,
  type BatchRow,
  type EndRefusal,
  type HeldPiece,
  heldReasons,
  howKinds,
  type ReadingDays,
  type ReadingRoute,
  type Reconciliation,
  type RouteRefusal,
  type RunOutcome,
  type RunRefusal,
  routeLanguages,
} from './types.ts'
