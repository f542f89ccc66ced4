export { createAnomalies } from './anomalies.ts'
export {
  type Anomalies,
  type Anomaly,
  type AnomalyContext,
  type AnomalyMove,
  anomalyStates,
  type Rule,
} from './types.ts'
