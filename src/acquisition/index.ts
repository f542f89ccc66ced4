export {
  type ExchangeFailure,
  type ExchangeOutcome,
  Line,
} from './exchange.ts'
export { Gatekeeper, type Permit } from './gatekeeper.ts'
export { type ExchangeLimits, limitsFor, mobileLimits } from './timing.ts'
