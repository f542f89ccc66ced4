import { expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { buildFrame, forward, gdw376, infoClasses, parseFrame } from '#protocols/gdw376'
import { bytesOf, vectors } from './vectors.ts'

const meter = { address: '4401-0105/1', profile: null }
const header = { protocolId: 2, edition: '2013', region: '4401', terminal: '0105' } as const
const password = '00'.repeat(16)

/** A frame from the master: units as hex, without what is added. */
function effectOf(afn: number, units: string, added = password) {
  const body = bytesOf(units + added)
  return gdw376.effect(buildFrame({ ...header, control: 0x4a, station: 2, afn, seq: 0x70, body }))
}

test.for([
  [0x05, '0101010000', 'trip'],
  [0x05, '01010200', 'relay'],
  [0x05, '010101010100', 'load-limit'],
  [0x05, '000001030C', 'relay'],
  [0x05, '00000104', 'relay'],
  [0x05, '000040030530222' + '1D126', 'clock'],
  [0x05, '0000020601', 'mode'],
  [0x01, '00000100', 'mode'],
  [0x01, '00000200', 'clear'],
  [0x04, `000004000A0102035E240A0102035E24${password}`, 'address'],
  [0x04, '00001000000000', 'key'],
  [0x04, '0101010500', 'load-limit'],
  [0x04, '01010105000000', 'unknown'],
  [0x04, `0101400501000000AA${'00'.repeat(12)}`, 'price'],
  [0x06, `00000100${password}`, 'key'],
] as const)('function %i with %s is %s', ([afn, units, effect]) => {
  expect(effectOf(afn, units)).toBe(effect)
})

test('the worst unit of a frame names it', () => {
  const allow = '01010200'
  const trip = '0201010000'
  expect(effectOf(0x05, allow + trip)).toBe('trip')
  expect(effectOf(0x05, trip + allow)).toBe('trip')
  expect(effectOf(0x05, `0000040600${allow}`)).not.toBe('relay')
})

test('questions change nothing, in whatever number', () => {
  for (const afn of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e]) {
    const more = afn === 0x0e ? '0001' : afn === 0x0d ? '201126' : ''
    expect(effectOf(afn, `00000100${more}`, '')).toBe('read')
  }
})

test('what does not fill its place to the byte is unknown', () => {
  expect(effectOf(0x05, '010101000000')).toBe('unknown')
  expect(effectOf(0x05, '01010100')).toBe('unknown')
  expect(effectOf(0x05, '0101010000', '')).toBe('unknown')
  expect(effectOf(0x05, '')).toBe('unknown')
  expect(effectOf(0x05, '01014000')).toBe('unknown')
  expect(effectOf(0x07, '00000100')).toBe('unknown')
  expect(effectOf(0x11, '00000100')).toBe('unknown')
})

test('a frame of a terminal is never one to send', () => {
  for (const { hex } of vectors) {
    const parsed = parseFrame(bytesOf(hex))
    if (parsed.ok && (parsed.frame.control & 0x80) !== 0) {
      expect(gdw376.effect(bytesOf(hex))).toBe('unknown')
    }
  }
})

test('no published order or setting passes for a read', () => {
  const moving = [0x01, 0x04, 0x05, 0x06, 0x0f]
  for (const { hex, afn } of vectors) {
    if (gdw376.effect(bytesOf(hex)) !== 'read') continue
    expect(moving).not.toContain(Number.parseInt(afn, 16))
  }
})

test('every row that moves something says what it moves', () => {
  const moving = infoClasses.filter(({ afn }) => [1, 4, 5, 6, 15].includes(afn))
  expect(moving.filter(({ effect }) => effect === 'read')).toEqual([])
  const unknown = moving.filter(({ effect }) => effect === 'unknown')
  // Their addresses are kept as they are.
  expect(unknown.map(({ afn, fn }) => `${afn} F${fn}`)).toEqual(['4 F2', '4 F37'])
})

test('two frames, a broken one and one with bytes before it are unknown', () => {
  const [request] = gdw376.plan(['1.8.0'], meter).requests
  const frame = request ? gdw376.encode(request) : new Uint8Array()
  expect(gdw376.effect(frame)).toBe('read')
  expect(gdw376.effect(Uint8Array.of(...frame, ...frame))).toBe('unknown')
  expect(gdw376.effect(Uint8Array.of(0, ...frame))).toBe('unknown')
})

test('what is forwarded is shown to the gate whole', () => {
  const inner = fromHex('68610100301215681104333334337B16') ?? new Uint8Array()
  const frame = gdw376.encode(forward('4401-0105', 31, inner))
  expect(gdw376.effect(frame)).toBe('read')
  expect(gdw376.carried(frame).map(toHex)).toEqual([toHex(inner)])
  const published = vectors.find(({ name }) => name === 'forwards a DL/T 645 read')
  expect(gdw376.carried(bytesOf(published?.hex ?? '')).map(toHex)).toEqual([
    '686110013012156811043333343' + '37B16',
  ])
  const cut = frame.slice()
  expect(gdw376.carried(cut.subarray(0, 20))).toEqual([])
})

const oneMeter = '1F00' + '129078563412' + '01' + '00FF0100'

test('a forwarded reading is one only if it fills its place to the byte', () => {
  expect(effectOf(0x10, `00000101${oneMeter}`)).toBe('read')
  const relayed = `1F02${'010000000000020000000000'}${oneMeter.slice(4)}`
  expect(effectOf(0x10, `00000101${relayed}`)).toBe('read')
  expect(effectOf(0x10, `00000101${oneMeter}00`)).toBe('unknown')
  expect(effectOf(0x10, `00000101${oneMeter.slice(0, -2)}`)).toBe('unknown')
  expect(effectOf(0x10, `000001011F03${oneMeter.slice(4)}`)).toBe('unknown')
  expect(effectOf(0x10, `000001011F00${'12907856341A'}0100FF0100`)).toBe('read')
  expect(effectOf(0x10, '00000101')).toBe('unknown')
})

test('no meter can be told anything by a forwarded reading', () => {
  const trip = '68060100000000681C10353333334567893C4D333E44455555555555' + '0016'
  expect(effectOf(0x10, `00000101${trip}`)).toBe('unknown')
  expect(effectOf(0x10, `00000101${oneMeter}${trip}`)).toBe('unknown')
  expect(effectOf(0x10, `00000101${oneMeter}00000101${trip}`)).toBe('unknown')
  expect(effectOf(0x10, `00000101${oneMeter}00000101${oneMeter}`)).toBe('read')
})

test('forwards of which editions disagree are unknown, whatever they hold', () => {
  for (const classes of ['0201', '0401', '0801', '1001', '0200', '0101' + '00', '0126']) {
    expect(effectOf(0x10, `0000${classes}`)).toBe('unknown')
    expect(effectOf(0x10, `0000${classes}${oneMeter}`)).toBe('unknown')
    expect(effectOf(0x10, `0000${classes}01${'00'.repeat(6)}AA${'00'.repeat(6)}`)).toBe('unknown')
  }
  expect(effectOf(0x16, `00000100${oneMeter}`)).toBe('unknown')
})

test('a forward that carries no frame, a part of one or one of an older edition is unknown', () => {
  const inner = '1F6BBC0A' + '1000' + '68610100301215681104333334337B16'
  const body = bytesOf(`00000100${inner}${password}`)
  const frame = { ...header, control: 0x4b, station: 2, afn: 0x10, seq: 0x70, body }
  expect(gdw376.effect(buildFrame(frame))).toBe('read')
  expect(gdw376.effect(buildFrame({ ...frame, protocolId: 1 }))).toBe('unknown')
  for (const seq of [0x10, 0x20, 0x40]) {
    expect(gdw376.effect(buildFrame({ ...frame, seq }))).toBe('unknown')
  }
  expect(effectOf(0x10, '000001001F6BBC0A0000')).toBe('unknown')
})

test('a setting whose data are no values, or are kept as they are, is unknown', () => {
  expect(effectOf(0x05, '00004003FF30222' + '1D126')).toBe('unknown')
  expect(effectOf(0x05, '00004003053022' + '41D126')).toBe('unknown')
  expect(effectOf(0x04, '0000020081' + '0100')).toBe('unknown')
  expect(effectOf(0x04, '0000100401000000000001' + '68616868')).toBe('unknown')
})

test('a confirmation that brings more, and an order to a relay station, are unknown', () => {
  expect(effectOf(0x00, '00000100', '')).toBe('read')
  expect(effectOf(0x00, '0000010068', '')).toBe('unknown')
  expect(effectOf(0x00, '00000400' + '02' + '0000010000', '')).toBe('read')
  expect(effectOf(0x00, '00000800', '')).toBe('unknown')
  expect(effectOf(0x03, '00000200', '')).toBe('read')
  expect(effectOf(0x03, '0000010068686868', '')).toBe('unknown')
})

test('a forwarded frame whose length does not fit is unknown', () => {
  const data = '1F6BBC0A' + '0500' + '68616868'
  expect(effectOf(0x10, `00000100${data}`)).toBe('unknown')
  expect(effectOf(0x10, `00000100${'1F6BBC0A' + '0300' + '68616868'}`)).toBe('unknown')
  expect(effectOf(0x10, `00000100${'1F6BBC0A' + '0400' + '68616868'}`)).toBe('read')
})
