import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildFrame, dlt698, parseFrame } from '#protocols/dlt698'
import { bytesOf, vectors } from './vectors.ts'

const now = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
const [request] = dlt698.plan(['1.8.0'], { address: '000000000001', profile: null }).requests
const change = fc.record({ at: fc.nat(400), byte: fc.nat(255), cut: fc.boolean() })

test('frames with right checksums and any bytes within are read without a throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...vectors.map(({ hex }) => hex)),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (hex, changes) => {
        const parsed = parseFrame(bytesOf(hex))
        if (!parsed.ok || !request) throw new Error('no frame')
        let data = Uint8Array.from(parsed.frame.data)
        for (const { at, byte, cut } of changes) {
          data[at % data.length] = byte
          if (cut && data.length > 4) data = data.slice(0, -1)
        }
        const frame = buildFrame({ ...parsed.frame, data })
        const told = dlt698.describe(frame)
        let end = 0
        for (const { from, to } of told.parts) {
          expect(from).toBe(end)
          end = to
        }
        expect(end).toBe(frame.length)
        dlt698.effect(frame)
        dlt698.carried?.(frame)
        dlt698.unasked?.(frame, now)
        const decoded = dlt698.decode(frame)
        if (decoded.kind === 'malformed') return
        dlt698.answers(request, decoded.response)
        dlt698.follow(request, decoded.response)
        dlt698.readings(request, [decoded.response])
      },
    ),
    { numRuns: 4_000 },
  )
})
