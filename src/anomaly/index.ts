export { createAnomalies } from './anomalies.ts'
export {
  type Anomalies,
  type Anomaly,
  type AnomalyContext,
  type AnomalyMove,
  type AnomalyPlace,
  anomalyStates,
  type Rule,
} from './types.ts'
