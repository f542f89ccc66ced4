export { type ClockTarget, clockTalk } from './clocks.ts'
