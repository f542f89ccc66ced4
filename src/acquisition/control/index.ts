export { type ClockTarget, clockTalk } from './clocks.ts'
export { hearingClocks } from './heard-clocks.ts'
export { type ParameterTarget, parameterTalk } from './parameters.ts'
