import { describe, expect, test } from 'vitest'
import type { Refusal } from '#protocols/model'
import type { ExchangeFailure, HeardReading, MeterReadout } from '#src/acquisition'
import type { Bench, ClockReadout, FieldFailure, FoundDevice } from '#src/acquisition/field'
import { fail, instant, ok } from '#src/core'
import { ManualClock } from '#tests/support'
import { documents, hes, type Surroundings } from './fake-io.ts'

const nothing = new Uint8Array(0)
const atNoon = new ManualClock(Date.UTC(2026, 10, 21, 14, 30, 0))
const total: HeardReading = {
  roundTripMs: 12,
  item: '1.8.0',
  dataId: '00010000',
  name: 'Active energy import, total',
  unit: 'kWh',
  value: { kind: 'number', digits: 12345, scale: 2 },
  dataClass: 'current',
  at: null,
}

const absent: HeardReading = {
  ...total,
  item: '32.7.0',
  dataId: '02010100',
  name: 'Voltage, phase A',
  unit: 'V',
  value: { kind: 'missing', flag: 'absent' },
}

const refusal: Refusal = { code: 'dlt645.no-such-data', message: 'no such data' }
const failure = (code: ExchangeFailure['code']): ExchangeFailure => ({
  code,
  message: 'what happened',
  retry: 'now',
  raw: Uint8Array.of(0x68, 0x01),
  fault: null,
})

const readout = (more: Partial<MeterReadout>): MeterReadout => ({
  readings: [],
  refusals: [],
  unsupported: [],
  unusable: [],
  failure: null,
  roundTripMs: 12,
  ...more,
})

const unasked = async () => fail({ code: 'test', message: 'not asked', raw: nothing })

/** A bench that answers as the test says; says whether it was closed. */
function benchOf(answers: Partial<Bench>): Surroundings & { closed(): boolean } {
  let closed = false
  const bench: Bench = {
    name: 'serial:/dev/test',
    read: async () => readout({}),
    scan: unasked,
    readClock: unasked,
    setClock: unasked,
    close: async () => {
      closed = true
    },
    ...answers,
  }
  return {
    clock: atNoon,
    actions: { openBench: async () => ok(bench) },
    closed: () => closed,
  }
}

const device = ['--protocol', 'dlt645-2007', '--address', '000012345678']
const channel = ['--tcp', '127.0.0.1:4001']
const read = ['read', ...device, '--item', '1.8.0,32.7.0', ...channel]

describe('read', () => {
  test('says that there is nothing where a device answers with nothing, and exits 3', async () => {
    const { exit, stdout, stderr } = await hes(read, benchOf({}))
    expect([exit, stdout]).toEqual([3, ''])
    expect(stderr).toContain('holds nothing of that [item.empty]')
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

describe('watch', () => {
  const answer = '68665544332211689108333334336A547B330716'
  const tap = (end: FieldFailure | null) => ({
    clock: atNoon,
    actions: {
      openTap: async () =>
        ok({
          name: 'serial:/dev/test',
          async *bytes() {
            yield Uint8Array.of(0, 1, 2)
            yield Uint8Array.from(Buffer.from(answer, 'hex'))
          },
          failure: () => end,
          close: async () => {},
        }),
    },
  })

  test('--json prints every frame with the moment it came', async () => {
    const { exit, stdout, stderr } = await hes(['watch', ...channel, '--json'], tap(null))
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([
      { receivedAt: '2026-11-21T22:30:00+08:00', raw: answer, valid: true },
    ])
    expect(stderr).toBe('1 frame(s), 3 byte(s) of noise on serial:/dev/test\n')
  })

  test('ends 5 when the channel ends by itself', async () => {
    const end = { code: 'transport.closed', message: 'the other side hung up', raw: nothing }
    expect((await hes(['watch', ...channel], tap(end))).exit).toBe(5)
  })
})
