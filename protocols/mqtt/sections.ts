import type { ItemCode, Reading, Stamp } from '#protocols/model'
import { at, Fault, isList, isObject, type Json } from './json.ts'
import type { Condition, PayloadForm, Section, ValueRow } from './mapping.ts'
import { type DeviceReadings, noDevice, readingOf, timeOf } from './reading.ts'
import { fill, type TopicParts } from './topic.ts'

type SectionsForm = Extract<PayloadForm, { kind: 'sections' }>

export function readSections(
  form: SectionsForm,
  parts: TopicParts,
  json: Json,
): readonly DeviceReadings[] | Fault {
  if (!isObject(json)) return new Fault('mqtt.wrong-type', 'an object should stand here', '$')
  const stamp = timeOf(form.time, json)
  if (stamp instanceof Fault) return stamp
  const byDevice = new Map<string, Reading[]>()
  for (const section of form.sections) {
    for (const [path, number] of pathsOf(section, json)) {
      const device = fill(section.device, { n: number, ...parts }, json)
      if (device === undefined) return noDevice(section.device)
      const fault = readSection(section, at(json, path), path, device, stamp, byDevice)
      if (fault) return fault
    }
  }
  return [...byDevice].map(([device, readings]) => ({ device, readings }))
}

/** `params.em1:{n}` once for every number that the payload has, with the number. */
function pathsOf(section: Section, json: Json): readonly (readonly [string, string])[] {
  if (!section.path.endsWith('{n}')) return [[section.path, '']]
  const dot = section.path.lastIndexOf('.')
  const prefix = section.path.slice(dot + 1, -'{n}'.length)
  const parent = at(json, section.path.slice(0, dot))
  if (!isObject(parent)) return []
  return Object.keys(parent)
    .filter((key) => key.startsWith(prefix) && /^\d+$/.test(key.slice(prefix.length)))
    .map((key) => [`${section.path.slice(0, dot + 1)}${key}`, key.slice(prefix.length)])
}

function readSection(
  section: Section,
  json: Json | undefined,
  path: string,
  device: string,
  stamp: Stamp | null,
  byDevice: Map<string, Reading[]>,
): Fault | undefined {
  if (json === undefined) return undefined
  if (!isObject(json))
    return new Fault('mqtt.wrong-type', 'an object should stand here', `$.${path}`)
  const holds = ({ path: place, present }: Condition) => (at(json, place) !== undefined) === present
  if (section.when && !section.when.every(holds)) return undefined
  let found = false
  for (const row of section.rows) {
    const value = at(json, row[0])
    if (value === undefined) continue
    found = true
    const base = path === '' ? '$' : `$.${path}`
    for (const part of partsOf(row, value, `${base}.${row[0]}`)) {
      if (part instanceof Fault) return part
      const reading = readingOf(part.code, part.json, row[1], part.path, stamp)
      if (reading instanceof Fault) return reading
      const owner = `${device}${part.suffix}`
      const held = byDevice.get(owner)
      if (held) held.push(reading)
      else byDevice.set(owner, [reading])
    }
  }
  if (found || !section.required) return undefined
  return new Fault('mqtt.no-values', 'none of the fields of this topic is there', '$')
}

interface RowPart {
  readonly code: ItemCode
  readonly json: Json
  readonly path: string
  readonly suffix: string
}

/**
 * One value, the three phases of an array of three, or an array's channels: two clamps are not
 * two phases, so they become the devices `id/1` and `id/2`.
 */
function partsOf(row: ValueRow, json: Json, path: string): readonly (RowPart | Fault)[] {
  const [, , code, phases] = row
  if (!isList(json)) return code === null ? [] : [{ code, json, path, suffix: '' }]
  if (phases && json.length === phases.length) {
    return phases.map((phase, index) => {
      return { code: phase, json: json[index] ?? null, path: `${path}[${index}]`, suffix: '' }
    })
  }
  if (code === null || json.length > phasesMax) {
    return [new Fault('mqtt.wrong-type', 'one value should stand here, not a list', path)]
  }
  return json.map((held, index) => {
    const suffix = json.length === 1 ? '' : `/${index + 1}`
    return { code, json: held, path: `${path}[${index}]`, suffix }
  })
}

/** Channels of the largest meter that puts them into one array. */
const phasesMax = 16

type NumberForm = Extract<PayloadForm, { kind: 'number' }>

export function readNumber(
  form: NumberForm,
  parts: TopicParts,
  json: Json,
): readonly DeviceReadings[] | Fault {
  const { device = '', n = '' } = parts
  const code = form.phases[Number(n)]
  if (code === undefined) {
    return new Fault('mqtt.unknown-topic', `channel ${n} is no phase`, '')
  }
  const reading = readingOf(code, json, form.unit, '$', null)
  if (reading instanceof Fault) return reading
  return [{ device, readings: [reading] }]
}
