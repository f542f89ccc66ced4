import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sum8, toHex } from '#protocols/bytes'
import { buildFrame, gdw376, parseAddress, parseFrame, readBody } from '#protocols/gdw376'
import { bytesOf, vectors } from './vectors.ts'

const frames = vectors.map(({ hex }) => bytesOf(hex))

test('a truncated vector is malformed, and described without a throw', () => {
  const taken = frames.flatMap((frame) => {
    const lengths = Array.from({ length: frame.length }, (_, length) => length)
    return lengths
      .filter((length) => frame.length <= 100 || length % 5 === 0)
      .map((length) => frame.subarray(0, length))
      .filter((cut) => {
        const isMalformed = gdw376.decode(cut).kind === 'malformed'
        return !isMalformed || gdw376.describe(cut).valid || gdw376.effect(cut) !== 'unknown'
      })
  })
  expect(taken).toEqual([])
})

test('a vector with a bit flipped gives no value and never throws', () => {
  const taken: string[] = []
  for (const frame of frames) {
    for (let bit = 0; bit < 8 * frame.length; bit += frame.length > 60 ? 11 : 1) {
      const wrong = frame.slice()
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const { valid, readings } = gdw376.describe(wrong)
      // The two low bits of both lengths name the edition and are not summed.
      const isEdition = [1, 2, 3, 4].includes(bit >> 3)
      if (valid ? !isEdition : readings.length > 0) taken.push(`${toHex(frame)} bit ${bit}`)
    }
  }
  expect(taken).toEqual([])
})

test('any body behind a right checksum is taken without a throw, its parts inside the frame', () => {
  const header = { protocolId: 2, edition: '2013', region: '4401', terminal: '0105' } as const
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(16),
      fc.nat(255),
      fc.uint8Array({ maxLength: 120 }),
      (control, afn, seq, body) => {
        const frame = buildFrame({ ...header, control, station: 2, afn, seq, body })
        const described = gdw376.describe(frame)
        for (const { from, to } of described.parts) {
          expect(from).toBeLessThanOrEqual(to)
          expect(to).toBeLessThanOrEqual(frame.length)
        }
        gdw376.decode(frame)
        gdw376.effect(frame)
        gdw376.carried(frame)
        gdw376.unasked(frame)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a frame is built and read again, of both editions', () => {
  const hex = (length: number) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex(bytes))
  const digits = (length: number) =>
    fc.nat(10 ** length - 1).map((number) => String(number).padStart(length, '0'))
  fc.assert(
    fc.property(digits(4), hex(2), fc.nat(255), fc.uint8Array(), (region, terminal, seq, tail) => {
      const body = Uint8Array.of(0, 0, 1, 0, ...tail)
      const frame = { protocolId: 2, edition: '2013', control: 0x4b, region, terminal } as const
      const bytes = buildFrame({ ...frame, station: 2, afn: 0x0c, seq, body })
      expect(parseFrame(bytes)).toEqual({
        ok: true,
        frame: { ...frame, station: 2, afn: 0x0c, seq, body },
      })
      expect(sum8(bytes, 6, bytes.length - 2)).toBe(bytes.at(-2))
    }),
  )
})

test('the wide address of 2019 is known by what only it makes sense of', () => {
  const frame = vectors.find(({ name }) => name.includes('2019'))
  const parsed = parseFrame(bytesOf(frame?.hex ?? ''))
  expect(parsed).toMatchObject({ ok: true, frame: { edition: '2019', region: '440001' } })
})

test.for([
  ['4401-0105', { region: '4401', terminal: '0105', point: 0, group: false, edition: '2013' }],
  ['4401-01af/12', { terminal: '01AF', point: 12 }],
  ['4401-FFFF', { group: true }],
  ['4401-0007*', { group: true }],
  ['440001-000105/2040', { edition: '2019', point: 2040 }],
] as const)('%s is an address', ([text, expected]) => {
  expect(parseAddress(text)).toMatchObject(expected)
})

test.for(['', '4401', '44010105', '440A-0105', '4401-0105/', '4401-0105/2041', '440101-0105'])(
  '%s is none',
  (text) => {
    expect(parseAddress(text)).toBeNull()
  },
)

test('identifiers of several points and classes are taken apart, points first', () => {
  const header = { protocolId: 2, edition: '2013', region: '4401', terminal: '0105' } as const
  const body = Uint8Array.of(0x03, 0x01, 0x06, 0x10)
  const parsed = parseFrame(
    buildFrame({ ...header, control: 0x4b, station: 2, afn: 0x0c, seq: 0x60, body }),
  )
  const ids = parsed.ok ? readBody(parsed.frame).units.map(({ id }) => id) : []
  expect(ids).toEqual([
    { pn: 1, fn: 130 },
    { pn: 1, fn: 131 },
    { pn: 2, fn: 130 },
    { pn: 2, fn: 131 },
  ])
})
