export { createLogger, type Logger, type LogSettings } from './logger.ts'
export {
  type CounterMetric,
  createMetrics,
  type GaugeMetric,
  type HistogramMetric,
  type MetricDefinition,
  type Metrics,
} from './metrics.ts'
export { tellRecurring } from './recurring.ts'
