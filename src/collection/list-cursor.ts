import { fail, ok, type Result } from '#src/core'
import type { BadListCursor } from './report-types.ts'

/** Where a list goes on, as numbers that nobody else should read. */
export const cursorText = (keys: readonly number[]): string =>
  Buffer.from(keys.join(',')).toString('base64url')

export function cursorKeys(
  cursor: string | undefined,
  count: number,
): Result<readonly number[] | null, BadListCursor> {
  if (cursor === undefined) return ok(null)
  const keys = Buffer.from(cursor, 'base64url').toString().split(',')
  const isOurs = keys.length === count && keys.every((key) => /^\d{1,15}$/.test(key))
  return isOurs ? ok(keys.map(Number)) : fail({ kind: 'bad-cursor' })
}
