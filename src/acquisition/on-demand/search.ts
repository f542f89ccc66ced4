import { type Clock, fail, minutes, ok, type Result } from '#src/core'
import type { FieldFailure, ScanWatcher } from '../field/types.ts'
import type { ChannelWorker } from '../polling/index.ts'
import type { Line } from '../wire/index.ts'
import { type SearchWay, searchBy } from './search-ways.ts'

/** The channel's own meters wait meanwhile; a bus that takes longer is searched from its side. */
const SEARCH_MAX = minutes(15)

export interface SearchOptions {
  readonly worker: Pick<ChannelWorker, 'lend'>
  readonly clock: Clock
}

/** Finds the meters behind a channel that is served, between two of its reads. */
export async function searchMeters(
  { worker, clock }: SearchOptions,
  way: SearchWay,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  const tooLong = new AbortController()
  const cancel = clock.after(SEARCH_MAX, () => tooLong.abort())
  const stopped = AbortSignal.any([signal, tooLong.signal])
  try {
    const ended = await onLoan(worker, stopped, (line, lineSignal) =>
      searchBy(way, line, clock, watcher, AbortSignal.any([stopped, lineSignal])),
    )
    if (ended.ok && tooLong.signal.aborted) return fail(tookTooLong)
    return ended
  } finally {
    cancel()
  }
}

type Use = (line: Line, signal: AbortSignal) => Promise<Result<void, FieldFailure>>

/** Resolves also when the signal aborts before the channel had time. */
function onLoan(
  worker: Pick<ChannelWorker, 'lend'>,
  signal: AbortSignal,
  use: Use,
): Promise<Result<void, FieldFailure>> {
  return new Promise((resolve, reject) => {
    let isBegun = false
    const leave = () => {
      if (!isBegun) resolve(fail(noTurn))
    }
    signal.addEventListener('abort', leave, { once: true })
    const isTaken = worker.lend({
      async use(line, lineSignal) {
        if (signal.aborted) return
        isBegun = true
        await use(line, lineSignal).then(resolve, reject)
      },
      refuse: () => resolve(fail(offline)),
    })
    if (!isTaken) resolve(fail(busy))
  })
}

/** The line of a channel, by whichever desk of it. */
export function lendLine(
  lend: ChannelWorker['lend'],
  use: (line: Line, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  return onLoan({ lend }, signal, async (line, lineSignal) => {
    await use(line, lineSignal)
    return ok(undefined)
  })
}

const failure = (code: string, message: string): FieldFailure => ({
  code,
  message,
  raw: new Uint8Array(0),
})

const offline = failure('read.offline', 'the channel is not connected')
const busy = failure('scan.busy', 'the channel is being searched already')
const noTurn = failure('exchange.aborted', 'the search was stopped before the channel had time')
const tookTooLong = failure('scan.too-long', 'the search was stopped: it held the channel too long')
