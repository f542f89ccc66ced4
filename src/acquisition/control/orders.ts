import { type Clock, fail, ok, type Result } from '#src/core'
import type { FieldFailure } from '../field/types.ts'
import type { ChannelWorker } from '../polling/index.ts'
import type { Line } from '../wire/index.ts'

/** Resolves once the order was carried out; fails where nothing of it was begun. */
export function takeOrder(
  worker: Pick<ChannelWorker, 'order'>,
  clock: Clock,
  use: (line: Line, signal: AbortSignal) => Promise<void>,
): Promise<Result<void, FieldFailure>> {
  return new Promise((resolve, reject) => {
    const isTaken = worker.order({
      patientUntil: clock.now(),
      async use(line, signal) {
        await use(line, signal).then(() => resolve(ok(undefined)), reject)
      },
      refuse: (why) => resolve(fail(why.kind === 'offline' ? offline : stopped)),
    })
    if (!isTaken) resolve(fail(busy))
  })
}

const failure = (code: string, message: string): FieldFailure => ({
  code,
  message,
  raw: new Uint8Array(0),
})
const offline = failure('read.offline', 'the channel is not connected')
const stopped = failure('exchange.aborted', 'the channel stopped before the order had its turn')
const busy = failure('order.busy', 'too many orders wait on this channel')
