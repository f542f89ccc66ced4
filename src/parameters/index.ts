export { createParameters } from './parameters.ts'
export {
  type ParameterRefusal,
  type ParameterRun,
  type Parameters,
  type ParameterTalk,
  type ParameterWrite,
  writeStates,
} from './types.ts'
