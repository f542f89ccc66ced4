import { fail, ok, type Result } from '#src/core'
import type { Problem } from './problems.ts'

/** Cursors of lists keyed by one number; opaque to callers. */
export function cursorOf<T>(
  found: readonly T[],
  limit: number,
  keyOf: (item: T) => number,
): string | null {
  const last = found[limit - 1]
  if (found.length <= limit || last === undefined) return null
  return numbered(keyOf(last))
}

/** The cursor of a page that begins behind so many rows. */
export const placeOf = (offset: number | null): string | null =>
  offset === null ? null : numbered(offset)

const numbered = (number: number) => Buffer.from(`n${number}`).toString('base64url')

export function numberOf(cursor: string | undefined): Result<number | null, Problem> {
  if (cursor === undefined) return ok(null)
  const text = Buffer.from(cursor, 'base64url').toString()
  const digits = /^n(\d{1,10})$/.exec(text)?.[1]
  const number = Number(digits ?? 'NaN')
  return number <= 2_147_483_647 ? ok(number) : fail({ code: 'bad-cursor' })
}
