import { readFileSync } from 'node:fs'
import { crc16Modbus, fromHex, sum8 } from '#protocols/bytes'
import { createDlms, hdlcScanner, wrapperScanner } from '#protocols/dlms'
import { dlt645, dlt645v1997 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
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

function repairGdw376(bytes: Uint8Array): void {
  if (bytes.length < 16) return
  const user = bytes.length - 8
  bytes[0] = 0x68
  bytes[5] = 0x68
  for (const at of [1, 3]) putWord(bytes, at, (user << 2) | ((bytes[at] ?? 0) & 1 || 2))
  bytes[bytes.length - 2] = sum8(bytes, 6, bytes.length - 2)
  bytes[bytes.length - 1] = 0x16
}

function repairDlt698(bytes: Uint8Array): void {
  const headerBytes = 7 + ((bytes[4] ?? 0) & 15)
  if (bytes.length < headerBytes + 5) return
  bytes[0] = 0x68
  putWord(bytes, 1, bytes.length - 2)
  putWord(bytes, headerBytes, crc16X25(bytes, 1, headerBytes))
  putWord(bytes, bytes.length - 3, crc16X25(bytes, 1, bytes.length - 3))
  bytes[bytes.length - 1] = 0x16
}

/** Checks stand behind the control field and before the closing flag. */
function repairHdlc(bytes: Uint8Array): void {
  if (bytes.length < 9) return
  const inner = bytes.length - 2
  bytes[0] = 0x7e
  bytes[1] = 0xa0 | ((bytes[1] ?? 0) & 8) | (inner >> 8)
  bytes[2] = inner & 0xff
  bytes[bytes.length - 1] = 0x7e
  let at = 3
  for (let addresses = 0; addresses < 2 && at < bytes.length; at++) {
    if ((bytes[at] ?? 0) & 1) addresses++
  }
  if (at + 5 < bytes.length) putWord(bytes, at + 1, crc16X25(bytes, 1, at + 1))
  putWord(bytes, bytes.length - 3, crc16X25(bytes, 1, bytes.length - 3))
}

function repairWrapper(bytes: Uint8Array): void {
  if (bytes.length < 9) return
  bytes[0] = 0
  bytes[1] = 1
  bytes[6] = (bytes.length - 8) >> 8
  bytes[7] = (bytes.length - 8) & 0xff
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word & 0xff
  bytes[at + 1] = word >> 8
}

/** CRC-16/X-25, which 698.45 and HDLC share; bit by bit, so that it owes nothing to theirs. */
function crc16X25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let at = from; at < to; at++) {
    crc ^= bytes[at] ?? 0
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  }
  return crc ^ 0xffff
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

/** Nothing here has keys: whatever is enciphered stays closed. */
const dlms = createDlms({ seal: (_key, _iv, _aad, plain) => plain, open: () => null })

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
    name: 'dlt645-1997',
    seeds: hexIn('dlt645-1997.json'),
    repair: repairDlt645,
    take: takeOf(dlt645v1997),
    scanner: () => dlt645v1997.scanner(),
    describe: (frame) => dlt645v1997.describe(frame),
  },
  {
    name: 'gdw376',
    seeds: hexIn('gdw376.json'),
    repair: repairGdw376,
    take: takeOf(gdw376),
    scanner: () => gdw376.scanner(),
    describe: (frame) => gdw376.describe(frame),
  },
  {
    name: 'dlt698',
    seeds: hexIn('dlt698.json'),
    repair: repairDlt698,
    take: takeOf(dlt698),
    scanner: () => dlt698.scanner(),
    describe: (frame) => dlt698.describe(frame),
  },
  {
    name: 'dlms-hdlc',
    seeds: hexIn('dlms.json'),
    repair: repairHdlc,
    take: takeOf(dlms),
    scanner: hdlcScanner,
    describe: (frame) => dlms.describe(frame),
  },
  {
    name: 'dlms-wrapper',
    seeds: hexIn('dlms.json'),
    repair: repairWrapper,
    take: takeOf(dlms),
    scanner: wrapperScanner,
    describe: (frame) => dlms.describe(frame),
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
