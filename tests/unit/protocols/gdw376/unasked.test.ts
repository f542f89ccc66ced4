import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  buildFrame,
  encodeAnswers,
  encodeVerdict,
  gdw376,
  parseFrame,
  reportedIn,
  whyUnsupported,
} from '#protocols/gdw376'
import { bytesOf, readingText, vectors } from './vectors.ts'

function frameOf(bytes: Uint8Array | undefined) {
  const parsed = parseFrame(bytes ?? new Uint8Array())
  if (!parsed.ok) throw new Error(parsed.malformed.message)
  return parsed.frame
}

test('published logins and heartbeats are known and answered as published', () => {
  const login = vectors.find(({ hex }) => hex.startsWith('683200320068C90002341200027100000100'))
  const unasked = gdw376.unasked(bytesOf(login?.hex ?? ''))
  expect(unasked).toMatchObject({ kind: 'login', address: '0200-1234' })
  const answer = vectors.find(({ hex }) => hex.startsWith('6832003200680B0002341200006100000100'))
  expect(unasked?.answer && toHex(unasked.answer)).toBe(answer?.hex)
  const tagged = vectors.find(({ name }) => name === 'heartbeat with time tag')
  const heartbeat = gdw376.unasked(bytesOf(tagged?.hex ?? ''))
  expect(heartbeat?.kind).toBe('heartbeat')
  expect(heartbeat?.answer && toHex(heartbeat.answer)).toContain(
    '00E200000100' + '0115141805' + '05',
  )
  const kinds = vectors.map(({ hex }) => gdw376.unasked(bytesOf(hex))?.kind)
  expect(new Set(kinds)).toEqual(new Set(['login', 'heartbeat', 'logout', 'report', undefined]))
  expect(gdw376.unasked(new Uint8Array(3))).toBeNull()
})

test('the data of a task come in an answer of their class', () => {
  const task = { address: '4401-0105/2', profile: null }
  const [asked, since] = gdw376.plan(['0B-F1', '0B-F2:2026-11-21T00:15'], task).requests
  if (!asked || !since) throw new Error('not planned')
  expect(toHex(gdw376.encode(asked)).slice(24)).toBe('0B600201' + '0100' + '0716')
  expect(toHex(gdw376.encode(since)).slice(24, -4)).toBe('0B61' + '02010200' + '1500211126')
  expect(whyUnsupported('0B-F2', task)).not.toBeNull()
  expect(whyUnsupported('0B-F1', { ...task, address: '4401-0105' })).toContain('/N')
  const frame = frameOf(gdw376.encode(asked))
  const clock = { pn: 0, fn: 2, data: bytesOf('05302221D126') }
  const supply = { pn: 7, fn: 31, data: bytesOf('00') }
  const [answer] = encodeAnswers({ ...frame, afn: 0x0c }, [clock, supply], 500)
  const response = frameOf(answer)
  expect(gdw376.answers(asked, response)).toBe(true)
  expect(gdw376.answers(since, response)).toBe(false)
  expect(gdw376.answers(asked, { ...response, afn: 0x0d })).toBe(false)
  expect(gdw376.answers(asked, { ...response, terminal: '0106' })).toBe(false)
  const [only] = encodeAnswers({ ...frame, afn: 0x0c }, [clock], 500)
  const read = gdw376.readings(asked, [frameOf(only)])
  expect(read.ok && read.readings.map(readingText)).toEqual(['0.0.1.0.0=2026-11-21T22:30:05'])
  const [curve] = encodeAnswers({ ...frameOf(gdw376.encode(since)), afn: 0x0d }, [clock], 500)
  expect(gdw376.answers(since, frameOf(curve))).toBe(true)
  const denied = frameOf(encodeVerdict(frame, 'deny'))
  expect(gdw376.answers(asked, denied)).toBe(true)
})

test('a heartbeat may tell the clock of the terminal', () => {
  const hex = '684A004A0068C9340894040002750000040033301412D2209316'
  const described = gdw376.describe(bytesOf(hex))
  expect(described).toMatchObject({ valid: true, error: null, address: '0834-0494' })
  expect(described.extras.units).toEqual([{ pn: 0, fn: 3 }])
  expect(described.readings.map(readingText)).toEqual(['0.0.1.0.0=2020-12-12T14:30:33'])
  const said = gdw376.unasked(bytesOf(hex))
  expect(said).toMatchObject({ kind: 'heartbeat', address: '0834-0494' })
  expect(said?.answer && toHex(said.answer)).toBe('6832003200680B34089404000065000001004516')
  // With a time tag, and events waiting, behind the clock.
  const parsed = parseFrame(bytesOf(hex))
  if (!parsed.ok) throw new Error('parsed')
  const { frame } = parsed
  const body = Uint8Array.of(...frame.body, 1, 2, ...bytesOf('073530141205'))
  const tagged = buildFrame({ ...frame, control: 0xe9, seq: 0xf5, body })
  expect(gdw376.describe(tagged)).toMatchObject({ valid: true, readings: described.readings })
  expect(toHex(gdw376.unasked(tagged)?.answer ?? Uint8Array.of())).toContain('073530141205')
  // One byte less or more is damage, and an impossible clock is none.
  for (const length of [9, 11]) {
    const cut = buildFrame({ ...frame, body: Uint8Array.of(...frame.body, 0).slice(0, length) })
    expect(gdw376.describe(cut)).toMatchObject({ valid: false, readings: [] })
  }
  const never = buildFrame({ ...frame, body: bytesOf('00000400333014' + '41D220') })
  expect(gdw376.describe(never).readings.map(readingText)).toEqual(['0.0.1.0.0=out-of-range'])
})

test('a report gives its readings by metering point', () => {
  const report = vectors.find(({ name }) => name === 'reports 19 curves')
  const reported = reportedIn(bytesOf(report?.hex ?? ''))
  expect(reported.map(({ point, readings }) => [point, readings.length])).toEqual([[2, 20]])
  expect(gdw376.unasked(bytesOf(report?.hex ?? ''))).toMatchObject({ kind: 'report', answer: null })
  expect(reportedIn(new Uint8Array(4))).toEqual([])
})
