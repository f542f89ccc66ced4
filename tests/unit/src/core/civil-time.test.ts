import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { civilTime, instant } from '#src/core'

const zones = [
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Africa/Monrovia',
  'Pacific/Apia',
  'UTC',
]

describe('a moment as ISO 8601 in a zone', () => {
  it('carries milliseconds only where there are any', () => {
    const { iso } = civilTime('Asia/Shanghai')
    expect(iso(instant(Date.UTC(2026, 10, 21, 14, 30)))).toBe('2026-11-21T22:30:00+08:00')
    expect(iso(instant(Date.UTC(2026, 10, 21, 14, 30, 0, 7)))).toBe('2026-11-21T22:30:00.007+08:00')
  })

  it('changes its offset in the very millisecond the zone does', () => {
    const { iso } = civilTime('Europe/Berlin')
    const change = Date.UTC(2026, 9, 25, 1)
    expect(iso(instant(change - 1))).toBe('2026-10-25T02:59:59.999+02:00')
    expect(iso(instant(change))).toBe('2026-10-25T02:00:00+01:00')
    expect(iso(instant(change - 1))).toBe('2026-10-25T02:59:59.999+02:00')
  })

  it('is what Temporal writes, in whatever order moments of a zone come', () => {
    for (const zone of zones) {
      const { iso } = civilTime(zone)
      const near = fc
        .constantFrom(...changesOf(zone))
        .chain((change) => fc.integer({ min: change - 2_000, max: change + 2_000 }))
      const any = fc.integer({ min: Date.UTC(1960, 0), max: Date.UTC(2100, 0) })
      fc.assert(
        fc.property(fc.oneof(near, any), (ms) => {
          expect(iso(instant(ms))).toBe(byTemporal(zone, ms))
        }),
      )
    }
  })
})

function byTemporal(zone: string, ms: number): string {
  const fractionalSecondDigits = ms % 1_000 === 0 ? 0 : 3
  return Temporal.Instant.fromEpochMilliseconds(ms)
    .toZonedDateTimeISO(zone)
    .toString({ timeZoneName: 'never', fractionalSecondDigits })
}

/** Moments around which a zone may change its offset; any moment does where it never does. */
function changesOf(zone: string): readonly number[] {
  const changes = [Date.UTC(2026, 0)]
  let at = Temporal.Instant.from('1970-01-01T00:00Z').toZonedDateTimeISO(zone)
  for (let count = 0; count < 20; count++) {
    const next = at.getTimeZoneTransition('next')
    if (!next) break
    changes.push(next.epochMilliseconds)
    at = next
  }
  return changes
}
