import { describe, expect, it } from 'vitest'
import { mbap, modbus, profileOf, profiles, rtu } from '#protocols/modbus'
import { itemOf, valueText } from '#protocols/model'
import { decodeMessage } from '#protocols/mqtt'
import { modbusRtuFace, modbusTcpFace, mqttBacklog, mqttMessages } from '#simulators/faces'
import { DAY_MS, meterOf, NOON_MS } from './field.ts'

const meter = meterOf({ customerClass: 'shop', offsetMs: 2_000 })

function profileNamed(name: string) {
  const profile = profileOf(name)
  if (!profile) throw new Error(name)
  return profile
}

describe('the Modbus face', () => {
  it('lays the registers out as each profile says', () => {
    const { total } = meter.registersAt(NOON_MS, 1_000).import
    for (const profile of profiles) {
      const face = modbusTcpFace([{ unit: 1, profile, meter }])
      const { requests } = modbus.plan(['1.8.0', '16.7.0'], { address: '1', profile: profile.name })
      const readings = requests.flatMap((request) => {
        const [answer] = face.receive(mbap.frame(modbus.encode(request), 77), NOON_MS)
        const unframed = mbap.message(answer ?? new Uint8Array())
        if (!unframed.ok) throw new Error(`${profile.name}: ${unframed.malformed.message}`)
        expect(unframed.transaction).toBe(77)
        const decoded = modbus.decode(unframed.message)
        if (decoded.kind !== 'answer') throw new Error(`${profile.name}: ${decoded.kind}`)
        const read = modbus.readings(request, [decoded.response])
        return read.ok ? read.readings : []
      })
      const energy = readings.find(({ item }) => item === '1.8.0')
      const kwh = Number(energy ? valueText(energy.value) : null)
      // A float32 register of 50,000 kWh has steps of 4 Wh, an integer one of 10 Wh.
      expect(Math.abs(kwh - total / 1_000), profile.name).toBeLessThan(0.011)
    }
  })

  it('refuses wrong functions, wrong addresses, wrong counts and absent units', () => {
    const face = modbusTcpFace([{ unit: 3, profile: profileNamed('sdm630'), meter }])
    const ask = (...message: readonly number[]) => {
      const [answer] = face.receive(mbap.frame(Uint8Array.from(message), 1), NOON_MS)
      return [...(answer ?? [])].slice(6)
    }
    expect(ask(3, 3, 0, 0, 0, 2)).toEqual([3, 0x83, 1])
    expect(ask(3, 6, 0, 0, 0, 2)).toEqual([3, 0x86, 1])
    expect(ask(3, 4, 0x20, 0, 0, 2)).toEqual([3, 0x84, 2])
    expect(ask(3, 4, 0, 0, 0, 125)).toEqual([3, 0x84, 3])
    expect(ask(9, 4, 0, 0, 0, 2)).toEqual([9, 0x84, 0x0b])
    expect(ask(3, 4, 0, 0, 0, 2).slice(0, 3)).toEqual([3, 4, 4])
  })

  it('is silent on an RTU bus for a unit that is not there and for a wrong CRC', () => {
    const face = modbusRtuFace([{ unit: 3, profile: profileNamed('sdm630'), meter }])
    const request = rtu.frame(Uint8Array.of(3, 4, 0, 0, 0, 2))
    expect(face.receive(rtu.frame(Uint8Array.of(4, 4, 0, 0, 0, 2)), NOON_MS)).toEqual([])
    expect(face.receive(request.with(-1, (request.at(-1) ?? 0) ^ 1), NOON_MS)).toEqual([])
    face.reset()
    expect(face.receive(request, NOON_MS)).toHaveLength(1)
  })
})

describe('the MQTT face', () => {
  it('says in each family what the product reads', () => {
    for (const family of [
      'openhes',
      'tasmota',
      'shelly',
      'neuron-values',
      'neuron-tags',
    ] as const) {
      for (const { topic, payload } of mqttMessages(meter, family, NOON_MS)) {
        const decoded = decodeMessage(topic, payload)
        if (decoded.kind !== 'readings') throw new Error(`${topic}: ${decoded.malformed.message}`)
        const [device] = decoded.devices
        expect(device?.device).toBe(meter.spec.address)
        expect(device?.readings.length).toBeGreaterThan(4)
        for (const { item } of device?.readings ?? []) expect(itemOf(item ?? '')).toBeDefined()
      }
    }
  })

  it('stamps with the clock of the device', () => {
    const [message] = mqttMessages(meter, 'openhes', NOON_MS)
    const decoded = message && decodeMessage(message.topic, message.payload)
    const reading = decoded?.kind === 'readings' ? decoded.devices[0]?.readings[0] : null
    expect(reading?.at).toEqual({ kind: 'epoch', ms: NOON_MS + 2_000 })
  })

  it('forwards stored registers as intervals and days', () => {
    const intervals = meter.profileAfter(NOON_MS - 2 * DAY_MS, NOON_MS, 500)
    expect(intervals).toHaveLength(192)
    const days = intervals.filter(({ wall }) => wall.hour === 0 && wall.minute === 0)
    const { topic, payload } = mqttBacklog(meter, intervals, days)
    const decoded = decodeMessage(topic, payload)
    if (decoded.kind !== 'readings') throw new Error(decoded.malformed.message)
    const readings = decoded.devices.flatMap((device) => device.readings)
    const midnight = { kind: 'epoch', ms: Date.UTC(2026, 10, 21, 16) }
    const { total } = meter.registersAt(midnight.ms - 2_000, 1_000).import
    for (const dataClass of ['daily', 'interval']) {
      expect(readings).toContainEqual(
        expect.objectContaining({
          item: '1.8.0',
          dataClass,
          at: midnight,
          value: { kind: 'number', digits: total, scale: 3 },
        }),
      )
    }
  })
})
