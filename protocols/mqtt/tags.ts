import type { Reading } from '#protocols/model'
import { Fault, field, isList, isObject, type Json, type JsonObject } from './json.ts'
import type { PayloadForm } from './mapping.ts'
import { type DeviceReadings, noDevice, readingOf, timeOf } from './reading.ts'
import { fill, type TopicParts } from './topic.ts'

type TagsForm = Extract<PayloadForm, { kind: 'tags' }>

/** A tag with its value; null where the gateway could not read it. */
interface TagValue {
  readonly name: string
  readonly json: Json
  readonly path: string
}

/** Neuron: `values` and `errors` by name, or `tags` as a list. A tag that no rule names is left. */
export function readTags(
  form: TagsForm,
  parts: TopicParts,
  json: Json,
): readonly DeviceReadings[] | Fault {
  if (!isObject(json)) return new Fault('mqtt.wrong-type', 'an object should stand here', '$')
  const device = fill(form.device, parts, json)
  if (device === undefined) return noDevice(form.device)
  const stamp = timeOf(form.time, json)
  if (stamp instanceof Fault) return stamp
  const values = tagValues(json)
  if (values instanceof Fault) return values
  const readings: Reading[] = []
  for (const { name, json: value, path } of values) {
    const tag = Object.hasOwn(form.tags, name) ? form.tags[name] : undefined
    if (!tag) continue
    const reading = readingOf(tag.code, value, tag.unit, path, stamp)
    if (reading instanceof Fault) return reading
    readings.push(reading)
  }
  return [{ device, readings }]
}

function tagValues(json: JsonObject): readonly TagValue[] | Fault {
  const list = field(json, 'tags')
  if (list !== undefined) return listed(list)
  const values = field(json, 'values')
  if (!isObject(values)) {
    return new Fault('mqtt.no-values', 'neither tags nor values are there', '$')
  }
  const errors = field(json, 'errors') ?? {}
  if (!isObject(errors))
    return new Fault('mqtt.wrong-type', 'an object should stand here', '$.errors')
  const good = Object.entries(values).map(([name, value]) => {
    return { name, json: value, path: `$.values.${name}` }
  })
  const failed = Object.keys(errors)
    .filter((name) => !Object.hasOwn(values, name))
    .map((name) => ({ name, json: null, path: `$.errors.${name}` }))
  return [...good, ...failed]
}

function listed(list: Json): readonly TagValue[] | Fault {
  if (!isList(list)) return new Fault('mqtt.wrong-type', 'a list should stand here', '$.tags')
  const values: TagValue[] = []
  for (const [index, tag] of list.entries()) {
    const path = `$.tags[${index}]`
    const name = isObject(tag) ? field(tag, 'name') : undefined
    if (!isObject(tag) || typeof name !== 'string') {
      return new Fault('mqtt.wrong-type', 'an object with a name should stand here', path)
    }
    values.push({ name, json: field(tag, 'value') ?? null, path: `${path}.value` })
  }
  return values
}
