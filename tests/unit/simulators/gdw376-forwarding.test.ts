import { describe, expect, it, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import {
  buildFrame,
  forward,
  forwardedAnswer,
  gdw376,
  meterLine,
  parseFrame,
  writeData,
} from '#protocols/gdw376'
import { type Value, valueText } from '#protocols/model'
import { dlt645Face, gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'
import { meterOf, NOON_MS } from './field.ts'

const address = '4401-0105'
const secret = '00112233445566778899AABBCCDDEEFF'
const bytesOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0)

function fieldOf(options: { address?: string; password?: string; meter?: string } = {}) {
  const { password = null, meter = '330120000042' } = options
  const own = meterOf({ address: meter })
  const terminal = gdw376Face({
    address: options.address ?? address,
    site: new Site('Asia/Shanghai', 7),
    points: [{ point: 1, meter: own }],
    port: dlt645Face([own]),
    password,
    bytesMax: standardBytesMax,
  })
  return { terminal, own }
}

type Terminal = ReturnType<typeof fieldOf>['terminal']

const read = (meter: string) =>
  dlt645.encode({ kind: 'read', address: meter, dataId: '00010000', load: null })

/** What came back through the terminal; undefined where it denies. */
function brought(terminal: Terminal, request: ReturnType<typeof forward>): Uint8Array | undefined {
  const [frame] = terminal.receive(gdw376.encode(request), NOON_MS)
  const parsed = frame && parseFrame(frame)
  if (!parsed?.ok || parsed.frame.afn !== 0x10) return undefined
  return forwardedAnswer(parsed.frame) ?? new Uint8Array(0)
}

describe('a terminal that forwards', () => {
  it('asks the meter at its port and brings the answer', () => {
    const { terminal, own } = fieldOf()
    const [answer] = dlt645
      .scanner()
      .push(brought(terminal, forward(address, 1, read('330120000042'))) ?? new Uint8Array(0))
    const described = answer && dlt645.describe(answer)
    const { total } = own.registersAt(NOON_MS, 10_000).import
    expect(described?.readings.map(({ value }) => valueText(value))).toEqual([
      (total / 100).toFixed(2),
    ])
  })

  it('says that nothing came back, and denies what it does not pass on', () => {
    const { terminal } = fieldOf({ password: secret })
    const at = (baud: 2400 | 9600) => ({ ...meterLine, baud })
    const inner = read('330120000042')
    const bytes = (...words: Parameters<typeof forward>) =>
      brought(terminal, forward(...words))?.length
    expect(bytes(address, 1, inner, at(2400), secret)).toBeGreaterThan(16)
    expect(bytes(address, 1, inner, at(9600), secret)).toBe(0)
    expect(bytes(address, 1, read('330120000049'), at(2400), secret)).toBe(0)
    expect(bytes(address, 2, inner, at(2400), secret)).toBeUndefined()
    expect(bytes(address, 1, inner, at(2400), null)).toBeUndefined()
  })
})

/** A frame of 376.1 taken apart here, by the offsets of the standard and not by our codec. */
function takenApart(frame: Uint8Array) {
  const at = (index: number) => frame[index] ?? -1
  const user = (at(1) | (at(2) << 8)) >> 2
  const sum = frame.subarray(6, 6 + user).reduce((total, byte) => (total + byte) & 0xff, 0)
  return {
    whole: at(0) === 0x68 && at(5) === 0x68 && at(6 + user) === sum && at(7 + user) === 0x16,
    isUp: at(6) >= 0x80,
    afn: at(12),
    sequence: at(13) & 0x0f,
    unit: frame.subarray(14, 18),
    data: frame.subarray(18, 6 + user),
  }
}

/** What a DL/T 645 answer of total energy shows, taken apart by hand. */
function energyIn(bytes: Uint8Array): string {
  const frame = bytes.subarray(bytes.findIndex((byte) => byte !== 0xfe))
  const sum = frame.subarray(0, -2).reduce((total, byte) => (total + byte) & 0xff, 0)
  const isWhole = frame.at(0) === 0x68 && frame.at(-1) === 0x16 && frame.at(-2) === sum
  const digits = [...frame.subarray(14, 18)].toReversed().map((byte) => byte - 0x33)
  const text = digits.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return isWhole && frame.at(8) === 0x91 ? `${Number(text.slice(0, 6))}.${text.slice(6)}` : 'broken'
}

/** A parameter as it is set: the meter list (04 F10) with one meter at a port. */
function listing(port: number, meter: string): Uint8Array {
  const word = (text: string): Value => ({ kind: 'text', text })
  const count = (digits: number): Value => ({ kind: 'number', digits, scale: 0 })
  const speedAndPort = toHex(Uint8Array.of((3 << 5) | port))
  const entry = [count(1), count(1), word(speedAndPort), count(30), word(meter)]
  const rest = [word('0'.repeat(12)), count(4), word('09'), word('0'.repeat(12)), word('51')]
  return writeData(0x04, 10, [count(1), ...entry, ...rest]) ?? new Uint8Array(0)
}

describe('frames that others published', () => {
  /** A read through port 31 with its time tag (public unpacker of 376.1, JavaScript). */
  const forwarded =
    '68E200E200684B000234120410E0000001001F6BBC0A1000' +
    '68611001301215681104333334337B16' +
    '00000000000000000000000000000000001351232105A116'
  /** The 21st of the month, 23:51:13, as its time tag says. */
  const sentMs = Date.UTC(2026, 10, 21, 15, 51, 13)

  it('are passed on to the meter they name', () => {
    const { terminal, own } = fieldOf({ address: '0200-1234', meter: '151230011061' })
    const set = parseFrame(bytesOf(forwarded))
    if (!set.ok) throw new Error(set.malformed.message)
    // The terminal is told that the meter hangs at port 31.
    const unit = [0, 0, 0x02, 0x01, ...listing(31, '151230011061')]
    const body = Uint8Array.from([...unit, ...new Uint8Array(16)])
    terminal.receive(buildFrame({ ...set.frame, afn: 0x04, seq: 0x70, body }), sentMs)
    const [answer = new Uint8Array(0)] = terminal.receive(bytesOf(forwarded), sentMs)
    const { data, ...head } = takenApart(answer)
    expect(head).toMatchObject({ whole: true, isUp: true, afn: 0x10, sequence: 0 })
    expect(toHex(head.unit)).toBe('00000100')
    expect(data[0]).toBe(31)
    const length = (data[1] ?? 0) | ((data[2] ?? 0) << 8)
    const { total } = own.registersAt(sentMs, 10_000).import
    expect(energyIn(data.subarray(3, 3 + length))).toBe((total / 100).toFixed(2))
  })

  /** Orders of a public handheld to all terminals: 0000-FFFF, group, with their time tags. */
  const orders = {
    trip: '688E008E00684A0000FFFF2105E1010101000000000000000000000000000000000000025613170405DD16',
    keep: '688E008E00684A0000FFFF2105EB0000010300000000000000000000000000000000000C2536170405E416',
    keepNoLonger:
      '688A008A00686A0000FFFF2105EC00000104000000000000000000000000000000000D40371704052316',
    allowClosing:
      '688A008A00686A0000FFFF2105E00101020000000000000000000000000000000000012312170405C816',
  }
  /** The moment that a time tag (PFC, ss mm hh DD, delay) names, in a month. */
  const sentAt = (hex: string) => {
    const [second = 0, minute = 0, hour = 0, day = 0] = [...bytesOf(hex).subarray(-7, -3)].map(
      (byte) => (byte >> 4) * 10 + (byte & 15),
    )
    return Date.UTC(2026, 10, day, hour - 8, minute, second)
  }
  const state = (terminal: Terminal, item: string, nowMs: number) => {
    const meter = { address: '0000-0007', profile: null }
    const [request] = gdw376.plan([item], meter).requests
    const [frame] = request ? terminal.receive(gdw376.encode(request), nowMs) : []
    const { whole, data } = takenApart(frame ?? new Uint8Array(0))
    return whole ? data[0] : undefined
  }

  test('are obeyed in silence by a terminal that they reach', () => {
    const { terminal, own } = fieldOf({ address: '0000-0007' })
    const give = (hex: string) => {
      expect(terminal.receive(bytesOf(hex), sentAt(hex))).toEqual([])
      return sentAt(hex) + 1
    }
    const tripped = give(orders.trip)
    expect(own.isClosedAt(tripped)).toBe(false)
    expect(state(terminal, '0C-F6', tripped)).toBe(1)
    const allowed = give(orders.allowClosing)
    expect(state(terminal, '0C-F6', allowed)).toBe(0)
    expect(state(terminal, '0C-F5', give(orders.keep))).toBe(1)
    // Supply is kept: the same trip is not carried out.
    give(orders.trip)
    expect(state(terminal, '0C-F6', sentAt(orders.keep))).toBe(0)
    expect(state(terminal, '0C-F5', give(orders.keepNoLonger))).toBe(0)
  })
})
