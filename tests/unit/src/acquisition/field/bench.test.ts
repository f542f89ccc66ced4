import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import { parseProfile } from '#protocols/modbus'
import {
  compareClocks,
  type FieldWorld,
  type FoundDevice,
  meterBench,
  unitBench,
} from '#src/acquisition/field'
import { civilTime, instant } from '#src/core'
import { ManualClock, testGate } from '#tests/support'
import { type BusMeter, busMeter, MeterBus, passing } from './meter-bus.ts'

const civil = civilTime('Asia/Shanghai')
const never = new AbortController().signal
const meterAt = (address: string) => ({ address, profile: null })

const unreachable = async () => {
  throw new Error('these tests open nothing')
}

const worldAt = (clock: ManualClock): FieldWorld => ({
  clock,
  civil,
  gate: testGate(clock, [dlt645]),
  network: { connect: unreachable, listen: unreachable },
  serialPorts: { open: unreachable },
})

function field(meters: readonly BusMeter[]) {
  const clock = new ManualClock()
  const bus = new MeterBus(meters, clock, civil)
  return { clock, bus, bench: meterBench(bus.channel, worldAt(clock)) }
}

async function search(meters: readonly BusMeter[]) {
  const { clock, bus, bench } = field(meters)
  const found: FoundDevice[] = []
  const tried: string[] = []
  const watcher = {
    found: (device: FoundDevice) => found.push(device),
    trying: (text: string) => tried.push(text),
  }
  const ended = await passing(clock, bench.scan({ units: [], profile: null }, watcher, never))
  return { ended, found, tried, asked: bus.asked }
}

test('a search on an empty bus asks once and finds nobody', async () => {
  const { ended, found, asked } = await search([])
  expect(ended.ok).toBe(true)
  expect(found).toEqual([])
  expect(asked).toHaveLength(1)
})

test('a search finds a meter that is alone with one question', async () => {
  const { found, asked } = await search([busMeter('000012345678')])
  expect(found.map((device) => device.address)).toEqual(['000012345678'])
  expect(found[0]?.reading).toMatchObject({ item: '1.8.0', value: { digits: 12_345, scale: 2 } })
  expect(asked).toHaveLength(1)
})

test('a search divides meters that answer at once until each is alone', async () => {
  const addresses = ['112233445566', '112233445571', '112233990071']
  const { found, tried } = await search(addresses.map((address) => busMeter(address)))
  expect(found.map((device) => device.address).sort()).toEqual(addresses)
  expect(tried).toContain('AAAAAAAAAA71')
  expect(tried).toContain('AAAAAAAA0071')
})

test('a meter that answers under the wildcard is asked for its own address', async () => {
  const { found, asked } = await search([busMeter('000012345678', { echoesAddress: true })])
  expect(found).toMatchObject([{ address: '000012345678', reading: { item: '1.8.0' } }])
  expect(asked.map((request) => request.kind)).toEqual(['read', 'read-address'])
})

test('a search only reads', async () => {
  const { asked } = await search([busMeter('000000000001'), busMeter('000000000101')])
  expect(new Set(asked.map((request) => request.kind))).toEqual(new Set(['read']))
})

test('a search stops when it is told to', async () => {
  const { clock, bus, bench } = field([busMeter('000000000001'), busMeter('000000000101')])
  const stop = new AbortController()
  const watcher = {
    found: () => {},
    trying: (text: string) => text === 'everybody' || stop.abort(),
  }
  const ended = await passing(clock, bench.scan({ units: [], profile: null }, watcher, stop.signal))
  expect(ended.ok).toBe(true)
  expect(bus.asked.length).toBeLessThan(4)
})

test('any few meters are all found, each once', async () => {
  const address = fc.stringMatching(/^0000000[0-9]0[0-9]0[0-9]$/)
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(address, { minLength: 1, maxLength: 4 }), async (addresses) => {
      const { found } = await search(addresses.map((one) => busMeter(one)))
      expect(found.map((device) => device.address).sort()).toEqual([...addresses].sort())
    }),
    { numRuns: 8 },
  )
})

test('a reading comes with what the meter refused', async () => {
  const { clock, bench } = field([busMeter('000012345678')])
  const read = bench.read(['1.8.0', '32.7.0'], meterAt('000012345678'), never)
  const readout = await passing(clock, read)
  expect(readout.readings).toMatchObject([{ item: '1.8.0' }])
  expect(readout.refusals).toMatchObject([{ code: 'dlt645.no-such-data' }])
  expect(readout.failure).toBeNull()
})

test('a silent address ends in a timeout', async () => {
  const { clock, bench } = field([busMeter('000012345678')])
  const readout = await passing(clock, bench.read(['1.8.0'], meterAt('000012345679'), never))
  expect(readout.failure).toMatchObject({ code: 'exchange.timeout' })
})

test('a clock is read with its offset', async () => {
  const meter = busMeter('000012345678', { clockOffsetMs: -12_000 })
  const { clock, bench } = field([meter])
  const read = await passing(clock, bench.readClock(meterAt(meter.address), never))
  expect(read).toMatchObject({ ok: true, value: { wallClock: '2026-11-22T11:59:48' } })
  if (!read.ok) return
  const { offsetMs, uncertaintyMs } = read.value
  expect(Math.abs((offsetMs ?? 0) + 12_000)).toBeLessThanOrEqual(uncertaintyMs)
})

test('a clock is set by broadcast and read back', async () => {
  const meter = busMeter('000012345678', { clockOffsetMs: 90_000 })
  const { clock, bus, bench } = field([meter])
  const set = await passing(clock, bench.setClock(meterAt(meter.address), never))
  expect(set.ok).toBe(true)
  expect(Math.abs(meter.clockOffsetMs)).toBeLessThan(1_000)
  expect(bus.asked[0]).toMatchObject({ kind: 'set-clock', address: '999999999999' })
})

test('a clock that does not take the time is told apart from one that does', async () => {
  const meter = busMeter('000012345678', { clockOffsetMs: 900_000, takesTime: false })
  const { clock, bench } = field([meter])
  const set = await passing(clock, bench.setClock(meterAt(meter.address), never))
  expect(set).toMatchObject({ ok: false, error: { code: 'field.not-taken' } })
})

test('the offset of any clock is within its stated uncertainty', () => {
  const arbitrary = fc.record({
    now: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2090, 0, 1) }),
    offset: fc.integer({ min: -86_400_000, max: 86_400_000 }),
    there: fc.integer({ min: 0, max: 3_000 }),
    back: fc.integer({ min: 0, max: 3_000 }),
  })
  fc.assert(
    fc.property(arbitrary, ({ now, offset, there, back }) => {
      const shown = civil.iso(instant(Math.floor((now + there + offset) / 1_000) * 1_000))
      const asked = { sentAt: instant(now), heardAt: instant(now + there + back) }
      const compared = compareClocks(shown.slice(0, 19), asked, civil)
      const error = Math.abs((compared.offsetMs ?? Number.NaN) - offset)
      expect(error).toBeLessThanOrEqual(compared.uncertaintyMs + 1)
    }),
  )
})

test('an impossible wall clock has no offset', () => {
  const asked = { sentAt: instant(0), heardAt: instant(0) }
  for (const shown of ['2026-02-30T00:00:00', 'T', '2026-01-01T24:61:00']) {
    expect(compareClocks(shown, asked, civil)).toMatchObject({ deviceAt: null, offsetMs: null })
  }
})

test('a sweep by a register map asks for its energy, and finds whoever answers', async () => {
  const clock = new ManualClock()
  const [near, far] = memoryPair({ framed: true, baud: 9_600 })
  const asked: number[][] = []
  void (async () => {
    for await (const message of far.bytes()) {
      asked.push([...message])
      const [unit = 0, functionCode = 0] = message
      if (unit === 2) await far.send(Uint8Array.of(2, functionCode, 4, 0, 0, 0x30, 0x39), never)
      if (unit === 3) await far.send(Uint8Array.of(3, functionCode | 0x80, 1), never)
      if (unit === 4) await far.send(Uint8Array.of(4, functionCode | 0x80, 0x0b), never)
    }
  })()
  const parsed = parseProfile('pump.yaml', {
    name: 'pump',
    functionCode: 4,
    points: [
      { item: '32.7.0', address: 0, type: 'u16' },
      { item: '1.8.0', address: 7, type: 'u32', exponent: -2 },
    ],
  })
  if (!parsed.ok) throw new Error('a good map')
  const found: FoundDevice[] = []
  const watcher = { found: (device: FoundDevice) => found.push(device), trying: () => {} }
  const bench = unitBench(near, { ...worldAt(clock), registerMaps: [parsed.profile] })
  const plan = { units: [1, 2, 3, 4], profile: 'pump' }
  const swept = await passing(clock, bench.scan(plan, watcher, never))
  expect(swept.ok).toBe(true)
  expect(asked).toContainEqual([2, 4, 0, 7, 0, 2])
  expect(found).toMatchObject([
    { address: '2', reading: { item: '1.8.0', value: { digits: 12_345, scale: 2 } } },
    { address: '3', reading: null },
  ])
})

test('a sweep finds units that answer and units that refuse', async () => {
  const clock = new ManualClock()
  const [near, far] = memoryPair({ framed: true, baud: 9_600 })
  void (async () => {
    for await (const message of far.bytes()) {
      const [unit = 0, functionCode = 0] = message
      if (unit === 3) await far.send(Uint8Array.of(3, functionCode, 2, 0, 7), never)
      if (unit === 5) await far.send(Uint8Array.of(5, functionCode | 0x80, 2), never)
      if (unit === 6) await far.send(Uint8Array.of(6, functionCode | 0x80, 0x0b), never)
    }
  })()
  const found: string[] = []
  const watcher = {
    found: (device: FoundDevice) => found.push(device.address),
    trying: () => {},
  }
  const bench = unitBench(near, worldAt(clock))
  const swept = await passing(
    clock,
    bench.scan({ units: [1, 3, 5, 6], profile: null }, watcher, never),
  )
  expect(swept.ok).toBe(true)
  expect(found).toEqual(['3', '5'])
})
