import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '#src/core'
import { createLogger, tellRecurring } from '#src/observe'
import { ManualClock } from '#tests/support'

describe('what loops tell', () => {
  it('is said once while it goes on, every five minutes with a count, and at once when it is new', async () => {
    const clock = new ManualClock()
    const lines: { event: string; err?: { message: string }; unsaid?: number }[] = []
    const sink = { write: (line: string) => void lines.push(JSON.parse(line)) }
    const tell = tellRecurring(createLogger({ level: 'warn', pretty: false }, sink), clock, 'warn')
    const away = (event: string) => tell({ event, error: new Error('the database is away') })
    for (let times = 0; times < 70; times++) {
      away('clocks.failed')
      await clock.advance(seconds(5))
    }
    away('parameters.failed')
    tell({ event: 'clocks.failed', error: new Error('another') })
    tell({ event: 'clocks.host-doubtful' })
    expect(lines.map(({ event, err, unsaid }) => [event, err?.message, unsaid])).toEqual([
      ['clocks.failed', 'the database is away', undefined],
      ['clocks.failed', 'the database is away', minutes(5) / seconds(5) - 1],
      ['parameters.failed', 'the database is away', undefined],
      ['clocks.failed', 'another', 9],
      ['clocks.host-doubtful', undefined, undefined],
    ])
  })
})
