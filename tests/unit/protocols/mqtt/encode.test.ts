import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalText, meterTimeText, type Stamp, valueText } from '#protocols/model'
import {
  decodeMessage,
  encodeBatch,
  encodeMessages,
  type MqttMessage,
  type PublisherFamily,
  type Snapshot,
} from '#protocols/mqtt'

const wall = { year: 2026, month: 11, day: 21, hour: 22, minute: 30, second: 0 }
const at = { epochMs: 1_795_271_400_250, wall }
const snapshot: Snapshot = {
  device: 'meter-1',
  at,
  samples: [
    { code: '1.8.0', digits: 1_234_567, scale: 2 },
    { code: '2.8.0', digits: 0, scale: 2 },
    { code: '16.7.0', digits: -12_345, scale: 4 },
    { code: '32.7.0', digits: 2301, scale: 1 },
    { code: '52.7.0', digits: 2302, scale: 1 },
    { code: '72.7.0', digits: 2303, scale: 1 },
    { code: '31.7.0', digits: 1500, scale: 3 },
    { code: '14.7.0', digits: 5001, scale: 2 },
  ],
}

function heard(messages: readonly MqttMessage[]) {
  return messages.flatMap(({ topic, payload }) => {
    const decoded = decodeMessage(topic, payload)
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    return decoded.devices.flatMap(({ device, readings }) => {
      return readings.map(({ item, value, at: stamp, dataClass }) => {
        return { device, item, value: Number(valueText(value)), stamp, dataClass }
      })
    })
  })
}

const families: readonly (readonly [PublisherFamily, Stamp | null])[] = [
  ['openhes', { kind: 'epoch', ms: at.epochMs }],
  ['tasmota', { kind: 'wall', time: wall }],
  ['shelly', null],
  ['neuron-values', { kind: 'epoch', ms: at.epochMs }],
  ['neuron-tags', { kind: 'epoch', ms: at.epochMs }],
]

describe('a publisher', () => {
  test.each(families)('of %s says what the decoder hears', (family, stamp) => {
    const found = heard(encodeMessages(family, snapshot))
    const byCode = new Map(found.map((one) => [one.item, one]))
    expect(byCode.size).toBe(snapshot.samples.length)
    for (const { code, digits, scale } of snapshot.samples) {
      const value = Number(decimalText(digits, scale))
      expect(byCode.get(code)).toMatchObject({ device: 'meter-1', value, stamp })
    }
  })

  test('of a single phase sends a number, not a list', () => {
    const samples = snapshot.samples.filter(({ code }) => code !== '52.7.0')
    const [message] = encodeMessages('tasmota', { ...snapshot, samples })
    expect(new TextDecoder().decode(message?.payload)).toContain('"Voltage":230.1')
  })

  test('of three phases sends the sum of their energies and a list of their voltages', () => {
    const phases = ['21.8.0', '41.8.0', '61.8.0'] as const
    const energies = phases.map((code) => ({ code, digits: 1, scale: 0 }))
    const bodyOf = (samples: Snapshot['samples']) => {
      const [message] = encodeMessages('tasmota', { ...snapshot, samples })
      return new TextDecoder().decode(message?.payload)
    }
    const whole = bodyOf([...snapshot.samples, ...energies])
    expect(whole).toContain('"Total":12345.67')
    expect(whole).toContain('"Voltage":[230.1,230.2,230.3]')
    expect(bodyOf(energies)).toContain('"Total":[1,1,1]')
  })

  test('with a backlog sends one batch with a time and class for each group', () => {
    const message = encodeBatch('meter-1', [
      { dataClass: 'interval', at, samples: snapshot.samples.slice(0, 1) },
      { dataClass: 'daily', at: { ...at, epochMs: 0 }, samples: snapshot.samples.slice(0, 2) },
    ])
    expect(message.topic).toBe('openhes/v1/meters/meter-1/readings')
    expect(heard([message]).map(({ dataClass, stamp }) => [dataClass, stamp])).toEqual([
      ['interval', { kind: 'epoch', ms: at.epochMs }],
      ['daily', { kind: 'epoch', ms: 0 }],
      ['daily', { kind: 'epoch', ms: 0 }],
    ])
  })

  test('loses no digit of any value on the way', () => {
    const digits = fc.maxSafeInteger()
    fc.assert(
      fc.property(digits, fc.nat(9), (value, scale) => {
        const samples = [{ code: '1.8.0', digits: value, scale }] as const
        const [message] = encodeMessages('openhes', { ...snapshot, samples })
        const decoded = message && decodeMessage(message.topic, message.payload)
        expect(decoded).toMatchObject({
          devices: [{ readings: [{ value: { kind: 'number', digits: value, scale } }] }],
        })
      }),
    )
  })
})

describe('the time of a message', () => {
  const published = (iso: string) => {
    const payload = `{"at":${JSON.stringify(iso)},"readings":[{"register":"1.8.0","value":1}]}`
    const decoded = decodeMessage('openhes/v1/meters/1/readings', new TextEncoder().encode(payload))
    return decoded.kind === 'readings' ? (decoded.devices[0]?.readings[0]?.at ?? null) : null
  }
  const instant = fc.date({
    min: new Date(0),
    max: new Date('9999-12-31T00:00:00Z'),
    noInvalidDate: true,
  })

  test('is the instant that ISO 8601 names, in any zone', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
        const shifted = new Date(date.getTime() + 60_000 * offset)
        fc.pre(shifted.getTime() >= 0 && shifted.getUTCFullYear() <= 9999)
        const pad = (value: number) => String(value).padStart(2, '0')
        const magnitude = Math.abs(offset)
        const sign = offset < 0 ? '-' : '+'
        const zone = `${sign}${pad(Math.trunc(magnitude / 60))}:${pad(magnitude % 60)}`
        expect(published(shifted.toISOString().replace('Z', zone))).toEqual({
          kind: 'epoch',
          ms: date.getTime(),
        })
      }),
    )
  })

  test('is written as it is read', () => {
    fc.assert(
      fc.property(instant, (date) => {
        const epochMs = date.getTime()
        const [message] = encodeMessages('openhes', { ...snapshot, at: { epochMs, wall } })
        const text = new TextDecoder().decode(message?.payload)
        const written = /"at":"([^"]+)"/.exec(text)?.[1] ?? ''
        expect(new Date(written).getTime()).toBe(epochMs)
      }),
    )
  })

  test.each([
    ['2026-11-21T22:30:00', '2026-11-21T22:30:00'],
    ['2026-11-21 22:30', '2026-11-21T22:30:00'],
    ['2028-02-29T23:59:59.999', '2028-02-29T23:59:59'],
  ])('without a zone is the wall clock of the device: %s', (written, meant) => {
    const stamp = published(written)
    expect(stamp?.kind === 'wall' && meterTimeText(stamp.time)).toBe(meant)
  })

  test.each([
    '2026-11-31T00:00:00Z',
    '2026-02-29T00:00:00',
    '2100-02-29T00:00:00',
    '2026-01-01T24:00:00',
    '2026-01-01T00:00:00+08:60',
  ])('that no calendar has is none: %s', (written) => {
    expect(published(written)).toBeNull()
  })
})
