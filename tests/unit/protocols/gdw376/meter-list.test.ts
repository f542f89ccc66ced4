import { expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { enterMeters, gdw376, listedIn, listItem, usualMeter } from '#protocols/gdw376'
import { gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'

const terminal = '3301-0A01'
const one = { number: 4, point: 4, address: '330120000017', rest: usualMeter }

function frameOf(...meters: readonly (typeof one)[]) {
  const request = enterMeters(terminal, meters, null)
  if (!request) throw new Error('it fits no frame')
  return gdw376.encode(request)
}

test('an entry lies in the frame as the clause lays it out', () => {
  // Count, number, metering point, speed and port, protocol, address A.12, password, rates, digits,
  // collector, class: §5.5 F10, by hand.
  const data =
    '0100' + '0400' + '0400' + '61' + '1E' + '170000200133' + '000000000000' + '04' + '09'
  expect(toHex(frameOf(one))).toContain(`${data}00000000000051`)
  expect(gdw376.effect(frameOf(one))).toBe('write')
  expect(gdw376.aim?.(frameOf(one))?.address).toBe(terminal)
})

test('what fits no field is no request', () => {
  expect(enterMeters(terminal, [{ ...one, address: 'x' }], null)).toBeNull()
  expect(enterMeters('nobody', [one], null)).toBeNull()
})

test('a terminal lists what was entered, keeps the rest, and takes out what has no point', () => {
  const site = new Site('Asia/Shanghai', 7)
  const face = gdw376Face({
    address: terminal,
    site,
    points: [],
    port: null,
    password: null,
    bytesMax: standardBytesMax,
  })
  const listed = () => {
    const [request] = gdw376.plan([listItem(1, 16)], { address: terminal, profile: null }).requests
    if (!request) throw new Error('the list is asked for')
    const [answer] = face.receive(gdw376.encode(request), 0)
    const decoded = gdw376.decode(answer ?? fromHex('') ?? new Uint8Array(0))
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    const told = gdw376.readings(request, [decoded.response])
    return told.ok ? listedIn(told.readings) : []
  }
  const other = { ...one, number: 5, point: 5, address: '330120000018' }
  face.receive(frameOf(one, other), 0)
  expect(listed()).toEqual([one, other])
  face.receive(frameOf({ ...one, address: '330120000099' }), 0)
  expect(listed().map(({ address }) => address)).toEqual(['330120000099', other.address])
  face.receive(frameOf({ ...other, point: 0 }), 0)
  expect(listed().map(({ number }) => number)).toEqual([4])
})
