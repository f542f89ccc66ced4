import { type Channel, memoryPair } from '#drivers/channel'
import { fromHex } from '#protocols/bytes'
import { dlt645Face, dlt698TerminalFace, gdw376Face } from '#simulators/faces'
import { SimulatedMeter, Site } from '#simulators/meter'
import { knownProtocols } from '#src/acquisition'
import type { FieldChannel, FieldWorld } from '#src/acquisition/field'
import { civilTime, type Instant, seconds } from '#src/core'
import { type ManualClock, testGate } from '#tests/support'

/** 2026-11-22 11:07:13 in Shanghai. */
export const NOON_MS = Date.UTC(2026, 10, 22, 3, 7, 13)

function meterOf(address: string): SimulatedMeter {
  const clock = { offsetMs: 0, ppm: 0, anchorMs: Date.UTC(2026, 0, 1) }
  const usual = { seed: 42, customerClass: 'shop', phases: 3, firstYear: 2022 } as const
  const site = new Site('Asia/Shanghai', 7)
  return new SimulatedMeter(site, {
    ...usual,
    address,
    annualKwh: null,
    nominalDeciV: 2_200,
    clock,
  })
}

export type Via = NonNullable<FieldChannel['via']>

export const never = new AbortController().signal
export const secret = '00112233445566778899AABBCCDDEEFF'
export const meter = { address: '330120000042', profile: null }
export const access = { password: '02000000' }

export const via: Via = {
  protocol: 'gdw376',
  address: '4401-0105',
  port: 1,
  line: { baud: 2_400, parity: 'even', dataBits: 8, stopBits: 1 },
  wait: seconds(20),
  password: null,
}
export const via698: Via = { ...via, protocol: 'dlt698', address: '330190000001' }

const unreachable = async () => {
  throw new Error('these tests open nothing')
}

export function worldOf(clock: ManualClock) {
  const gate = testGate(clock, knownProtocols)
  const network = { connect: unreachable, listen: unreachable }
  const serialPorts = { open: unreachable }
  const world: FieldWorld = { clock, civil: civilTime('Asia/Shanghai'), gate, network, serialPorts }
  return { world, gate }
}

export type Answer = (request: Uint8Array, now: Instant) => readonly Uint8Array[]

/** A line at the end of which somebody answers. */
export function lineTo(
  answer: Answer,
  clock: ManualClock,
  terminal?: Channel['facts']['terminal'],
): { channel: Channel; sent: Uint8Array[] } {
  const facts = { name: 'tcp:terminal', ...(terminal ? { terminal } : {}) }
  const [channel, far] = memoryPair(facts)
  const sent: Uint8Array[] = []
  const serve = async () => {
    for await (const chunk of far.bytes()) {
      sent.push(chunk)
      for (const frame of answer(chunk, clock.now())) await far.send(frame, never)
    }
  }
  void serve()
  return { channel, sent }
}

export const terminals = {
  gdw376(password: string | null = null) {
    const own = meterOf(meter.address)
    const points = [{ point: 1, meter: own }]
    const site = new Site('Asia/Shanghai', 7)
    const port = dlt645Face([own])
    const options = { address: '4401-0105', site, points, port, password, bytesMax: 500 }
    return { own, face: gdw376Face(options) }
  },
  dlt698() {
    const own = meterOf(meter.address)
    const place = { address: '330190000001', site: new Site('Asia/Shanghai', 7) }
    return { own, face: dlt698TerminalFace({ ...place, meters: [own], port: dlt645Face([own]) }) }
  },
}

/** AFN 00 F2 of 4401-0105 to station 1, RSEQ 0: summed by hand. */
export const DENIED = '6832003200688901440501020060000002003816'

export const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0)
