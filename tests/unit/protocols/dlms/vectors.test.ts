import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { createDlms, dlmsItemRows, hdlcScanner, slave, wrapperScanner } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf, readingText, vectors } from './vectors.ts'

const dlms = createDlms(gcm)
const isHdlc = ({ hex }: { hex: string }) => hex.startsWith('7E')
const isWrapped = ({ hex }: { hex: string }) => hex.startsWith('0001')
const frames = vectors.filter(isHdlc)

test('there are at least sixty frames of at least five sources that others published', () => {
  const published = vectors.filter(({ source }) => !source.startsWith('worked by hand'))
  expect(published.length).toBeGreaterThanOrEqual(60)
  expect(new Set(published.map(({ source }) => source.slice(0, 12))).size).toBeGreaterThan(5)
  expect(vectors.every(({ source }) => source.length > 10)).toBe(true)
})

test.for(vectors)('$name: its fields and values are read', (vector) => {
  const described = dlms.describe(bytesOf(vector.hex))
  const { extras } = described
  expect({
    valid: described.valid,
    direction: described.direction,
    address: described.address,
    control: described.control,
    service: extras.service,
    classId: extras.classId,
    obis: extras.obis,
    attribute: extras.attribute,
    effect: dlms.effect(bytesOf(vector.hex)),
    values: described.readings.map(readingText),
    error: described.error?.code ?? null,
  }).toEqual({
    valid: vector.valid,
    direction: vector.direction,
    address: vector.address,
    control: vector.control,
    service: vector.service,
    classId: vector.classId,
    obis: vector.obis,
    attribute: vector.attribute,
    effect: vector.effect,
    values: vector.values,
    error: vector.error,
  })
})

test.for(vectors)('$name: each byte is explained once at most, in order', ({ hex }) => {
  let last = 0
  for (const { from, to, text } of dlms.describe(bytesOf(hex)).parts) {
    expect(from).toBeGreaterThanOrEqual(last)
    expect(to).toBeGreaterThan(from)
    expect(to).toBeLessThanOrEqual(hex.length / 2)
    expect(text).not.toBe('')
    last = to
  }
})

test.for(frames)('$name: the frame is built again from its fields', ({ hex }) => {
  const parsed = slave.frame.parse(bytesOf(hex))
  if (!parsed.ok || parsed.carried.control === null) throw new Error('no frame')
  const { control } = parsed.carried
  expect(toHex(slave.frame.build({ ...parsed.carried, control }))).toBe(hex)
})

/** Bytes of the APDU in a vector, null for pieces and frames without one. */
function apduOf(hex: string): Uint8Array | null {
  const bytes = bytesOf(hex)
  if (!isHdlc({ hex }) && !isWrapped({ hex })) return bytes
  const parsed = slave.frame.parse(bytes)
  if (!parsed.ok || parsed.carried.segmented) return null
  return slave.frame.withoutLlc(parsed.carried)
}

/** What a writer has no reason to repeat: a type before a time. */
const unwritable = /^Kaifa, (?:whole|the power)/

test.for(vectors)('$name: the APDU is written again to the same bytes', ({ name, hex }) => {
  const apdu = apduOf(hex)
  const parsed = apdu && slave.apdu.parse(apdu)
  if (!apdu || !parsed?.ok || unwritable.test(name)) return
  if (parsed.apdu.kind === 'service') {
    expect(toHex(slave.apdu.writeService(parsed.apdu.service))).toBe(toHex(apdu))
  }
  if (parsed.apdu.kind === 'acse') {
    expect(toHex(slave.apdu.writeAcse(parsed.apdu.acse))).toBe(toHex(apdu))
  }
  // Others write the length of a block in three bytes where one would do.
  if (parsed.apdu.kind === 'transfer' && parsed.apdu.transfer.bytes.length === 0) {
    expect(toHex(slave.apdu.writeTransfer(parsed.apdu.transfer))).toBe(toHex(apdu))
  }
})

test.for(frames)('$name: cut anywhere it is still found, once', ({ hex }) => {
  const bytes = bytesOf(hex)
  const outcomes = new Set<string>()
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = hdlcScanner()
    const found = [...scanner.push(bytes.subarray(0, cut)), ...scanner.push(bytes.subarray(cut))]
    outcomes.add(`${found.map(toHex)} ${scanner.skippedBytes} ${scanner.pending}`)
  }
  expect([...outcomes]).toEqual([`${hex} 0 false`])
})

test.for(frames)('$name: twice it is found twice, also where one flag serves both', ({ hex }) => {
  expect(
    hdlcScanner()
      .push(bytesOf(hex + hex))
      .map(toHex),
  ).toEqual([hex, hex])
  expect(
    hdlcScanner()
      .push(bytesOf(hex + hex.slice(2)))
      .map(toHex),
  ).toEqual([hex, hex])
})

test.for(vectors.filter(isWrapped))('$name: wrapped, it is found however it is cut', ({ hex }) => {
  const bytes = bytesOf(hex + hex)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = wrapperScanner()
    const found = [...scanner.push(bytes.subarray(0, cut)), ...scanner.push(bytes.subarray(cut))]
    expect(found.map(toHex)).toEqual([hex, hex])
    expect(scanner.pending).toBe(false)
  }
})

const LONG_BYTES = 120

/** True if bytes are taken for nothing by anybody. */
function isNothing(bytes: Uint8Array): boolean {
  const { readings, valid, error } = dlms.describe(bytes)
  const isRefused = dlms.decode(bytes).kind === 'malformed' && dlms.effect(bytes) === 'unknown'
  return isRefused && readings.length === 0 && !valid && error !== null
}

test.for(vectors)('$name: truncated anywhere it gives no reading and never throws', ({ hex }) => {
  const bytes = bytesOf(hex)
  const lengths = Array.from(bytes, (_, length) => length)
  const taken = lengths.filter((length) => !isNothing(bytes.subarray(0, length)))
  expect(taken).toEqual([])
})

test.for(frames)('$name: with any bit flipped it is no frame', ({ hex }) => {
  const bytes = bytesOf(hex)
  const taken: number[] = []
  // Each costs the whole frame again: of a long one a bit of every byte.
  const step = bytes.length > LONG_BYTES ? 9 : 1
  for (let bit = 0; bit < 8 * bytes.length; bit += step) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    if (!isNothing(flipped) || hdlcScanner().push(flipped).length > 0) taken.push(bit)
  }
  expect(taken).toEqual([])
})

test('every row of the item table has a vector', () => {
  const seen = vectors.flatMap(({ classId, obis, attribute, values }) => [
    `${classId}:${obis}:${attribute}`,
    ...values,
  ])
  const missing = dlmsItemRows.filter(([pattern, classId]) => {
    const code = pattern.replaceAll('.', '\\.').replaceAll('n', '\\d+')
    const full = code.startsWith('0\\.0\\.') ? code : `1\\.0\\.${code}`
    const shown = new RegExp(`^${classId}:${full}\\.255:2$|^${code}=`)
    return !seen.some((each) => shown.test(each))
  })
  expect(missing).toEqual([])
})
