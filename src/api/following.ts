import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { type Clock, fail, milliseconds, ok, sleep } from '#src/core'
import { BUSINESS } from './access.ts'
import type { DefineRoute } from './route.ts'
import { closed, IdParams } from './schemas.ts'

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

export interface Followed<T, R extends TSchema> {
  readonly url: string
  readonly tag: string
  readonly summary: string
  readonly answers: R
  readonly look: (id: number) => Promise<T | undefined>
  readonly isOver: (seen: T) => boolean
  readonly view: (seen: T) => Static<R>
}

/** Tells how the one with this id is going, at once or when it is over. */
export function followById<T, R extends TSchema>(
  define: DefineRoute,
  clock: Clock,
  { look, isOver, view, ...route }: Followed<T, R>,
): RouteOptions {
  return define({
    ...route,
    method: 'GET',
    access: BUSINESS,
    params: IdParams,
    query: closed({ wait: Wait }),
    errors: ['not-found'],
    handlerTimeoutMs: FOLLOWING_TIMEOUT_MS,
    async handle({ params, query, request: { signal } }) {
      const waitSeconds = query.wait ?? 0
      const seen = await follow({ clock, waitSeconds, signal, look: () => look(params.id), isOver })
      return seen === undefined ? fail({ code: 'not-found' }) : ok({ body: view(seen) })
    },
  })
}
