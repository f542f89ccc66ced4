import { describe, expect, it } from 'vitest'
import { type Channel, memoryPair, type TransportError } from '#drivers/channel'
import { TwoWays } from '#src/acquisition'
import { minutes, seconds } from '#src/core'
import { ManualClock } from '#tests/support'

const refused: TransportError = { code: 'transport.refused', message: 'refused', retry: 'later' }

/** Two ways that work as they are told, and what the channel above them sees. */
function field(way: { primary: 'works' | 'refuses' | 'never'; backup: 'works' | 'refuses' }) {
  const clock = new ManualClock()
  const changes: string[] = []
  const opened: string[] = []
  const stop = new AbortController()
  let leaving = 0
  const open = (name: 'primary' | 'backup') => async (signal: AbortSignal) => {
    if (way[name] === 'refuses') return refused
    if (way[name] === 'never') {
      return await new Promise<TransportError>((resolve) => {
        signal.addEventListener('abort', () => resolve(refused), { once: true })
      })
    }
    opened.push(name)
    return memoryPair()[0]
  }
  const ways = new TwoWays({
    primary: open('primary'),
    backup: open('backup'),
    patience: minutes(1),
    clock,
    changed: ({ used, reason }) => changes.push(`${used}: ${reason}`),
    leave: () => leaving++,
  })
  /** Opens as a worker does: again, after a pause, until it works. */
  const reach = async (): Promise<Channel> => {
    for (;;) {
      const opening = ways.open(stop.signal)
      let got: Channel | TransportError | undefined
      void opening.then((result) => {
        got = result
      })
      while (got === undefined) await clock.advance(seconds(1))
      if ('send' in got) return got
      await clock.advance(seconds(10))
    }
  }
  return { clock, changes, opened, ways, reach, left: () => leaving, stop }
}

describe('a channel with two ways', () => {
  it('stays on the first while it works, and changes nothing', async () => {
    const { reach, changes, opened } = field({ primary: 'works', backup: 'works' })
    await reach()
    await reach()
    expect([opened, changes]).toEqual([['primary', 'primary'], []])
  })

  it('bears with the first for its patience, then takes the second and says why', async () => {
    const { clock, reach, changes, opened } = field({ primary: 'refuses', backup: 'works' })
    const startedAt = clock.now()
    await reach()
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(minutes(1))
    expect([opened, changes]).toEqual([['backup'], ['backup: transport.refused']])
  })

  it('waits no longer than that for one that only has to be called', async () => {
    const { clock, reach, changes } = field({ primary: 'never', backup: 'works' })
    const startedAt = clock.now()
    await reach()
    expect(clock.now() - startedAt).toBeLessThan(minutes(2))
    expect(changes).toEqual(['backup: transport.timeout'])
  })

  it('goes back once the first works again, with the channel that is open already', async () => {
    const way = { primary: 'refuses', backup: 'works' } as {
      primary: 'refuses' | 'works'
      backup: 'works'
    }
    const { clock, reach, changes, opened, left, ways } = field(way)
    await reach()
    await clock.advance(minutes(20))
    expect(left()).toBe(0)
    way.primary = 'works'
    await clock.advance(minutes(6))
    expect([left(), opened]).toEqual([1, ['backup', 'primary']])
    expect(ways.used).toBe('backup')
    await reach()
    expect(opened).toEqual(['backup', 'primary'])
    expect(changes).toEqual(['backup: transport.refused', 'primary: recovered'])
    await reach()
    expect(changes).toHaveLength(2)
  })

  it('tries both in turn while neither works, and stops when it is told to', async () => {
    const way = { primary: 'refuses', backup: 'refuses' } as {
      primary: 'refuses'
      backup: 'refuses' | 'works'
    }
    const { clock, ways, reach, changes, stop } = field(way)
    for (let minute = 0; minute < 5; minute++) {
      expect(await ways.open(stop.signal)).toBe(refused)
      await clock.advance(minutes(1))
    }
    way.backup = 'works'
    await reach()
    expect(changes).toHaveLength(1)
    stop.abort()
    await clock.advance(minutes(30))
    expect(clock.waiting).toBe(0)
  })
})
