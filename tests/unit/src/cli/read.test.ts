import { describe, expect, test } from 'vitest'
import type { HeardReading, MeterReadout } from '#src/acquisition'
import { ok } from '#src/core'
import { ManualClock } from '#tests/support'
import {
  absent,
  benchOf,
  channel,
  device,
  failure,
  read,
  readout,
  refusal,
  total,
} from './fake-bench.ts'
import { documents, hes } from './fake-io.ts'

describe('read', () => {
  test('says that there is nothing where a device answers with nothing, and exits 3', async () => {
    const { exit, stdout, stderr } = await hes(read, benchOf({}))
    expect([exit, stdout]).toEqual([3, ''])
    expect(stderr).toContain('holds nothing of that [item.empty]')
  })

  test('says the same no of a device once, however often it came', async () => {
    const world = benchOf({ read: async () => readout({ refusals: [refusal, refusal] }) })
    const { exit, stderr } = await hes(read, world)
    expect(exit).toBe(7)
    expect(stderr.split(refusal.message)).toHaveLength(2)
  })

  test('--json prints one object a reading', async () => {
    const world = benchOf({ read: async () => readout({ readings: [total, absent] }) })
    const { exit, stdout, stderr } = await hes([...read, '--json'], world)
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    const common = {
      device: '000012345678',
      at: '2026-11-21T22:30:00+08:00',
      protocol: 'dlt645-2007',
      roundTripMs: 12,
    }
    expect(documents(stdout)).toEqual([
      { ...common, register: '1.8.0', name: total.name, value: '123.45', unit: 'kWh' },
      {
        ...common,
        register: '32.7.0',
        name: absent.name,
        value: null,
        unit: 'V',
        flag: 'absent',
      },
    ])
    expect(world.closed()).toBe(true)
  })

  test('prints a table for people', async () => {
    const world = benchOf({ read: async () => readout({ readings: [total, absent] }) })
    expect((await hes(read, world)).stdout).toMatchInlineSnapshot(`
      "REGISTER  NAME                            VALUE  UNIT  AT
      1.8.0     Active energy import, total    123.45  kWh   2026-11-21T22:30:00+08:00
      32.7.0    Voltage, phase A             (absent)  V     2026-11-21T22:30:00+08:00
      "
    `)
  })

  test('keeps to what was asked, in that order, though neighbours came with it', async () => {
    const rate = { ...total, item: '1.8.1', dataId: '00010100' } as const
    const world = benchOf({ read: async () => readout({ readings: [total, rate, absent] }) })
    const registers = async (items: string) => {
      const argv = ['read', ...device, '--item', items, ...channel, '--json']
      return documents((await hes(argv, world)).stdout).map(
        (document) => Object(document).register as unknown,
      )
    }
    expect(await registers('32.7.0,1.8.0')).toEqual(['32.7.0', '1.8.0'])
    expect(await registers('00010000')).toEqual(['1.8.0'])
    expect(await registers('0001FF00')).toEqual(['1.8.0', '1.8.1'])
    expect(await registers('32.7.0,9.9.9,00010000')).toEqual(['32.7.0', '1.8.0'])
    expect(await registers('06040002')).toEqual(['1.8.0', '1.8.1', '32.7.0'])
  })

  test('claims no moment for a maximum demand that never occurred', async () => {
    const demand = { ...total, item: '1.6.1', dataId: '01010100', unit: 'kW' } as const
    const world = benchOf({ read: async () => readout({ readings: [demand] }) })
    const argv = ['read', ...device, '--item', '1.6.1', ...channel, '--json']
    expect(documents((await hes(argv, world)).stdout)).toMatchObject([{ at: null }])
  })

  test('takes the file of a register map to a channel, and to no head-end', async () => {
    const map = { name: 'pump', title: 'Pump', functionCode: 3, order: 'ABCD' } as const
    const own = [{ ...map, blockMax: 9, gapMax: 0, forbidden: [], guards: [], points: [] }]
    const asked: unknown[] = []
    const bench = benchOf({
      async read(_items, { profile }) {
        asked.push(profile)
        return readout({ readings: [total] })
      },
    })
    const registerMap = async () => ok({ name: 'pump', own })
    const world = { ...bench, actions: { ...bench.actions, registerMap } }
    const modbus = ['--protocol', 'modbus', '--unit', '1', '--profile', './pump.yaml']
    const argv = ['read', ...modbus, '--item', '1.8.0']
    expect((await hes([...argv, ...channel], world)).exit).toBe(0)
    expect(asked).toEqual(['pump'])
    const remote = await hes([...argv, '--concentrator', '37010001'], world)
    expect(remote.exit).toBe(2)
    expect(remote.stderr).toContain('a head-end reads by the map that its archive names')
  })

  test('finds out who answers under a wildcard, and asks that one', async () => {
    const own: HeardReading = {
      ...total,
      item: '0.0.96.1.1',
      dataId: '04000401',
      value: { kind: 'text', text: '000012345678' },
    }
    const asked: string[] = []
    const worldOf = (answer: MeterReadout) =>
      benchOf({
        async read(items, { address }) {
          asked.push(`${address} ${items}`)
          return items.includes('04000401') ? answer : readout({ readings: [total] })
        },
      })
    const argv = [
      ...['read', '--protocol', 'dlt645-2007', '--address', 'aaaaaaaaaaaa', '--item', '1.8.0'],
      ...[...channel, '--json'],
    ]
    const { stdout, stderr } = await hes(argv, worldOf(readout({ readings: [own] })))
    expect(documents(stdout)).toMatchObject([{ device: '000012345678', value: '123.45' }])
    expect(stderr).toBe('000012345678 answers\n')
    const shy = await hes(argv, worldOf(readout({ refusals: [refusal] })))
    expect(documents(shy.stdout)).toMatchObject([{ device: 'AAAAAAAAAAAA', value: '123.45' }])
    expect(asked).toEqual([
      'AAAAAAAAAAAA 04000401',
      '000012345678 1.8.0',
      'AAAAAAAAAAAA 04000401',
      'AAAAAAAAAAAA 1.8.0',
    ])
  })

  test('names the items that were refused', async () => {
    const answer = readout({ readings: [total], refusals: [refusal] })
    const world = benchOf({ read: async () => answer })
    const { stderr } = await hes(read, world)
    expect(stderr).toContain('hes: 000012345678 32.7.0: no such data [dlt645.no-such-data]')
    const unknown = benchOf({ read: async () => readout({ unsupported: ['32.7.0'] }) })
    const modbus = ['--protocol', 'modbus', '--unit', '1', '--profile', 'sdm120']
    const asked = await hes(['read', ...modbus, '--item', '32.7.0', ...channel], unknown)
    expect(asked.stderr).toContain('sdm120 has no item 32.7.0 [item.unknown]')
  })

  test.each([
    ['silence', readout({ failure: failure('exchange.timeout') }), 5],
    ['a lost link', readout({ failure: failure('exchange.transport') }), 5],
    ['a damaged answer', readout({ failure: failure('exchange.damaged') }), 8],
    ['the answer of another', readout({ failure: failure('exchange.mismatch') }), 8],
    ['a frame that may not be sent', readout({ failure: failure('exchange.gate') }), 4],
    ['a stop', readout({ failure: failure('exchange.aborted') }), 1],
    ['a refusal', readout({ refusals: [refusal] }), 7],
    [
      'the silence behind a gateway',
      readout({ refusals: [{ code: 'modbus.gateway-target', message: 'silent' }] }),
      5,
    ],
    ['an unknown item', readout({ unsupported: ['9.9.9'] }), 2],
    ['a part', readout({ readings: [total], refusals: [refusal] }), 1],
  ])('ends %s with its exit code', async (_, answer, code) => {
    const world = benchOf({ read: async () => answer })
    const { exit, stderr } = await hes(read, world)
    expect(exit).toBe(code)
    expect(stderr).toMatch(/^hes: /)
    expect(world.closed()).toBe(true)
  })

  test('shows the bytes of a damaged answer and what to try', async () => {
    const world = benchOf({ read: async () => readout({ failure: failure('exchange.damaged') }) })
    expect((await hes(read, world)).stderr).toMatchInlineSnapshot(`
      "hes: 000012345678: what happened [exchange.damaged]
           received: 6801
           next: check speed, parity and termination; hes watch shows what passes on the line
      "
    `)
  })

  test('ends 5 when the channel cannot be opened', async () => {
    const { exit, stderr } = await hes(read)
    expect(exit).toBe(5)
    expect(stderr).toContain('nobody listens [transport.refused]')
  })

  test('--watch asks again and ends with statistics', async () => {
    const clock = new ManualClock()
    const stop = new AbortController()
    const answers = [
      readout({ readings: [total], roundTripMs: 10 }),
      readout({ failure: failure('exchange.damaged') }),
      readout({ readings: [total], roundTripMs: 30 }),
    ]
    const world = benchOf({
      async read() {
        const answer = answers.shift() ?? readout({})
        if (answers.length === 0) stop.abort()
        return answer
      },
    })
    const running = hes([...read, '--watch', '5s'], { ...world, clock, signal: stop.signal })
    let ended = false
    void running.then(() => {
      ended = true
    })
    while (!ended) await clock.advance(5_000)
    const { exit, stderr } = await running
    expect(exit).toBe(0)
    expect(stderr).toContain(
      '--- 2 rounds of 2 item(s): 1 answered, 1 damaged, loss 50.0 %, p50 10 ms, p95 10 ms',
    )
  })
})
