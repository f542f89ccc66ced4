export { type Book, newBook, retake, settleBook, take } from './book.ts'
export { scaledOf, scaledReading, scaledText } from './decimal.ts'
export { PointInbox } from './inbox.ts'
export { createJudge } from './judge.ts'
export { PointKeeper } from './keeper.ts'
export type { LevelChange, PointRules, Sample } from './machine.ts'
export { createPoints } from './points.ts'
export {
  type Point,
  type PointAlarm,
  type PointId,
  type PointRefusal,
  type PointSettings,
  type Points,
  pointStates,
} from './types.ts'
