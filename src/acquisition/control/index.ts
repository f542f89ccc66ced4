export { type ClockTarget, clockTalk } from './clocks.ts'
export { type ParameterTarget, parameterTalk } from './parameters.ts'
