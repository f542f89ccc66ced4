import { describe, expect, test } from 'vitest'
import type { FieldFailure, FoundDevice } from '#src/acquisition/field'
import { fail, ok } from '#src/core'
import { benchOf, channel, nothing, total } from './fake-bench.ts'
import { documents, hes } from './fake-io.ts'

describe('scan', () => {
  const argv = ['scan', '--protocol', 'dlt645-2007', ...channel]
  const finding = (devices: readonly FoundDevice[], end: FieldFailure | null = null) =>
    benchOf({
      async scan(_plan, watcher) {
        for (const found of devices) watcher.found(found)
        return end === null ? ok(undefined) : fail(end)
      },
    })
  const meter: FoundDevice = { address: '000012345678', reading: total, roundTripMs: 80 }

  test('prints who is there', async () => {
    const { exit, stdout, stderr } = await hes(argv, finding([meter]))
    expect(exit).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "ADDRESS        TOTAL  UNIT  ROUND TRIP
      000012345678  123.45  kWh        80 ms
      "
    `)
    expect(stderr).toBe('1 device(s) on serial:/dev/test\n')
  })

  test('--json prints one object a device', async () => {
    const { stdout } = await hes([...argv, '--json'], finding([meter]))
    expect(documents(stdout)).toEqual([
      {
        device: '000012345678',
        protocol: 'dlt645-2007',
        register: '1.8.0',
        value: '123.45',
        unit: 'kWh',
        roundTripMs: 80,
      },
    ])
  })

  test('ends 3 when nobody is there', async () => {
    expect((await hes(argv, finding([]))).exit).toBe(3)
  })

  test('ends 5 when the line is lost, and 1 when it had found somebody', async () => {
    const lost = { code: 'transport.closed', message: 'closed', raw: nothing }
    expect((await hes(argv, finding([], lost))).exit).toBe(5)
    expect((await hes(argv, finding([meter], lost))).exit).toBe(1)
  })

  test('asks by the register map that was named, there or in a file', async () => {
    const asked: unknown[] = []
    const world = benchOf({
      async scan({ profile }) {
        asked.push(profile)
        return ok(undefined)
      },
    })
    const modbus = ['scan', '--protocol', 'modbus', ...channel]
    await hes(modbus, world)
    await hes([...modbus, '--profile', 'sdm630'], world)
    expect(asked).toEqual([null, 'sdm630'])
    const missing = await hes([...modbus, '--profile', './no-such-map.yaml'], world)
    expect(missing.exit).toBe(3)
    expect(missing.stderr).toContain('./no-such-map.yaml: cannot be read (ENOENT')
    const other = await hes([...argv, '--profile', 'sdm630'], world)
    expect(other.exit).toBe(2)
    expect(other.stderr).toContain('--profile: only Modbus is searched by one')
  })

  test('ends by a time where the search has one, and says what it left out', async () => {
    const asked: unknown[] = []
    const world = benchOf({
      async scan({ limit }, watcher) {
        asked.push(limit)
        watcher.untried?.('not tried within 30 s: 1/100 to 1/15')
        return ok(undefined)
      },
    })
    const dlms = ['scan', '--protocol', 'dlms', ...channel]
    const { exit, stderr } = await hes(dlms, world)
    expect(exit).toBe(3)
    expect(stderr).toContain('not tried within 30 s: 1/100 to 1/15 (longer: --limit 5m)\n')
    await hes([...dlms, '--limit', '2m'], world)
    expect(asked).toEqual([undefined, 120_000])
    const other = await hes([...argv, '--limit', '2m'], world)
    expect(other.exit).toBe(2)
    expect(other.stderr).toContain('--limit: only searches for DLMS and 376.1 end by a time')
  })

  test('shows values of another register than the total under its code', async () => {
    const item = '16.7.0'
    const reading = { ...total, item, unit: 'kW' } as const
    const { stdout } = await hes(argv, finding([{ ...meter, reading }]))
    expect(stdout).toMatchInlineSnapshot(`
      "ADDRESS       REGISTER   VALUE  UNIT  ROUND TRIP
      000012345678  16.7.0    123.45  kW         80 ms
      "
    `)
  })

  test('tries the units that were named', async () => {
    let units: readonly number[] = []
    const world = benchOf({
      async scan(plan) {
        units = plan.units
        return ok(undefined)
      },
    })
    await hes(['scan', '--protocol', 'modbus', '--units', '3,1-2', ...channel], world)
    expect(units).toEqual([1, 2, 3])
  })
})
