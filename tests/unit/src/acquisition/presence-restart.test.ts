import { describe, expect, it } from 'vitest'
import { idOf, instant } from '#src/core'
import { ManualClock } from '#tests/support'
import { presenceDoor } from './presence-door.ts'

const HOME = '10.1.0.1'
const AWAY = '10.1.0.2'
const DEVICE = '330100000001'
const ONE = idOf<'concentrator'>(1)

describe('two devices under one identity', () => {
  it('are known as such after a restart, while that is not long ago', async () => {
    for (const [agoMs, isOpen] of [
      [30_000, false],
      [11 * 60_000, true],
    ] as const) {
      const start = instant(new ManualClock().now() - agoMs)
      const evidence = { since: start, lastAt: start, takeovers: 7, addresses: [HOME, AWAY] }
      const door = await presenceDoor({ flapping: [{ concentratorId: ONE, ...evidence }] })
      door.expect(1, DEVICE)
      await door.call(DEVICE, HOME)
      const second = await door.call(DEVICE, AWAY)
      expect(second.isOpen()).toBe(isOpen)
      if (!isOpen) {
        await door.clock.advance(60_000)
        await door.call(DEVICE, AWAY)
        expect((await door.written()).flapping.at(-1)).toMatchObject({
          since: start,
          takeovers: 8,
        })
      }
      await door.stop()
    }
  })
})
