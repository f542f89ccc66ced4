import type { DialInObserver } from './observer.ts'
import type { Registrar, RuleTable, UnregisteredRule } from './rules.ts'
import type { MeasureMessage } from './uplink-filter.ts'

export interface DialInOptions {
  readonly host: string
  readonly port: number
  /** Keep it below the limit of open files: at that limit every file open fails. */
  readonly connectionsMax: number
  readonly rules?: RuleTable
  /** Knowledge of protocols, lent: asked after the rules, for devices that register by a frame. */
  readonly recognisers?: readonly Registrar[]
  /** Lets in who does not register; without it such a caller is cut off. */
  readonly unregistered?: UnregisteredRule
  readonly loginTimeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly quietMs?: number
  readonly answerGapMs?: number
  /** Bytes the gateways put before each packet. */
  readonly packetPrefix?: Uint8Array
  /** With it, heartbeats glued behind a message are recognised too. */
  readonly measure?: MeasureMessage
  readonly observe?: DialInObserver
}
