import { InvalidArgumentError } from 'commander'
import { type Duration, milliseconds } from '#src/core'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** `5s`, `500ms`, `1m`, `1h`; a bare number is seconds. */
export function duration(text: string): Duration {
  const match = /^(\d{1,6})(ms|s|m|h)?$/.exec(text)
  const count = Number(match?.[1])
  if (match === null || count === 0) {
    throw new InvalidArgumentError('Allowed: a time such as 500ms, 5s or 1m.')
  }
  return milliseconds(count * (unitMs[match[2] ?? 's'] ?? 1_000))
}
