import { describe, expect, test } from 'vitest'
import type { ClockReadout } from '#src/acquisition/field'
import { fail, instant, ok } from '#src/core'
import { atNoon, benchOf, channel, device, nothing } from './fake-bench.ts'
import { documents, hes } from './fake-io.ts'

describe('clock', () => {
  const argv = ['clock', ...device, ...channel]
  const clockAt = (offsetMs: number): ClockReadout => ({
    wallClock: '2026-11-21T22:29:48',
    deviceAt: instant(atNoon.now() + offsetMs),
    ourAt: atNoon.now(),
    offsetMs,
    uncertaintyMs: 550,
  })
  const world = () =>
    benchOf({
      readClock: async () => ok(clockAt(-12_000)),
      setClock: async () => ok(clockAt(100)),
    })

  test('shows the offset with its uncertainty', async () => {
    const { exit, stdout } = await hes(argv, world())
    expect(exit).toBe(0)
    expect(stdout).toBe(
      '000012345678 says 2026-11-21T22:29:48; it was 2026-11-21T22:30:00+08:00: offset -12.0 s ±0.6 s\n',
    )
  })

  test('--json prints it as one object', async () => {
    expect(documents((await hes([...argv, '--json'], world())).stdout)).toEqual([
      {
        device: '000012345678',
        wallClock: '2026-11-21T22:29:48',
        at: '2026-11-21T22:29:48+08:00',
        ourAt: '2026-11-21T22:30:00+08:00',
        offsetMs: -12_000,
        uncertaintyMs: 550,
        protocol: 'dlt645-2007',
      },
    ])
  })

  test.each([
    ['nobody is there to confirm', {}, [], 4],
    ['another address is typed', { typed: '000012345679' }, [], 4],
    ['the address is typed', { typed: ' 000012345678\n' }, [], 0],
    ['--yes is given', {}, ['--yes'], 0],
  ])('--set when %s', async (_, typed, more, code) => {
    let set = false
    const bench = benchOf({
      readClock: async () => ok(clockAt(-12_000)),
      async setClock() {
        set = true
        return ok(clockAt(100))
      },
    })
    const { exit } = await hes([...argv, '--set', ...more], { ...bench, ...typed })
    expect(exit).toBe(code)
    expect(set).toBe(code === 0)
  })

  test('--set ends 7 when the meter does not take the time', async () => {
    const bench = benchOf({
      readClock: async () => ok(clockAt(-12_000)),
      setClock: async () => fail({ code: 'field.not-taken', message: 'still late', raw: nothing }),
    })
    expect((await hes([...argv, '--set', '--yes'], bench)).exit).toBe(7)
  })
})
