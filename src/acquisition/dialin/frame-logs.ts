import { toHex } from '#protocols/bytes'
import type { ChannelId, Clock, ConcentratorId, Instant } from '#src/core'
import type { FrameLogSwitch, LoggedFrame } from '#src/presence'
import { type Classifier, safeFrame } from '../gate/index.ts'
import type { Taps } from '../wire/index.ts'

/** Orders what passes in one millisecond; a column of four bytes. */
const SEQUENCE_MAX = 2 ** 31 - 1

/** What a gateway is answered at its registration is shorter than any frame with a password. */
const REPLY_BYTES_MAX = 8

export interface FrameLogsOptions {
  readonly taps: Pick<Taps, 'listen'>
  readonly clock: Clock
  /** What a frame may be of, so that its passwords can be told from the rest. */
  readonly protocols: readonly Classifier[]
  readonly channelOf: (id: ConcentratorId) => ChannelId | undefined
  readonly write: (frame: LoggedFrame) => void
}

interface Logged {
  readonly until: Instant
  readonly channelId: ChannelId
  end(): void
}

/** Writes down what passes on the channels for which that is switched on, until its end. */
export class FrameLogs {
  readonly #options: FrameLogsOptions
  readonly #logged = new Map<ConcentratorId, Logged>()
  #sequence = 0

  constructor(options: FrameLogsOptions) {
    this.#options = options
  }

  /** These are on, and no others. */
  set(switches: readonly FrameLogSwitch[]): void {
    const wanted = new Map(switches.map((one) => [one.concentratorId, one.until]))
    for (const id of [...this.#logged.keys()]) if (!wanted.has(id)) this.#end(id)
    for (const [id, until] of wanted) {
      const channelId = this.#options.channelOf(id)
      const known = this.#logged.get(id)
      if (known?.until === until && known.channelId === channelId) continue
      this.#end(id)
      if (channelId !== undefined) this.#begin(id, channelId, until)
    }
  }

  sweep(now: Instant): void {
    for (const [id, { until }] of this.#logged) if (now >= until) this.#end(id)
  }

  #begin(concentratorId: ConcentratorId, channelId: ChannelId, until: Instant): void {
    const { taps, protocols, write } = this.#options
    const end = taps.listen(channelId, ({ at, direction, bytes }) => {
      if (at >= until) return
      this.#sequence = (this.#sequence % SEQUENCE_MAX) + 1
      // What a device says comes in pieces, and tells no password but by an echo of our own frame.
      const unknown = direction === 'sent' && bytes.length > REPLY_BYTES_MAX
      const hidden = unknown ? `(${bytes.length} bytes)` : toHex(bytes)
      const frame = safeFrame(bytes, protocols) ?? hidden
      write({ concentratorId, at, seq: this.#sequence, direction, frame })
    })
    this.#logged.set(concentratorId, { until, channelId, end })
  }

  #end(id: ConcentratorId): void {
    this.#logged.get(id)?.end()
    this.#logged.delete(id)
  }
}
