import {
  type DataClass,
  decimalText,
  type ItemCode,
  itemOf,
  type MeterTime,
  meterTimeText,
} from '#protocols/model'
import { type Json, type JsonObject, NumberText, writeJson } from './json.ts'
import type { Mapping, PhaseCodes, Section, TimeRule, ValueRow } from './mapping.ts'
import { mappings } from './mappings.ts'
import { isoOfEpoch } from './time.ts'
import { exponentTo } from './units.ts'

/** A value to publish, in the catalogue's unit. */
export interface Sample {
  readonly code: ItemCode
  readonly digits: number
  readonly scale: number
}

/** What a meter says at one moment. */
export interface Snapshot {
  readonly device: string
  /** The same moment as an instant and as the device's wall clock. */
  readonly at: { readonly epochMs: number; readonly wall: MeterTime }
  readonly samples: readonly Sample[]
}

/** One group of the OpenHES batch form. */
export interface BatchGroup extends Pick<Snapshot, 'at' | 'samples'> {
  readonly dataClass: DataClass
}

export interface MqttMessage {
  readonly topic: string
  readonly payload: Uint8Array
}

export type PublisherFamily = 'openhes' | 'tasmota' | 'shelly' | 'neuron-values' | 'neuron-tags'

/** The messages by which a device of this family says what it measures. */
export function encodeMessages(
  family: PublisherFamily,
  snapshot: Snapshot,
): readonly MqttMessage[] {
  switch (family) {
    case 'openhes':
      return [message(openhesTopic(snapshot.device), group(snapshot))]
    case 'tasmota':
      return tasmotaMessages(snapshot)
    case 'shelly':
      return shellyMessages(snapshot)
    case 'neuron-values':
      return [
        message(
          '/neuron/openhes',
          neuron(snapshot, { values: tagValues(snapshot), errors: {}, metas: {} }),
        ),
      ]
    case 'neuron-tags':
      return [message('/neuron/openhes', neuron(snapshot, { tags: tagList(snapshot) }))]
  }
}

/** What a device kept while it was offline, in the OpenHES batch form. */
export function encodeBatch(device: string, groups: readonly BatchGroup[]): MqttMessage {
  const batch = groups.map((held) => ({ class: held.dataClass, ...group(held) }))
  return message(openhesTopic(device), { batch })
}

function message(topic: string, json: Json): MqttMessage {
  return { topic, payload: new TextEncoder().encode(writeJson(json)) }
}

function openhesTopic(device: string): string {
  return `openhes/v1/meters/${device}/readings`
}

function group({ at, samples }: Pick<Snapshot, 'at' | 'samples'>): JsonObject {
  const readings = samples.map(({ code, digits, scale }) => {
    return { register: code, value: decimalText(digits, scale), unit: itemOf(code)?.unit ?? '' }
  })
  return { at: isoOfEpoch(at.epochMs), readings }
}

function neuron({ device, at }: Snapshot, body: JsonObject): JsonObject {
  return { timestamp: new NumberText(String(at.epochMs)), node: device, group: 'meter', ...body }
}

function tagValues({ samples }: Snapshot): JsonObject {
  return Object.fromEntries(samples.map((sample) => [sample.code, numberOf(sample, 0)]))
}

function tagList({ samples }: Snapshot): readonly Json[] {
  return samples.map((sample) => ({ name: sample.code, value: numberOf(sample, 0) }))
}

/** × 10^`exponent`, with all its digits. */
function numberOf({ digits, scale }: Sample, exponent: number): NumberText {
  const rest = scale - exponent
  const text = rest >= 0 ? decimalText(digits, rest) : `${digits}${'0'.repeat(-rest)}`
  return new NumberText(digits === 0 && rest < 0 ? '0' : text)
}

function tasmotaMessages(snapshot: Snapshot): readonly MqttMessage[] {
  const mapping = mappings.find(({ family }) => family === 'tasmota')
  return mapping ? sectionMessages(mapping, snapshot) : []
}

function shellyMessages(snapshot: Snapshot): readonly MqttMessage[] {
  const three = ['{device}/status/em:{n}', '{device}/status/emdata:{n}']
  const mine = mappings.filter(({ topic }) => three.includes(topic))
  return mine.flatMap((mapping) => sectionMessages(mapping, snapshot))
}

function sectionMessages(mapping: Mapping, snapshot: Snapshot): readonly MqttMessage[] {
  const { form, topic } = mapping
  const section = form.kind === 'sections' ? form.sections[0] : undefined
  if (form.kind !== 'sections' || !section) return []
  const fields = sectionFields(section, snapshot.samples)
  const head = form.time ? timeField(form.time, snapshot) : { id: new NumberText('0') }
  const body = section.path === '' ? { ...head, ...fields } : { ...head, [section.path]: fields }
  const address = topic.replace('{device}', snapshot.device).replace('{n}', '0')
  return [message(address, body)]
}

function timeField(rule: TimeRule, { at }: Snapshot): JsonObject {
  return { [rule.path]: meterTimeText(at.wall) }
}

/** The rows turned round: every value the section has a field for. */
function sectionFields(section: Section, samples: readonly Sample[]): JsonObject {
  const byCode = new Map(samples.map((sample) => [sample.code, sample]))
  const fields: Record<string, Json> = {}
  for (const row of section.rows) {
    const value = rowValue(row, byCode)
    if (value !== undefined) fields[row[0]] = value
  }
  return fields
}

function rowValue(row: ValueRow, samples: ReadonlyMap<ItemCode, Sample>): Json | undefined {
  const [, unit, code, phases] = row
  const one = (wanted: ItemCode): NumberText | undefined => {
    const sample = samples.get(wanted)
    const exponent = exponentTo(unit, itemOf(wanted)?.unit ?? '')
    return sample && exponent !== undefined ? numberOf(sample, -exponent) : undefined
  }
  const single = code === null ? undefined : one(code)
  // Tasmota sends the sum of its energies, unless it is told to split them (SetOption129).
  if (single !== undefined && code !== null && itemOf(code)?.kind === 'register') return single
  return (phases ? phaseValues(phases, one) : undefined) ?? single
}

/** All three or none: a device with one phase sends a number, not a list. */
function phaseValues(
  phases: PhaseCodes,
  one: (code: ItemCode) => NumberText | undefined,
): readonly Json[] | undefined {
  const values = phases.map(one)
  return values.every((value) => value !== undefined) ? values : undefined
}
