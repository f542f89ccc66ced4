import { expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { buildFrame, gdw376, parseFrame, segmentTaken, sendSegment } from '#protocols/gdw376'
import { gdw376Face, simulatedFirmware, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'

const terminal = '3301-0A01'
const file = simulatedFirmware(
  'V2.0',
  Uint8Array.from({ length: 300 }, (_, at) => at),
)
const segments = 4
const part = (nth: number) => file.subarray(nth * 100, (nth + 1) * 100)

function frameOf(segment: number, data = part(segment)) {
  const request = sendSegment(terminal, segment, segments, data, null, segment)
  if (!request) throw new Error('it fits no frame')
  return { request, frame: gdw376.encode(request) }
}

const terminalFace = () =>
  gdw376Face({
    address: terminal,
    site: new Site('Asia/Shanghai', 7),
    points: [],
    port: null,
    password: null,
    bytesMax: standardBytesMax,
  })

function sentTo(face: ReturnType<typeof terminalFace>, segment: number, data = part(segment)) {
  const { request, frame } = frameOf(segment, data)
  const [answer] = face.receive(frame, 0)
  const decoded = gdw376.decode(answer ?? new Uint8Array(0))
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  expect(gdw376.answers(request, decoded.response)).toBe(true)
  return segmentTaken(segment, decoded.response)
}

function versionAt(face: ReturnType<typeof terminalFace>, nowMs: number) {
  const [request] = gdw376.plan(['09-F1'], { address: terminal, profile: null }).requests
  if (!request) throw new Error('the version is asked for')
  const [answer] = face.receive(gdw376.encode(request), nowMs)
  const decoded = gdw376.decode(answer ?? new Uint8Array(0))
  if (decoded.kind !== 'answer') throw new Error('no answer')
  const told = gdw376.readings(request, [decoded.response])
  if (!told.ok) throw new Error('no version')
  return told.readings.find(({ name }) => name === 'Software version')?.value
}

test('a segment lies in the frame as public sources lay it out', () => {
  // File 01, 00 in the middle, 00 by frames, 4 segments, number 1, 100 bytes: low byte first.
  const { frame } = frameOf(1)
  expect(toHex(frame)).toContain(`00000100${'010000'}${'0400'}${'01000000'}${'6400'}`)
  expect(toHex(frameOf(3).frame)).toContain(`00000100${'010100'}${'0400'}${'03000000'}`)
  expect(gdw376.effect(frame)).toBe('firmware')
  expect(gdw376.aim?.(frame)).toMatchObject({ address: terminal, isGroup: false })
  const { parts } = gdw376.describe(frame)
  expect(parts.map(({ text }) => text).join('\n')).toMatch(/Segment: 1\b/)
})

test('a file that is to be fetched elsewhere, or by a group at once, is unknown', () => {
  for (const command of ['01', '02']) {
    const body = fromHex(`000001000100${command}0100000000000100AA${'00'.repeat(16)}`)
    const header = { protocolId: 2, edition: '2013', region: '3301', terminal: '0A01' } as const
    const around = { ...header, control: 0x4b, station: 2, afn: 0x0f, seq: 0x60 }
    const frame = buildFrame({ ...around, body: body ?? new Uint8Array(0) })
    expect(gdw376.effect(frame)).toBe('unknown')
  }
})

test('what a terminal says of a segment, in four bytes, in two, or by a confirmation', () => {
  const { frame } = frameOf(1)
  const parsed = parseFrame(frame)
  if (!parsed.ok) throw new Error('no frame')
  const said = (body: string, afn = 0x0f) =>
    segmentTaken(1, { ...parsed.frame, afn, body: fromHex(body) ?? new Uint8Array(0) })
  expect(said('0000010001000000')).toBe(1)
  expect(said('000001000100')).toBe(1)
  expect(said('00000100FFFFFFFF')).toBeNull()
  expect(said('00000100FFFF')).toBeNull()
  expect(said('0000010002010000')).toBe(258)
  expect(said('00000100', 0)).toBe(1)
  expect(said('00000200', 0)).toBeNull()
})

test('a terminal puts a file together, and runs it a moment later', () => {
  const face = terminalFace()
  for (let nth = 0; nth < segments; nth++) expect(sentTo(face, nth)).toBe(nth)
  expect(toHex(face.firmware.taken ?? new Uint8Array(0))).toBe(toHex(file))
  expect(versionAt(face, 0)).toEqual({ kind: 'text', text: 'V1.0' })
  expect(versionAt(face, 6_000)).toEqual({ kind: 'text', text: 'V2.0' })
})

test('a damaged file is refused, and one that was lost is told of', () => {
  const face = terminalFace()
  for (let nth = 0; nth < segments - 1; nth++) sentTo(face, nth)
  expect(sentTo(face, 3, part(3).with(0, 0xee))).toBeNull()
  sentTo(face, 0)
  face.firmware.loseSupply()
  expect(sentTo(face, 1)).toBeNull()
  expect(versionAt(face, 9_000)).toEqual({ kind: 'text', text: 'V1.0' })
})
