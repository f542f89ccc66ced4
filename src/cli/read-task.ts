import type { MeterProfile, ProtocolName } from '#protocols/model'
import type { Settings } from '#src/config'

/** One device and what is asked of it. */
export interface ReadTask {
  readonly protocol: ProtocolName
  readonly device: MeterProfile
  readonly items: readonly string[]
  readonly json: boolean
  readonly settings: Settings
}
