import { expect, test } from 'vitest'
import { memoryPair } from '#drivers/channel'
import type { ProtocolName } from '#protocols/model'
import {
  dlmsFace,
  dlt698TerminalFace,
  type Face,
  gdw376Face,
  standardDlms,
} from '#simulators/faces'
import { SimulatedMeter, Site } from '#simulators/meter'
import { gcm, knownProtocols } from '#src/acquisition'
import { benchAt, type FieldWorld, type FoundDevice } from '#src/acquisition/field'
import { civilTime, type Duration, milliseconds, seconds } from '#src/core'
import { ManualClock, testGate } from '#tests/support'
import { passing } from './meter-bus.ts'

const NOON_MS = Date.UTC(2026, 10, 22, 3, 7, 13)
const never = new AbortController().signal
const site = new Site('Asia/Shanghai', 7)
const unreachable = async () => {
  throw new Error('these tests open nothing')
}

/** Somebody at the far end, who answers `afterMs` later and may say something first. */
interface FarEnd {
  readonly face: Face
  readonly afterMs?: number
  readonly says?: { readonly frame: () => Uint8Array; readonly atMs: number }
}

const nobody: FarEnd = { face: { receive: () => [], reset: () => {} } }

async function search(
  protocol: ProtocolName,
  { face, afterMs = 0, says }: FarEnd,
  limit?: Duration,
) {
  const clock = new ManualClock(NOON_MS)
  const [near, far] = memoryPair({ name: 'tcp:10.0.0.5:4001' })
  const heard: Uint8Array[] = []
  const say = (frame: Uint8Array) => void far.send(frame, never)
  void (async () => {
    for await (const chunk of far.bytes()) {
      heard.push(chunk)
      for (const answer of face.receive(chunk, clock.now())) {
        clock.after(milliseconds(afterMs), () => say(answer))
      }
    }
  })()
  if (says) clock.after(milliseconds(says.atMs), () => say(says.frame()))
  const world: FieldWorld = {
    clock,
    civil: civilTime('Asia/Shanghai'),
    gate: testGate(clock, knownProtocols),
    network: { connect: unreachable, listen: unreachable },
    serialPorts: { open: unreachable },
  }
  const bench = await benchAt(near, protocol, world)
  if (!bench) throw new Error(`no bench for ${protocol}`)
  const found: FoundDevice[] = []
  const tried: string[] = []
  const untried: string[] = []
  const watcher = {
    found: (device: FoundDevice) => void found.push(device),
    trying: (text: string) => void tried.push(text),
    untried: (text: string) => void untried.push(text),
  }
  const plan = { units: [], profile: null, ...(limit === undefined ? {} : { limit }) }
  const ended = await passing(clock, bench.scan(plan, watcher, never))
  expect(ended.ok).toBe(true)
  const tookMs = clock.now() - NOON_MS
  return { addresses: found.map(({ address }) => address), tried, untried, tookMs, heard }
}

function meterFace(physical: number): Face {
  const meter = new SimulatedMeter(site, {
    address: `1/${physical}`,
    seed: 42,
    customerClass: 'shop',
    phases: 3,
    firstYear: 2022,
    annualKwh: null,
    nominalDeciV: 2_200,
    clock: { offsetMs: 0, ppm: 0, anchorMs: NOON_MS },
  })
  return dlmsFace([meter], standardDlms('hdlc', gcm))
}

test('a search for DLMS meters over TCP tries every usual address within half a minute', async () => {
  const { addresses, tried, untried, tookMs } = await search('dlms', { face: meterFace(17) })
  expect(addresses).toEqual(['1/17'])
  expect(tried[0]).toBe('1, 1 of 128')
  expect(tried.at(-1)).toBe('1/15, 128 of 128')
  expect(untried).toEqual([])
  expect(tookMs).toBeLessThanOrEqual(30_000)
})

test('a meter that is slow to answer is asked again with patience', async () => {
  const { addresses } = await search('dlms', { face: meterFace(40), afterMs: 450 }, seconds(300))
  expect(addresses).toEqual(['1/40'])
})

test('a search ends by its limit and says what it did not try', async () => {
  const { addresses, tried, untried, tookMs } = await search('dlms', nobody, seconds(10))
  expect(addresses).toEqual([])
  expect(tookMs).toBeLessThan(11_000)
  const next = tried.length + 15
  expect(untried).toEqual([`not tried within 10 s: 1/${next} to 1/15`])
})

test('a search for a terminal ends when one has named itself, and answered it', async () => {
  const face = gdw376Face({
    address: '4401-0105',
    site,
    points: [],
    port: null,
    password: null,
    bytesMax: 500,
  })
  const says = { frame: () => face.login(), atMs: 4_000 }
  const { addresses, tookMs, heard } = await search('gdw376', { face, says })
  expect(addresses).toEqual(['4401-0105'])
  expect(tookMs).toBeLessThan(6_000)
  expect(heard).toHaveLength(1)
})

test('a search for terminals that hears nobody ends by its limit, and counts it down', async () => {
  const { addresses, tried, untried, tookMs } = await search('gdw376', nobody)
  expect(addresses).toEqual([])
  expect(tookMs).toBeLessThan(31_000)
  expect(tried[0]).toBe('who logs in or shows that it is alive, 30 s left')
  expect(tried.at(-1)).toBe('who logs in or shows that it is alive, 1 s left')
  expect(untried).toEqual([
    'nobody named itself within 30 s; a terminal that waits to be asked is found by its address only',
  ])
  expect((await search('gdw376', nobody, seconds(5))).tookMs).toBeLessThan(6_000)
})

test('a terminal that has no such register is found under its own address', async () => {
  const face = dlt698TerminalFace({ address: '330190000001', site, meters: [], port: null })
  const { addresses, tookMs } = await search('dlt698', { face })
  expect(addresses).toEqual(['330190000001'])
  expect(tookMs).toBeLessThan(3_000)
})
