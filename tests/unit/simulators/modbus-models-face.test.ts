import { expect, it } from 'vitest'
import { type ModbusRequest, type ModbusResponse, mbap, modbus, profileOf } from '#protocols/modbus'
import { valueText } from '#protocols/model'
import { modbusTcpFace } from '#simulators/faces'
import { meterOf, NOON_MS } from './field.ts'

function read(profileName: string, item: string, as: string | null) {
  const profile = profileOf(profileName)
  if (!profile) throw new Error('no such profile')
  const face = modbusTcpFace([{ unit: 3, profile, meter: meterOf() }])
  const [first] = modbus.plan([item], { address: '3', profile: as }).requests
  if (!first) throw new Error('no plan')
  const parts: ModbusResponse[] = []
  for (let request: ModbusRequest | null = first; request; ) {
    const [frame] = face.receive(mbap.frame(modbus.encode(request), 1), NOON_MS)
    const unframed = frame ? mbap.message(frame) : null
    const decoded = unframed?.ok ? modbus.decode(unframed.message) : null
    if (decoded?.kind !== 'answer') throw new Error(`no answer: ${decoded?.kind}`)
    expect(modbus.answers(request, decoded.response)).toBe(true)
    parts.push(decoded.response)
    request = modbus.follow(request, decoded.response)
  }
  const result = modbus.readings(first, parts)
  if (!result.ok) throw new Error(result.malformed.message)
  return result.readings.map(({ value }) => valueText(value))
}

it.each(['sunspec-203', 'sunspec-203-40069', 'sunspec-203-40188', 'sunspec-213-40105'])(
  'a simulated %s is found by the walk over its models',
  (name) => {
    const [walked] = read(name, '1.8.0', 'sunspec')
    expect(Number(walked)).toBeGreaterThan(0)
    expect(read(name, '1.8.0', name)).toEqual([walked])
  },
)

it('a simulated meter says who it is', () => {
  expect(read('sdm630', '43:basic', null)).toEqual(['OpenHES', 'sdm630', '1.0'])
  expect(read('sdm630', '43:extended', null)).toContain('330120000042')
})
