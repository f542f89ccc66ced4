import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { buildFrame, type Dlt645Request, dlt645 } from '#protocols/dlt645'
import { valueText } from '#protocols/model'
import { dlt645Face, standardDlt645 } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import published from '../../vectors/dlt645.json' with { type: 'json' }
import { meterOf, NOON_MS } from './field.ts'

const address = '330120000042'

interface Vector {
  readonly name: string
  readonly hex: string
  readonly address: string
  readonly control: string
  readonly dataId: string | null
}

/** Frames of others; what was worked out by hand need not belong together. */
const vectors: readonly Vector[] = published.filter(({ source }) => !source.startsWith('worked'))

function hasAll(vector: Vector, wanted: Partial<Vector>): boolean {
  const { address, control, dataId } = vector
  return address === wanted.address && control === wanted.control && dataId === wanted.dataId
}

function read(dataId: string, to = address): Dlt645Request {
  return { kind: 'read', address: to, dataId, load: null }
}

/** Asks as a head-end does, follow-up frames included. */
function ask(meter: SimulatedMeter, first: Dlt645Request, dataBytesMax = 200) {
  const face = dlt645Face([meter], { ...standardDlt645, dataBytesMax })
  const parts = []
  for (let request: Dlt645Request | null = first; request; ) {
    const frames = face
      .receive(dlt645.encode(request), NOON_MS)
      .flatMap((bytes) => dlt645.scanner().push(bytes))
    const [frame] = frames
    if (!frame || frames.length > 1) return { kind: 'silent' as const, frames: frames.length }
    const decoded = dlt645.decode(frame)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    if (decoded.kind === 'refusal') return { kind: 'refusal' as const, code: decoded.refusal.code }
    expect(dlt645.answers(request, decoded.response)).toBe(true)
    parts.push(decoded.response)
    request = dlt645.follow(request, decoded.response)
  }
  const values = dlt645.readings(first, parts)
  if (!values.ok) throw new Error(values.malformed.message)
  return { kind: 'answer' as const, parts: parts.length, readings: values.readings }
}

function valuesOf(meter: SimulatedMeter, dataId: string) {
  const answer = ask(meter, read(dataId))
  if (answer.kind !== 'answer') throw new Error(`${dataId}: ${answer.kind}`)
  return answer.readings.map(({ value }) => valueText(value))
}

describe('the DL/T 645-2007 face', () => {
  it('answers the request that every description of the protocol prints', () => {
    const meter = meterOf({ address })
    const published = fromHex('68AAAAAAAAAAAA681104333334 33AE16') ?? new Uint8Array()
    const [answer] = dlt645Face([meter]).receive(published, NOON_MS)
    const hex = toHex(answer ?? new Uint8Array())
    // Four wake-up bytes, the meter's own address, 91H, eight bytes, the identifier and 33H.
    expect(hex.startsWith('FEFEFEFE68420000200133689108333334 33'.replace(' ', ''))).toBe(true)
    expect(hex).toHaveLength(2 * (4 + 12 + 8))
  })

  it('answers published requests in the shape of the published answers', () => {
    const reads = vectors.filter(({ control }) => control === '11')
    const pairs = reads.flatMap((asked) => {
      const wanted = { control: '91', address: asked.address, dataId: asked.dataId }
      const found = vectors.find((each) => hasAll(each, wanted))
      return found ? [{ asked, found }] : []
    })
    expect(pairs.length).toBeGreaterThan(4)
    for (const { asked, found } of pairs) {
      // Prepaid balances are the one published item that these meters do not have.
      if (asked.dataId?.startsWith('0090')) continue
      const meter = meterOf({ address: asked.address, customerClass: 'household' })
      const request = fromHex(asked.hex) ?? new Uint8Array()
      const [answer] = dlt645Face([meter]).receive(request, NOON_MS)
      const [frame] = dlt645.scanner().push(answer ?? new Uint8Array())
      const hex = toHex(frame ?? new Uint8Array())
      // Start, address, control, length and identifier are the same; values are the meter's own.
      expect(hex.slice(0, 28), asked.name).toBe(found.hex.replace(/^(FE)*/, '').slice(0, 28))
    }
  })

  it('says what the registers hold, blocks and total alike', () => {
    const meter = meterOf({ address })
    const { total, rates } = meter.registersAt(NOON_MS, 10_000).import
    const text = [total, ...rates].map((digits) => (digits / 100).toFixed(2))
    expect(valuesOf(meter, '0001FF00')).toEqual(text)
    expect(valuesOf(meter, '00010000')).toEqual(text.slice(0, 1))
    expect(valuesOf(meter, '00010300')).toEqual(text.slice(3, 4))
  })

  it('freezes at midnight what the register was at midnight', () => {
    const meter = meterOf({ address, offsetMs: 20_000 })
    const midnight = Date.UTC(2026, 10, 21, 16) - 20_000
    const { total } = meter.registersAt(midnight, 10_000).import
    expect(valuesOf(meter, '05060101')[0]).toBe((total / 100).toFixed(2))
    expect(valuesOf(meter, '05060001')).toEqual(['2026-11-22T00:00:00'])
    expect(ask(meter, read('0506013F'))).toEqual({ kind: 'refusal', code: 'dlt645.no-such-data' })
  })

  it('tells its own time, late or early', () => {
    const meter = meterOf({ address, offsetMs: 60_000 })
    expect(valuesOf(meter, '04000102')).toEqual(['11:08:13'])
    expect(valuesOf(meter, '04000101')).toEqual(['2026-11-22'])
  })

  it('fills the phases it does not have with F in a block and refuses them alone', () => {
    const meter = meterOf({ address, customerClass: 'household' })
    expect(valuesOf(meter, '0201FF00').slice(1)).toEqual([null, null])
    expect(ask(meter, read('02010200')).kind).toBe('refusal')
  })

  it('signs power that flows to the grid', () => {
    const meter = meterOf({ address, customerClass: 'prosumer' })
    expect(Number(valuesOf(meter, '02030000')[0])).toBeLessThan(0)
    expect(valuesOf(meter, '040005FF')).toContain('0010')
  })

  it('splits an answer that exceeds the limit into follow-up frames', () => {
    const meter = meterOf({ address })
    const load: Dlt645Request = {
      kind: 'read',
      address,
      dataId: '06000002',
      load: { records: 4, from: null },
    }
    const answer = ask(meter, load)
    if (answer.kind !== 'answer') throw new Error(answer.kind)
    expect(answer.parts).toBeGreaterThan(1)
    const imports = answer.readings.filter(({ item }) => item === '1.8.0')
    expect(imports).toHaveLength(4)
    const [latest] = meter.profileAfter(NOON_MS - 900_000, NOON_MS, 1)
    const { total } = meter.registersAt(latest?.ms ?? 0, 10_000).import
    expect(imports.at(-1)?.value).toEqual({ kind: 'number', digits: total, scale: 2 })
    const small = ask(meter, read('0001FF00'), 12)
    expect(small).toMatchObject({ kind: 'answer', parts: 3 })
  })

  it('gives the load record of the time that was asked for', () => {
    const from = { year: 2026, month: 11, day: 20, hour: 6, minute: 30, second: 0 }
    const answer = ask(meterOf({ address }), {
      kind: 'read',
      address,
      dataId: '06040001',
      load: { records: 2, from },
    })
    if (answer.kind !== 'answer') throw new Error(answer.kind)
    expect(answer.readings[0]?.at).toEqual({ kind: 'wall', time: from })
  })

  it('answers under its full address to a wildcard, an abbreviation and a search', () => {
    const meter = meterOf({ address })
    for (const to of ['AAAAAAAAAAAA', 'AAAAAAAA0042', 'AAAA20000042']) {
      expect(ask(meter, read('00010000', to)).kind).toBe('answer')
    }
    expect(ask(meter, read('00010000', 'AAAAAAAA0043')).kind).toBe('silent')
    const found = ask(meter, { kind: 'read-address', address: 'AAAAAAAAAAAA' })
    expect(found).toMatchObject({ readings: [{ value: { kind: 'text', text: address } }] })
  })

  it('is silent to another address, a wrong checksum, half a frame and an answer', () => {
    const face = dlt645Face([meterOf({ address })])
    const request = dlt645.encode(read('00010000'))
    const broken = request.with(-2, ((request.at(-2) ?? 0) + 1) & 0xff)
    const answer = buildFrame({ address, control: 0x91, data: Uint8Array.of(0, 0, 1, 0) })
    const others = [dlt645.encode(read('00010000', '330120000043')), broken, answer]
    for (const bytes of others) {
      face.reset()
      expect(face.receive(bytes, NOON_MS)).toEqual([])
    }
    expect(face.receive(request.subarray(0, 9), NOON_MS)).toEqual([])
    expect(face.receive(request.subarray(9), NOON_MS)).toHaveLength(1)
  })

  it('refuses what it does not have and everything that needs a password', () => {
    const meter = meterOf({ address })
    expect(ask(meter, read('00FF0000'))).toEqual({ kind: 'refusal', code: 'dlt645.no-such-data' })
    const trip = buildFrame({ address, control: 0x1c, data: new Uint8Array(16) })
    const [answer] = dlt645Face([meter]).receive(trip, NOON_MS)
    const [frame] = dlt645.scanner().push(answer ?? new Uint8Array())
    expect(toHex(frame ?? new Uint8Array()).slice(16, 22)).toBe('DC0137')
    expect(meter.isClosedAt(NOON_MS)).toBe(true)
  })

  it('obeys a broadcast time without a word', () => {
    const meter = meterOf({ address, offsetMs: 100_000 })
    const time = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
    const request = dlt645.encode({ kind: 'set-clock', address: '999999999999', time })
    expect(dlt645Face([meter]).receive(request, NOON_MS)).toEqual([])
    expect(meter.clock.shownAt(NOON_MS)).toBe(NOON_MS)
  })

  it('shows an open relay in status word 3', () => {
    const meter = meterOf({ address })
    meter.openRelay(NOON_MS - 1_000)
    expect(valuesOf(meter, '04000503')).toContain('0050')
  })

  it('lets every meter of a bus speak for itself', () => {
    const meters = ['330120000001', '330120000002'].map((each) => meterOf({ address: each }))
    const face = dlt645Face(meters)
    expect(face.receive(dlt645.encode(read('00010000', '330120000002')), NOON_MS)).toHaveLength(1)
    expect(face.receive(dlt645.encode(read('00010000', 'AAAAAAAAAAAA')), NOON_MS)).toHaveLength(2)
  })
})
