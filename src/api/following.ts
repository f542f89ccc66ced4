import { Type } from '@sinclair/typebox'
import { type Clock, milliseconds, sleep } from '#src/core'

const WAIT_MAX_SECONDS = 30
const LOOK_EVERY = milliseconds(250)
export const FOLLOWING_TIMEOUT_MS = (WAIT_MAX_SECONDS + 10) * 1_000

export const Wait = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: WAIT_MAX_SECONDS,
    description: 'Seconds to wait for its end before answering.',
  }),
)

export interface Following<T> {
  readonly clock: Clock
  readonly waitSeconds: number
  /** Of the caller, who may have gone. */
  readonly signal: AbortSignal
  readonly look: () => Promise<T | undefined>
  readonly isOver: (seen: T) => boolean
}

/** What is seen at its end, or when the time is over; undefined where there is nothing. */
export async function follow<T>(following: Following<T>): Promise<T | undefined> {
  const { clock, waitSeconds, signal, look, isOver } = following
  const end = clock.now() + waitSeconds * 1_000
  let seen = await look()
  while (seen !== undefined && !isOver(seen) && clock.now() < end) {
    if (!(await sleep(clock, LOOK_EVERY, signal))) break
    seen = await look()
  }
  return seen
}
