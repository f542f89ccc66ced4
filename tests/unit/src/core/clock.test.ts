import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hours, milliseconds, systemClock } from '#src/core'

describe('the clock of this machine', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits as long as it is told, also for a yearly slot', () => {
    const run = vi.fn()
    const year = hours(366 * 24)
    systemClock.after(year, run)
    vi.advanceTimersByTime(year - 1)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(run).toHaveBeenCalledOnce()
  })

  it('can be told to wait no longer', () => {
    const run = vi.fn()
    const cancel = systemClock.after(hours(60 * 24), run)
    vi.advanceTimersByTime(hours(30 * 24))
    cancel()
    systemClock.after(milliseconds(5), run)()
    vi.advanceTimersByTime(hours(60 * 24))
    expect(run).not.toHaveBeenCalled()
  })
})
