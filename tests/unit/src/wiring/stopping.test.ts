import { describe, expect, it } from 'vitest'
import { createLogger } from '#src/observe'
import { stopInOrder } from '#src/wiring'
import { ManualClock } from '#tests/support'

describe('stopping', () => {
  it('goes on behind a part that fails or never ends, and names both', async () => {
    const clock = new ManualClock()
    const said: Record<string, unknown>[] = []
    const log = createLogger(
      { level: 'info', pretty: false },
      { write: (line) => void said.push(JSON.parse(line)) },
    )
    const stopped: string[] = []
    const part = (name: string, stop: () => Promise<void>) => ({
      part: name,
      stop: () => {
        stopped.push(name)
        return stop()
      },
    })
    let isOver = false
    const over = stopInOrder(
      [
        part('first', async () => {}),
        part('failing', () => Promise.reject(new Error('no'))),
        part('stuck', () => new Promise(() => {})),
        part('last', async () => {}),
      ],
      { clock, log },
    ).then(() => {
      isOver = true
    })
    await clock.advance(19_000)
    expect(stopped).toEqual(['first', 'failing', 'stuck'])
    await clock.advance(1_000)
    await over
    expect(isOver).toBe(true)
    expect(stopped).toEqual(['first', 'failing', 'stuck', 'last'])
    expect(said.map(({ event, part: name }) => [event, name])).toEqual([
      ['stop.failed', 'failing'],
      ['stop.stuck', 'stuck'],
    ])
    // A timer left behind would keep the process alive.
    expect(clock.waiting).toBe(0)
  })
})
