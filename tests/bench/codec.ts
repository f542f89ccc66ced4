import { readFileSync } from 'node:fs'
import { crc16Modbus, fromHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import { modbus, slave } from '#protocols/modbus'
import { decodeMessage } from '#protocols/mqtt'
import { type Measured, runsPerSecond } from './measure.ts'

const BATCH = 1_000
/** What the default poll plans ask for. */
const items = ['1.8.0', '1.8.1', '1.8.2', '2.8.0', '16.7.0', '32.7.0', '52.7.0', '31.7.0', '13.7.0']

/** Keeps the work from being optimised away: every run adds what it made. */
let made = 0
const copy = new Uint8Array(1_024)

/** What codecs do per second, each against the least that could be done with the same bytes. */
export async function run(): Promise<readonly Measured[]> {
  const rows = [...dlt645Rows(), ...modbusRows(), ...mqttRows()]
  if (made === 0) throw new Error('nothing was made')
  return rows
}

interface Dlt645Vector {
  readonly hex: string
  readonly source: string
  readonly control: string
  readonly address: string
  readonly dataId: string | null
  readonly values: readonly string[]
}

/** Answers of real meters, with the request that each of them answers. */
function dlt645Answers() {
  return vectorsOf<readonly Dlt645Vector[]>('dlt645').flatMap((vector) => {
    const { hex, source, control, address, dataId, values } = vector
    const bytes = fromHex(hex)
    if (source.startsWith('worked')) return []
    if (!bytes || control !== '91' || dataId === null || values.length === 0) return []
    const request = { kind: 'read', address, dataId, load: null } as const
    return [{ bytes, request, isSingle: values.length === 1 }]
  })
}

function dlt645Rows(): readonly Measured[] {
  const published = dlt645Answers()
  const answers = batchOf(published)
  const scanner = dlt645.scanner()
  const singles = batchOf(published.filter(({ isSingle }) => isSingle))
  const frames = answers.map(({ bytes }) => scanner.push(bytes)[0] ?? bytes)
  const requests = Array.from({ length: BATCH }, (_, index) => String(index).padStart(12, '0'))
    .flatMap((address) => dlt645.plan(items, { address, profile: null }).requests)
    .slice(0, BATCH)
  const sent = requests.map((request) => dlt645.encode(request))
  const bareIn = runsPerSecond(BATCH, () => sumAndCopy(frames))
  const bareOut = runsPerSecond(BATCH, () => sumAndCopy(sent))
  const against = 'checksum and copy'
  const unit = 'frames/s'
  const received = (name: string, ours: number) => ({ name, ours, limit: bareIn, unit, against })
  return [
    received(
      'DL/T 645 find in a stream',
      runsPerSecond(BATCH, () => {
        for (const { bytes } of answers) made += scanner.push(bytes).length
      }),
    ),
    received(
      'DL/T 645 decode',
      runsPerSecond(BATCH, () => {
        for (const frame of frames) if (dlt645.decode(frame).kind === 'answer') made++
      }),
    ),
    received(
      'DL/T 645 decode, match and read one value',
      runsPerSecond(BATCH, () => {
        for (const { bytes, request } of singles) {
          const decoded = dlt645.decode(bytes)
          if (decoded.kind !== 'answer' || !dlt645.answers(request, decoded.response)) continue
          const read = dlt645.readings(request, [decoded.response])
          if (read.ok) made += read.readings.length
        }
      }),
    ),
    received(
      'DL/T 645 from the stream to readings',
      runsPerSecond(BATCH, () => {
        for (const { bytes, request } of answers) {
          for (const frame of scanner.push(bytes)) {
            const decoded = dlt645.decode(frame)
            if (decoded.kind !== 'answer') continue
            const read = dlt645.readings(request, [decoded.response])
            if (read.ok) made += read.readings.length
          }
        }
      }),
    ),
    {
      name: 'DL/T 645 encode',
      ours: runsPerSecond(BATCH, () => {
        for (const request of requests) made += dlt645.encode(request).length
      }),
      limit: bareOut,
      unit,
      against,
    },
  ]
}

/** A poll of an SDM630: its blocks as one message each, which a driver has freed of the CRC. */
function modbusRows(): readonly Measured[] {
  const { requests } = modbus.plan(items, { address: '1', profile: 'sdm630' })
  const answers = batchOf(
    requests.flatMap((request) => {
      if (request.kind !== 'read') return []
      const registers = Array.from({ length: request.count }, (_, at) =>
        at % 2 === 0 ? 0x4366 : 0x3334,
      )
      return { request, bytes: slave.registers(request, registers) }
    }),
  )
  const messages = answers.map(({ bytes }) => bytes)
  const bare = runsPerSecond(BATCH, () => {
    for (const bytes of messages) {
      copy.set(bytes)
      made += crc16Modbus(bytes)
    }
  })
  return [
    {
      name: 'Modbus from the message to readings',
      ours: runsPerSecond(BATCH, () => {
        for (const { bytes, request } of answers) {
          const decoded = modbus.decode(bytes)
          if (decoded.kind !== 'answer') continue
          const read = modbus.readings(request, [decoded.response])
          if (read.ok) made += read.readings.length
        }
      }),
      limit: bare,
      unit: 'messages/s',
      against: 'CRC and copy',
    },
  ]
}

interface MqttVector {
  readonly topic: string
  readonly payload: string
}

function mqttRows(): readonly Measured[] {
  const published = vectorsOf<{ messages: readonly MqttVector[] }>('mqtt').messages
  const messages = batchOf(
    published.map(({ topic, payload }) => ({ topic, payload: new TextEncoder().encode(payload) })),
  )
  const text = new TextDecoder()
  return [
    {
      name: 'MQTT from the message to readings',
      ours: runsPerSecond(BATCH, () => {
        for (const { topic, payload } of messages) {
          if (decodeMessage(topic, payload).kind === 'readings') made++
        }
      }),
      limit: runsPerSecond(BATCH, () => {
        for (const { payload } of messages) if (parsed(text.decode(payload)) !== undefined) made++
      }),
      unit: 'messages/s',
      against: 'JSON.parse',
    },
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Some families publish plain numbers and words, which are no JSON.
    return text
  }
}

/** The least a receiver can do: add up the bytes and keep them. */
function sumAndCopy(frames: readonly Uint8Array[]): void {
  for (const frame of frames) {
    let sum = 0
    for (let at = 0; at < frame.length - 2; at++) sum += frame[at] ?? 0
    copy.set(frame)
    made += sum & 0xff
  }
}

function batchOf<T>(published: readonly T[]): readonly T[] {
  return Array.from({ length: BATCH }, (_, index) => published[index % published.length]).filter(
    (one) => one !== undefined,
  )
}

function vectorsOf<T>(protocol: string): T {
  const file = new URL(`../vectors/${protocol}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}
