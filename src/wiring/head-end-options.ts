import type { ProtocolName } from '#protocols/model'
import type { LoadedSettings } from '#src/config'
import type { Clock, Duration } from '#src/core'
import type { Database } from '#src/db'
import type { Logger, Metrics } from '#src/observe'
import type { Registry } from '#src/registry'

export interface HeadEndOptions {
  readonly loaded: LoadedSettings
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly db: Database
  /** Replace the cycles of present-value plans, for a field that should be seen to move. */
  readonly presentCycles: Readonly<Partial<Record<ProtocolName, Duration>>>
  readonly say: (text: string) => void
  /** Puts meters into an empty archive before anything is polled. */
  readonly seed: (registry: Registry, ports: HeadEndPorts) => Promise<void>
}

/** Where the head-end listens. */
export interface HeadEndPorts {
  readonly http: number
  readonly dialin: number | null
  readonly mqttUrl: string
}
