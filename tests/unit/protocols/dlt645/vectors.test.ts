import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { buildFrame, dlt645, parseFrame, requestOf, writeValues } from '#protocols/dlt645'
import { bareFrame, bytesOf, readingText, vectors } from './vectors.ts'

test('there are at least sixty frames that others published', () => {
  const published = vectors.filter(({ source }) => !source.startsWith('worked by hand'))
  expect(published.length).toBeGreaterThanOrEqual(60)
  expect(vectors.every(({ source }) => source.length > 10)).toBe(true)
})

test.for(vectors)('$name: its fields and values are read', (vector) => {
  const described = dlt645.describe(bytesOf(vector.hex))
  expect(described.valid).toBe(true)
  expect(described.address).toBe(vector.address)
  expect(described.control).toBe(vector.control)
  expect(described.dataId).toBe(vector.dataId)
  expect(described.readings.map(readingText)).toEqual(vector.values)
  expect(described.error?.code ?? null).toBe(vector.error)
  expect(described.direction).toBe(Number.parseInt(vector.control, 16) < 0x80 ? 'request' : 'reply')
})

test.for(vectors)('$name: the frame is built from its fields', (vector) => {
  const { address, control, data, hex } = vector
  const built = buildFrame({ address, control: Number.parseInt(control, 16), data: bytesOf(data) })
  expect(toHex(built)).toBe(toHex(bareFrame(hex)))
})

const requests = vectors.filter(({ hex }) => requestIn(hex) !== null)

test('every function that a master can use is among the vectors', () => {
  const used = new Set(requests.map(({ control }) => Number.parseInt(control, 16)))
  const all = [3, 8, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]
  expect([...used].sort((left, right) => left - right)).toEqual(all)
})

test.for(requests)('$name: the request is encoded again to the same bytes', ({ hex }) => {
  const request = requestIn(hex)
  if (!request) throw new Error('filtered above')
  expect(toHex(dlt645.encode(request))).toBe(toHex(bareFrame(hex)))
})

/** What a writer has no reason to repeat: bytes that are not BCD, E instead of F, minus zero. */
const unwritable = /not-bcd|out-of-range|absent rate|load record|newer meter|negative zero/
const answers = vectors.filter(
  ({ name, control, values }) =>
    control === '91' && values.length > 0 && !unwritable.test(`${name} ${values}`),
)

test.for(answers)('$name: its values are written again to the same bytes', (vector) => {
  const { readings } = dlt645.describe(bytesOf(vector.hex))
  const written = writeValues(vector.dataId ?? '', readings)
  expect(written && toHex(written)).toBe(vector.data.slice(8))
})

test.for(vectors)('$name: cut anywhere it is still found, once', ({ hex }) => {
  const bytes = bytesOf(hex)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = dlt645.scanner()
    const found = [...scanner.push(bytes.subarray(0, cut)), ...scanner.push(bytes.subarray(cut))]
    expect(found.map(toHex)).toEqual([toHex(bareFrame(hex))])
    expect(scanner.skippedBytes).toBe(0)
    expect(scanner.pending).toBe(false)
  }
})

test.for(vectors)('$name: glued to itself it is found twice', ({ hex }) => {
  const scanner = dlt645.scanner()
  expect(scanner.push(bytesOf(hex + hex)).map(toHex)).toEqual([
    toHex(bareFrame(hex)),
    toHex(bareFrame(hex)),
  ])
})

test.for(vectors)('$name: truncated anywhere it is malformed', ({ hex }) => {
  const bytes = bareFrame(hex)
  const lengths = Array.from({ length: bytes.length }, (_, length) => length)
  expect(lengths.filter((length) => !isNothing(bytes.subarray(0, length)))).toEqual([])
})

test.for(vectors)('$name: with any bit flipped it gives no value', ({ hex, source }) => {
  const bytes = bareFrame(hex)
  const taken: number[] = []
  // Frames worked by hand differ in their data only: some bits of each are all bits of many.
  const stride = source.startsWith('worked by hand') ? 5 : 1
  for (let bit = 0; bit < 8 * bytes.length; bit += stride) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    if (!isNothing(flipped) || dlt645.scanner().push(flipped).length > 0) taken.push(bit)
  }
  expect(taken).toEqual([])
})

/** True if nobody takes the bytes for a frame, and whoever explains them says so. */
function isNothing(bytes: Uint8Array): boolean {
  const { valid, readings, error } = dlt645.describe(bytes)
  const isExplained = !valid && readings.length === 0 && error !== null
  const isMalformed = dlt645.decode(bytes).kind === 'malformed' && !parseFrame(bytes).ok
  return isExplained && isMalformed && dlt645.effect(bytes) === 'unknown'
}

function requestIn(hex: string) {
  const parsed = parseFrame(bytesOf(hex))
  return parsed.ok ? requestOf(parsed.frame) : null
}
