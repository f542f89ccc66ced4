export {
  cleanLine,
  type Disguise,
  type LineCounts,
  type LineFaults,
  noCounts,
  sumOfCounts,
} from './faults.ts'
export { type Answering, Line } from './line.ts'
export { type SeededRandom, seededRandom } from './random.ts'
