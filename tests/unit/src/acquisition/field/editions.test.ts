import { expect, test } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { dlt645, dlt645v1997, encodeRefusal, parseFrame } from '#protocols/dlt645'
import { dlt645Face, dlt645v1997Face, type Face } from '#simulators/faces'
import { SimulatedMeter, Site } from '#simulators/meter'
import { type FoundDevice, meterBench } from '#src/acquisition/field'
import { civilTime } from '#src/core'
import { ManualClock, testGate } from '#tests/support'
import { passing } from './meter-bus.ts'

const never = new AbortController().signal
const older = '330120000042'
const newer = '330120000043'
/** 2026-11-22 11:07:13 in Shanghai. */
const NOON_MS = Date.UTC(2026, 10, 22, 3, 7, 13)
const meterAt = (address: string) => ({ address, profile: null })
const unreachable = async () => {
  throw new Error('these tests open nothing')
}

function simulated(address: string): SimulatedMeter {
  return new SimulatedMeter(new Site('Asia/Shanghai', 7), {
    address,
    seed: 42,
    customerClass: 'shop',
    phases: 3,
    firstYear: 2022,
    annualKwh: null,
    nominalDeciV: 2_200,
    clock: { offsetMs: 0, ppm: 0, anchorMs: NOON_MS },
  })
}

/** A bench for the edition of 2007, before devices that speak whatever they do. */
function field(devices: readonly Face[]) {
  const clock = new ManualClock(NOON_MS)
  const [near, far] = memoryPair({ name: 'serial:bus', baud: 2_400 })
  const asked: number[] = []
  void (async () => {
    for await (const chunk of far.bytes()) {
      const parsed = parseFrame(chunk)
      if (parsed.ok) asked.push(parsed.frame.control)
      for (const device of devices) {
        for (const answer of device.receive(chunk, clock.now())) await far.send(answer, never)
      }
    }
  })()
  const bench = meterBench(near, {
    clock,
    civil: civilTime('Asia/Shanghai'),
    gate: testGate(clock, [dlt645, dlt645v1997]),
    network: { connect: unreachable, listen: unreachable },
    serialPorts: { open: unreachable },
  })
  return { bench, clock, asked }
}

async function search(devices: readonly Face[]): Promise<readonly FoundDevice[]> {
  const { bench, clock } = field(devices)
  const found: FoundDevice[] = []
  const watcher = { found: (device: FoundDevice) => found.push(device), trying: () => {} }
  const ended = await passing(clock, bench.scan({ units: [], profile: null }, watcher, never))
  expect(ended.ok).toBe(true)
  return found
}

const of1997 = () => dlt645v1997Face([simulated(older)])
const of2007 = () => dlt645Face([simulated(newer)])

/** A meter that refuses whatever it hears of one edition and is silent to the other. */
const refusing = (control: number): Face => ({
  receive(chunk) {
    const parsed = parseFrame(chunk)
    if (!parsed.ok || parsed.frame.control !== control) return []
    return [encodeRefusal(parsed.frame, newer, 1)]
  },
  reset: () => {},
})

test('a search finds the meters of both editions and says what each speaks', async () => {
  expect(await search([of1997(), of2007()])).toMatchObject([
    { address: newer, protocol: 'dlt645-2007', reading: { item: '1.8.0' } },
    { address: older, protocol: 'dlt645-1997', reading: { item: '1.8.0' } },
  ])
})

test('a meter that says no to one edition and answers the other is told of once', async () => {
  const both = { ...refusing(0x11), reset: () => {} }
  const answering = dlt645v1997Face([simulated(newer)])
  expect(await search([both, answering])).toMatchObject([
    { address: newer, protocol: 'dlt645-1997', reading: { item: '1.8.0' } },
  ])
  expect(await search([both])).toMatchObject([
    { address: newer, protocol: 'dlt645-2007', reading: null },
  ])
})

test('a meter that is silent to one edition is asked once whether it speaks the other', async () => {
  const { bench, clock, asked } = field([of1997()])
  const other = { code: 'exchange.timeout', fault: 'dlt645.other-edition' }
  const first = await passing(clock, bench.read(['1.8.0'], meterAt(older), never))
  expect(first.failure).toMatchObject(other)
  expect(first.failure?.message).toContain('it answers dlt645-1997')
  const second = await passing(clock, bench.read(['1.8.0'], meterAt(older), never))
  expect(second.failure).toMatchObject(other)
  expect(asked.filter((control) => control === 0x01)).toHaveLength(1)
  const readout = await passing(clock, bench.readClock(meterAt(older), never))
  expect(readout).toMatchObject({ ok: false, error: other })
})

test('a meter that is silent to both stays silent', async () => {
  const { bench, clock, asked } = field([of1997()])
  const readout = await passing(clock, bench.read(['1.8.0'], meterAt(newer), never))
  expect(readout.failure).toMatchObject({ code: 'exchange.timeout', fault: null })
  expect(asked.at(-1)).toBe(0x01)
})
