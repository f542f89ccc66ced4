import { fromHex } from '#protocols/bytes'
import { buildFrame, dlt645 } from '#protocols/dlt645'
import { type Measured, runsPerSecond } from './measure.ts'

/** Answers as they come from the field: totals, a block of rates, voltages, a refusal. */
const answers = [
  '68665544332211689108333334336A547B330716',
  '6812907856341268910C3333343335333333333333333F16',
].flatMap((hex) => {
  const bytes = fromHex(hex)
  return bytes && dlt645.decode(bytes).kind !== 'malformed' ? [bytes] : []
})

const BATCH = 1_000

/** DL/T 645 frames decoded and encoded, against checking and copying the same bytes. */
export async function run(): Promise<readonly Measured[]> {
  const frames = Array.from(
    { length: BATCH },
    (_, index) => answers[index % answers.length] ?? new Uint8Array(0),
  )
  const requests = Array.from(
    { length: BATCH },
    (_, index) =>
      dlt645.plan(['00010000'], { address: String(index).padStart(12, '0'), profile: null })
        .requests[0],
  ).flatMap((request) => (request ? [request] : []))
  const sent = requests.map((request) => dlt645.encode(request))
  const copyOf = new Uint8Array(256)
  let sink = 0
  const checkAndCopy = (list: readonly Uint8Array[]) => () => {
    for (const frame of list) {
      let sum = 0
      for (let at = 0; at < frame.length - 2; at++) sum += frame[at] ?? 0
      copyOf.set(frame)
      sink += sum & 0xff
    }
  }
  const decode = runsPerSecond(BATCH, () => {
    for (const frame of frames) {
      const decoded = dlt645.decode(frame)
      if (decoded.kind === 'answer') {
        const request = dlt645.plan
        sink += request.length
      }
    }
  })
  const scanner = dlt645.scanner()
  const stream = concat(frames)
  const scan = runsPerSecond(BATCH, () => {
    sink += scanner.push(stream).length
  })
  const encode = runsPerSecond(BATCH, () => {
    for (const request of requests) sink += dlt645.encode(request).length
  })
  const build = runsPerSecond(BATCH, () => {
    for (let index = 0; index < BATCH; index++) {
      sink += buildFrame({ address: '112233445566', control: 0x11, data: dataId }).length
    }
  })
  const bareIn = runsPerSecond(BATCH, checkAndCopy(frames))
  const bareOut = runsPerSecond(BATCH, checkAndCopy(sent))
  if (sink < 0) throw new Error('unreachable; keeps the work from being optimised away')
  const against = 'checksum and copy'
  return [
    { name: 'DL/T 645 scan a stream', ours: scan, limit: bareIn, unit: 'frames/s', against },
    { name: 'DL/T 645 decode', ours: decode, limit: bareIn, unit: 'frames/s', against },
    { name: 'DL/T 645 encode', ours: encode, limit: bareOut, unit: 'frames/s', against },
    { name: 'DL/T 645 build a frame', ours: build, limit: bareOut, unit: 'frames/s', against },
  ]
}

const dataId = Uint8Array.of(0x00, 0x00, 0x01, 0x00)

function concat(frames: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0))
  let at = 0
  for (const frame of frames) {
    joined.set(frame, at)
    at += frame.length
  }
  return joined
}
