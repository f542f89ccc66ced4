import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { meterTimeText, type Reading, type Stamp, valueText } from '#protocols/model'
import {
  decodeMessage,
  describeMessage,
  type Mapping,
  mappings,
  mqttDecoder,
  neuronMapping,
  topicFilters,
} from '#protocols/mqtt'

interface MessageVector {
  readonly family: string
  readonly topic: string
  readonly payload: string
  readonly values: Readonly<Record<string, Readonly<Record<string, string | null>>>>
  readonly at: string | null
  readonly source: string
}

interface RefusedVector {
  readonly topic: string
  readonly payload: string
  readonly code: string
  readonly path: string
}

interface Vectors {
  readonly messages: readonly MessageVector[]
  readonly refused: readonly RefusedVector[]
}

const file = new URL('../../../vectors/mqtt.json', import.meta.url)
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))
const text = (payload: string) => new TextEncoder().encode(payload)

function stampText(stamp: Stamp | null): string | null {
  if (stamp === null) return null
  return stamp.kind === 'epoch' ? `epoch ${stamp.ms}` : `wall ${meterTimeText(stamp.time)}`
}

function valuesOf(readings: readonly Reading[]): Record<string, string | null> {
  return Object.fromEntries(readings.map(({ item, value }) => [item, valueText(value)]))
}

describe('a message', () => {
  test.each(vectors.messages)('of $family means what its source says: $source', (vector) => {
    const decoded = decodeMessage(vector.topic, text(vector.payload))
    if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
    expect(decoded.family).toBe(vector.family)
    const values = decoded.devices.map(({ device, readings }) => [device, valuesOf(readings)])
    expect(Object.fromEntries(values)).toEqual(vector.values)
    for (const { at } of decoded.devices.flatMap(({ readings }) => readings)) {
      expect(stampText(at)).toBe(vector.at)
    }
  })

  test.each(vectors.refused)('$payload on $topic is refused: $code at $path', (vector) => {
    const { topic, code, path } = vector
    const decoded = decodeMessage(topic, text(vector.payload))
    expect(decoded).toMatchObject({ kind: 'malformed', malformed: { code, topic, path } })
    expect(decoded.kind === 'malformed' && decoded.malformed.message).toContain(topic)
  })

  test('that is no UTF-8 or far too large is refused', () => {
    const refused = (payload: Uint8Array) => decodeMessage('tele/x/SENSOR', payload)
    expect(refused(Uint8Array.of(0xff, 0xfe))).toMatchObject({
      malformed: { code: 'mqtt.not-text' },
    })
    const large = new Uint8Array(1_048_577)
    expect(refused(large)).toMatchObject({ malformed: { code: 'mqtt.too-large' } })
  })

  test('keeps every digit that a double would lose', () => {
    const exact = '{"readings":[{"register":"1.8.0","value":9007199.254740993}]}'
    const decoded = decodeMessage('openhes/v1/meters/1/readings', text(exact))
    expect(decoded).toMatchObject({ malformed: { code: 'mqtt.value-out-of-range' } })
    const close =
      '{"readings":[{"register":"1.8.0","value":0.100000000},{"register":"2.8.0","value":1e3}]}'
    const kept = decodeMessage('openhes/v1/meters/1/readings', text(close))
    expect(kept.kind === 'readings' && valuesOf(kept.devices[0]?.readings ?? [])).toEqual({
      '1.8.0': '0.100000000',
      '2.8.0': '1000',
    })
  })

  test('with fields named like those every object has is not misled by them', () => {
    const odd = '{"node":"n","values":{"constructor":1,"__proto__":2,"toString":3}}'
    expect(decodeMessage('/neuron/a', text(odd))).toMatchObject({
      kind: 'readings',
      devices: [{ device: 'n', readings: [] }],
    })
  })

  test('never throws, whatever is changed in it', () => {
    const change = fc.record({ at: fc.nat(400), byte: fc.nat(255), cut: fc.nat(400) })
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors.messages),
        change,
        ({ topic, payload }, { at, byte, cut }) => {
          const changed = text(payload)
          if (at < changed.length) changed[at] = byte
          decodeMessage(topic, changed)
          decodeMessage(topic, changed.subarray(0, cut))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a mapping', () => {
  test('has a message that others published, whatever its family', () => {
    const proven = new Set(vectors.messages.map(({ family }) => family))
    const families = new Set(mappings.map(({ family }) => family))
    expect([...families].filter((family) => !proven.has(family))).toEqual([])
    expect(vectors.messages.every(({ source }) => source.length > 10)).toBe(true)
  })

  test('is what a broker is asked for, each filter once', () => {
    const filters = topicFilters(mappings)
    expect(filters).toContain('tele/+/SENSOR')
    expect(filters).toContain('+/status/+')
    expect(filters).toContain('openhes/v1/meters/+/readings')
    expect(new Set(filters).size).toBe(filters.length)
  })

  test('passes over what its filter brings along', () => {
    const decoded = decodeMessage('shellyplug-b2/status/wifi', text('connected'))
    expect(decoded).toEqual({ kind: 'readings', family: 'shelly', devices: [] })
  })

  test('of Neuron takes topic, device and tags from settings', () => {
    const tags = { energy: { code: '1.8.0', unit: 'Wh' } } as const
    const decode = mqttDecoder([
      neuronMapping({ topic: 'plant/{line}', device: '{$.node}/{$.group}', tags }),
    ])
    const payload = '{"timestamp":1,"node":"n","group":"g","values":{"energy":1500,"1.8.0":7}}'
    expect(decode('plant/a', text(payload))).toMatchObject({
      kind: 'readings',
      devices: [
        { device: 'n/g', readings: [{ item: '1.8.0', value: { digits: 1500, scale: 3 } }] },
      ],
    })
  })

  test('whose device the payload does not name is refused', () => {
    const section = { path: '', device: '{$.id}', required: false, rows: [] }
    const form = { kind: 'sections', time: null, sections: [section] } as const
    const decode = mqttDecoder([{ family: 'x', topic: 'a.b', form }])
    expect(decode('a.b', text('{}'))).toMatchObject({ malformed: { code: 'mqtt.no-device' } })
    expect(decode('axb', text('{}'))).toMatchObject({ malformed: { code: 'mqtt.unknown-topic' } })
  })

  test('with a row for lists only takes lists of one and passes over a bare value', () => {
    const rows: Extract<Mapping['form'], { kind: 'sections' }>['sections'][number]['rows'] = [
      ['u', 'V', null, ['32.7.0', '52.7.0', '72.7.0']],
      ['i', 'A', '31.7.0'],
    ]
    const section = { path: '', device: 'd', required: false, rows }
    const form = { kind: 'sections', time: null, sections: [section] } as const
    const decode = mqttDecoder([{ family: 'x', topic: 'a', form }])
    expect(decode('a', text('{"u":1,"i":[2]}'))).toMatchObject({
      devices: [{ device: 'd', readings: [{ item: '31.7.0' }] }],
    })
    expect(decode('a', text('{"u":[1,2]}'))).toMatchObject({
      malformed: { code: 'mqtt.wrong-type' },
    })
  })

  test('of a state takes text', () => {
    const payload = '{"readings":[{"register":"0.0.96.1.0","value":"A-17"}]}'
    const decoded = decodeMessage('openhes/v1/meters/1/readings', text(payload))
    expect(decoded).toMatchObject({
      devices: [{ readings: [{ value: { kind: 'text', text: 'A-17' } }] }],
    })
  })
})

describe('describing a message', () => {
  test('shows family, device and readings', () => {
    const payload = text('{"readings":[{"register":"1.8.0","value":"1.5"}]}')
    expect(describeMessage('openhes/v1/meters/77/readings', payload, decodeMessage)).toMatchObject({
      protocol: 'mqtt',
      valid: true,
      direction: 'report',
      address: '77',
      function: 'openhes',
      readings: [{ item: '1.8.0' }],
      error: null,
    })
  })

  test('names no single device where there are several, and the fault where it is malformed', () => {
    const two = text('{"ENERGY":{"Power":[1,2]}}')
    expect(describeMessage('tele/x/SENSOR', two, decodeMessage)).toMatchObject({
      address: null,
      extras: { devices: [{ device: 'x/1' }, { device: 'x/2' }] },
    })
    expect(describeMessage('tele/x/SENSOR', text('{'), decodeMessage)).toMatchObject({
      valid: false,
      error: { code: 'mqtt.not-json' },
      extras: { topic: 'tele/x/SENSOR', path: '$' },
    })
  })
})
