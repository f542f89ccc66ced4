import { expect, test } from 'vitest'
import { buildFrame, forward, gdw376 } from '#protocols/gdw376'
import { bytesOf, vectors } from './vectors.ts'

const expiresAt = { year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }
const secret = '00112233445566778899AABBCCDDEEFF'
const meter = { address: '4401-0105/3', profile: null, access: { password: secret } }
const header = { protocolId: 2, edition: '2013', region: '4401', terminal: '0105' } as const

function aimAt(afn: number, hex: string, more = {}) {
  const frame = { ...header, control: 0x4a, station: 2, afn, seq: 0x70, ...more }
  return gdw376.aim(buildFrame({ ...frame, body: bytesOf(`${hex}${secret}`) }))
}

test('an order is for the round it names, and its password is a secret', () => {
  const [request] = gdw376.order({ action: 'trip', expiresAt }, meter).requests
  const frame = request ? gdw376.encode(request) : new Uint8Array()
  expect(gdw376.aim(frame)).toEqual({
    address: '4401-0105/3',
    isGroup: false,
    action: 'trip',
    expiresAt: null,
    // PW, and CS behind the time tag.
    secrets: [
      { from: 19, to: 35 },
      { from: 41, to: 42 },
    ],
  })
})

test.for([
  [0x05, '01010200', 'allow-close', '4401-0105/1'],
  [0x05, '0000010300', 'protect', '4401-0105'],
  [0x05, '00000104', 'unprotect', '4401-0105'],
  [0x05, '00000203', 'alarm', '4401-0105'],
  [0x05, '00000204', 'clear-alarm', '4401-0105'],
  [0x05, '01010201', null, '4401-0105/1'],
  [0x01, '00000100', null, '4401-0105'],
] as const)('function %i with %s is %s for %s', ([afn, hex, action, address]) => {
  expect(aimAt(afn, hex)).toMatchObject({ action, address, isGroup: false })
})

test('a frame for several is for a group', () => {
  expect(aimAt(0x05, '0101020002010200')).toMatchObject({ isGroup: true, address: '4401-0105' })
  expect(aimAt(0x05, '03010200')).toMatchObject({ isGroup: true, action: 'allow-close' })
  expect(aimAt(0x05, '00000104', { station: 3 })).toMatchObject({ isGroup: true })
  expect(aimAt(0x05, '00000104', { terminal: 'FFFF' })).toMatchObject({ isGroup: true })
  expect(aimAt(0x05, '01010200010100000' + '0')).toBeNull()
})

test('two different things in one frame are none that could be told', () => {
  expect(aimAt(0x05, '010102000101010000')).toBeNull()
  expect(aimAt(0x04, '000010000102030000400011')).toBeNull()
})

test('a part of what comes in several frames has no aim', () => {
  for (const seq of [0x00, 0x20, 0x40]) expect(aimAt(0x05, '01010200', { seq })).toBeNull()
  expect(aimAt(0x05, '01010200', { seq: 0x60 })).toMatchObject({ action: 'allow-close' })
})

test('keys and passwords among the data are secrets', () => {
  expect(aimAt(0x04, '00001000010203')?.secrets).toEqual([
    { from: 18, to: 21 },
    { from: 21, to: 37 },
    { from: 37, to: 38 },
  ])
  const meters = vectors.find(({ name }) => name === 'set parameter F10')
  expect(gdw376.aim(bytesOf(meters?.hex ?? ''))?.secrets.length).toBe(4)
})

test('nothing is told of what a terminal says, and of what is broken', () => {
  for (const { hex } of vectors) {
    const frame = bytesOf(hex)
    const aim = gdw376.aim(frame)
    if (gdw376.describe(frame).direction !== 'request') expect(aim).toBeNull()
    expect(gdw376.aim(frame.subarray(1))).toBeNull()
  }
})

test('a frame that is handed on has its own aim', () => {
  const frame = gdw376.encode(forward('4401-0105', 1, Uint8Array.of(0x68, 0x16)))
  expect(gdw376.aim(frame)).toMatchObject({ address: '4401-0105', action: null })
})
