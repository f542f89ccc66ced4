export {
  cleanLine,
  type Disguise,
  type LineCounts,
  type LineFaults,
  noCounts,
  sumOfCounts,
} from './faults.ts'
export { type Answering, Line, type LineOptions } from './line.ts'
export { type SeededRandom, seededRandom } from './random.ts'
