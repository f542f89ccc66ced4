import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { assert } from '#src/core'

export interface MetricDefinition<Label extends string> {
  /** `hes_…`, base units, `_total` at the end of a counter's name. */
  readonly name: string
  readonly help: string
  /** Each a small closed set: a protocol, a reason. Never a meter or a customer. */
  readonly labels?: readonly Label[]
}

export type LabelValues<Label extends string> = Readonly<Record<Label, string>>

export interface CounterMetric<Label extends string> {
  add(labels: LabelValues<Label>, count?: number): void
}

export interface GaugeMetric<Label extends string> {
  set(labels: LabelValues<Label>, value: number): void
}

export interface HistogramMetric<Label extends string> {
  observe(labels: LabelValues<Label>, value: number): void
}

/** Everything that is counted, and its text for Prometheus. */
export interface Metrics {
  counter<Label extends string = never>(definition: MetricDefinition<Label>): CounterMetric<Label>
  gauge<Label extends string = never>(definition: MetricDefinition<Label>): GaugeMetric<Label>
  /** A gauge that is asked for its value when Prometheus comes. */
  watch(definition: MetricDefinition<never>, value: () => number): void
  /** A counter that is asked for its value when Prometheus comes. */
  tally(definition: MetricDefinition<never>, value: () => number): void
  histogram<Label extends string = never>(
    definition: MetricDefinition<Label>,
    buckets: readonly number[],
  ): HistogramMetric<Label>
  text(): Promise<{ readonly contentType: string; readonly body: string }>
}

/** Labels that would grow with the field; one time series a meter is not a metric. */
const UNBOUNDED = /meter|address|device|customer|account|user|dial|concentrator|ip$/

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })

  function options<Label extends string>(definition: MetricDefinition<Label>) {
    const { name, help, labels = [] } = definition
    assert(/^hes_[a-z0-9_]+$/.test(name), `metric name ${name} is hes_ and snake case`)
    for (const label of labels) {
      assert(!UNBOUNDED.test(label), `metric ${name} has no unbounded label ${label}`)
    }
    return { name, help, labelNames: [...labels], registers: [registry] }
  }

  function counterOptions<Label extends string>(definition: MetricDefinition<Label>) {
    assert(definition.name.endsWith('_total'), `counter ${definition.name} ends in _total`)
    return options(definition)
  }

  return {
    counter(definition) {
      const counter = new Counter(counterOptions(definition))
      return { add: (labels, count = 1) => counter.inc({ ...labels }, count) }
    },
    gauge(definition) {
      const gauge = new Gauge(options(definition))
      return { set: (labels, value) => gauge.set({ ...labels }, value) }
    },
    watch(definition, value) {
      new Gauge({
        ...options(definition),
        collect() {
          this.set(value())
        },
      })
    },
    tally(definition, value) {
      new Counter({
        ...counterOptions(definition),
        collect() {
          this.reset()
          this.inc(value())
        },
      })
    },
    histogram(definition, buckets) {
      const histogram = new Histogram({ ...options(definition), buckets: [...buckets] })
      return { observe: (labels, value) => histogram.observe({ ...labels }, value) }
    },
    async text() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
