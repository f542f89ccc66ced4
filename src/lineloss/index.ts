export type { LossCause } from './attribution-queries.ts'
export { energyText } from './energy-text.ts'
export { exceptionKinds } from './exception-kinds.ts'
export type { LossException } from './exception-queries.ts'
export type { LossIndicators } from './indicator-queries.ts'
export { createLineLoss } from './lineloss.ts'
export { lossReasons } from './reasons.ts'
export { shareLoss, type TransformerRule, transformerLoss } from './transformer.ts'
export {
  type LineLoss,
  type Loss,
  type LossMember,
  lossScopes,
} from './types.ts'
