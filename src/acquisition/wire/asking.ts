import type { Channel } from '#drivers/channel'
import type { Protocol, Scanner } from '#protocols/model'
import type { Clock } from '#src/core'
import type { Gatekeeper, Permit } from '../gate/index.ts'
import type { Deadline } from './deadline.ts'
import type { FrameTrace } from './frame-trace.ts'
import type { LineCounters } from './line-counters.ts'
import type { ExchangeLimits } from './timing.ts'

/**
 * Asked before a frame leaves: somebody more urgent may use the line first. Null when nobody wants
 * to.
 */
export type GiveWay = () => Promise<void> | null

/** What one exchange is about. */
export interface Ask<Request, Response> {
  readonly protocol: Protocol<Request, Response>
  readonly request: Request
  readonly limits: ExchangeLimits
  readonly signal: AbortSignal
  readonly permit: Permit | null
  readonly scanner: Scanner
  /** True where a frame that answers nothing of ours may be what an earlier question is owed. */
  readonly isOwed: (frame: Uint8Array) => boolean
  /** Asked before each further frame of the answer is asked for; null where none may come between. */
  readonly giveWay: GiveWay | null
}

/** What all exchanges of a line share. */
export interface Surroundings {
  readonly line: {
    readonly channel: Channel
    readonly counters: LineCounters
    readonly trace: FrameTrace
  }
  readonly clock: Clock
  readonly gatekeeper: Gatekeeper
  readonly deadline: Deadline
}
