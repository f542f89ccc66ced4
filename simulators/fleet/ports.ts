import type { DriverClock, Network, SerialPorts } from '#drivers/channel'
import type { Gcm } from '#protocols/dlms'

/** The world as the simulated field may touch it: real sockets, or virtual ones under a test. */
export interface FieldPorts {
  readonly clock: DriverClock
  readonly network: Network
  /** Only needed where the scenario has a meter on a serial line. */
  readonly serial?: SerialPorts
  /** Only needed where the scenario has a meter with keys. */
  readonly gcm?: Gcm
}
