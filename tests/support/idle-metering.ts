import { fail, ok } from '#src/core'
import type { Metering } from '#src/metering'

/** The same energy whatever is asked for. */
export const idleMetering: Pick<Metering, 'usage' | 'kept' | 'explain'> = {
  usage: async ({ register, from, to }) =>
    register === '32.7.0'
      ? fail({ kind: 'not-a-register', message: 'V is no energy' })
      : ok({
          unit: 'kWh',
          items: [{ start: from, end: to, value: '1.50', quality: 'measured' }],
          fallen: 0,
        }),
  kept: async () => [],
  explain: async () => fail('unknown-usage-point'),
}
