export { type Book, newBook, retake, settleBook, take } from './book.ts'
export { scaledOf, scaledReading, scaledText } from './decimal.ts'
export type { LevelChange, PointRules, Sample } from './machine.ts'
