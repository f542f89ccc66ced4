export { createParameters } from './parameters.ts'
export { retainParameters } from './retention.ts'
export {
  type FieldRefusal,
  type ParameterRefusal,
  type ParameterRun,
  type Parameters,
  type ParameterTalk,
  type ParameterWrite,
  parameterEffects,
  writeStates,
} from './types.ts'
