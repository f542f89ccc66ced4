import { readFileSync } from 'node:fs'
import { crc16Modbus, fromHex, sum8 } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import { mbap, modbus, rtu } from '#protocols/modbus'
import type { FrameDescription, MeterTime, Protocol, Scanner } from '#protocols/model'
import { decodeMessage, describeMessage } from '#protocols/mqtt'

/** A codec as the fuzzer sees it. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  /** Makes length fields and checksums right where they stand, so that inputs get past them. */
  repair(bytes: Uint8Array): void
  /** Does with one frame what acquisition does. */
  take(frame: Uint8Array): void
  scanner(): Scanner | null
  describe(frame: Uint8Array): FrameDescription
}

/** Hex of every length that stands in a file of vectors, whatever it is called there. */
function hexIn(file: string): readonly Uint8Array[] {
  const text = readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8')
  const found = text.matchAll(/"(?:hex|frame|message|raw)": ?"((?:[0-9A-F]{2}){4,})"/gi)
  return [...found].flatMap(([, hex]) => fromHex(hex ?? '') ?? [])
}

function payloadsIn(file: string): readonly Uint8Array[] {
  const text = readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8')
  const { messages }: { messages: { topic: string; payload: string }[] } = JSON.parse(text)
  return messages.map(({ topic, payload }) => new TextEncoder().encode(`${topic} ${payload}`))
}

function repairDlt645(bytes: Uint8Array): void {
  const at = bytes.indexOf(0x68)
  if (at < 0 || bytes.length < at + 12) return
  bytes[at + 7] = 0x68
  bytes[at + 9] = bytes.length - at - 12
  bytes[bytes.length - 2] = sum8(bytes, at, bytes.length - 2)
  bytes[bytes.length - 1] = 0x16
}

function repairRtu(bytes: Uint8Array): void {
  if (bytes.length < 4) return
  const crc = crc16Modbus(bytes, 0, bytes.length - 2)
  bytes[bytes.length - 2] = crc & 0xff
  bytes[bytes.length - 1] = crc >> 8
}

function repairMbap(bytes: Uint8Array): void {
  if (bytes.length < 8) return
  bytes.fill(0, 2, 4)
  bytes[4] = (bytes.length - 6) >> 8
  bytes[5] = (bytes.length - 6) & 0xff
}

const now: MeterTime = { year: 2026, month: 11, day: 22, hour: 4, minute: 30, second: 0 }

/** What acquisition asks of every frame of a protocol, in and out. */
function takeOf<Request, Response>(protocol: Protocol<Request, Response>) {
  return (frame: Uint8Array) => {
    protocol.decode(frame)
    protocol.effect(frame)
    protocol.carried?.(frame)
    protocol.unasked?.(frame, now)
  }
}

const modbusFrames = hexIn('modbus.json')

/** A new codec is one row here. */
export const targets: readonly Target[] = [
  {
    name: 'dlt645',
    seeds: hexIn('dlt645.json'),
    repair: repairDlt645,
    take: takeOf(dlt645),
    scanner: () => dlt645.scanner(),
    describe: (frame) => dlt645.describe(frame),
  },
  {
    name: 'modbus-rtu',
    seeds: modbusFrames,
    repair: repairRtu,
    take: takeOf(modbus),
    scanner: () => rtu.scanner('both'),
    describe: (frame) => modbus.describe(frame),
  },
  {
    name: 'modbus-tcp',
    seeds: modbusFrames,
    repair: repairMbap,
    take: takeOf(modbus),
    scanner: () => mbap.scanner(),
    describe: (frame) => modbus.describe(frame),
  },
  {
    name: 'mqtt',
    seeds: payloadsIn('mqtt.json'),
    repair: () => {},
    take: takePublication,
    scanner: () => null,
    describe: (payload) => describeMessage('', payload, decodeMessage),
  },
]

/** A topic, a blank and a payload. */
function takePublication(bytes: Uint8Array): void {
  const blank = Math.max(0, bytes.indexOf(0x20))
  const topic = new TextDecoder().decode(bytes.subarray(0, blank))
  decodeMessage(topic, bytes.subarray(blank + 1))
}
