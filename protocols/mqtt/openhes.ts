import { type DataClass, itemOf, type Reading, type Stamp } from '#protocols/model'
import { measuredValue } from './decimal.ts'
import { Fault, field, isList, isObject, type Json, type JsonObject } from './json.ts'
import type { DeviceReadings } from './reading.ts'
import { stampOf } from './time.ts'

const classes: readonly string[] = ['current', 'interval', 'daily', 'monthly'] satisfies DataClass[]

/** The OpenHES form: one group of readings, or `batch` with a list of them (README). */
export function readOpenhes(device: string, json: Json): readonly DeviceReadings[] | Fault {
  if (!isObject(json)) return new Fault('mqtt.wrong-type', 'an object should stand here', '$')
  const batch = field(json, 'batch')
  if (batch === undefined) {
    const readings = readGroup(json, '$')
    return readings instanceof Fault ? readings : [{ device, readings }]
  }
  if (!isList(batch)) return new Fault('mqtt.wrong-type', 'a list should stand here', '$.batch')
  const all: Reading[] = []
  for (const [index, group] of batch.entries()) {
    const readings = readGroup(group, `$.batch[${index}]`)
    if (readings instanceof Fault) return readings
    all.push(...readings)
  }
  return [{ device, readings: all }]
}

function readGroup(group: Json, path: string): readonly Reading[] | Fault {
  if (!isObject(group)) return new Fault('mqtt.wrong-type', 'an object should stand here', path)
  const list = field(group, 'readings')
  if (!isList(list)) {
    return new Fault('mqtt.no-values', 'a list of readings should stand here', `${path}.readings`)
  }
  const dataClass = classOf(group, path)
  if (dataClass instanceof Fault) return dataClass
  const stamp = groupStamp(group, dataClass, path)
  if (stamp instanceof Fault) return stamp
  const readings: Reading[] = []
  const seen = new Set<string>()
  for (const [index, entry] of list.entries()) {
    const reading = readEntry(entry, dataClass, stamp, `${path}.readings[${index}]`)
    if (reading instanceof Fault) return reading
    if (seen.has(reading.name)) {
      const text = `${reading.item} stands here a second time`
      return new Fault('mqtt.duplicate-register', text, `${path}.readings[${index}]`)
    }
    seen.add(reading.name)
    readings.push(reading)
  }
  return readings
}

function isDataClass(json: Json): json is DataClass {
  return typeof json === 'string' && classes.includes(json)
}

function classOf(group: JsonObject, path: string): DataClass | Fault {
  const json = field(group, 'class') ?? 'current'
  if (isDataClass(json)) return json
  return new Fault('mqtt.wrong-class', `the class is one of ${classes.join(', ')}`, `${path}.class`)
}

/** A present value may lack a time; what is filed under a time needs it. */
function groupStamp(group: JsonObject, dataClass: DataClass, path: string): Stamp | null | Fault {
  const json = field(group, 'at') ?? null
  if (json !== null) return stampOf(json, 'iso', `${path}.at`)
  if (dataClass === 'current') return null
  return new Fault('mqtt.wrong-time', `readings of class ${dataClass} need a time`, `${path}.at`)
}

function readEntry(
  entry: Json,
  dataClass: DataClass,
  stamp: Stamp | null,
  path: string,
): Reading | Fault {
  if (!isObject(entry)) return new Fault('mqtt.wrong-type', 'an object should stand here', path)
  const register = field(entry, 'register')
  if (typeof register !== 'string') {
    return new Fault('mqtt.wrong-type', 'a register code should stand here', `${path}.register`)
  }
  const item = itemOf(register)
  if (!item) {
    return new Fault('mqtt.unknown-register', `${register} is no register`, `${path}.register`)
  }
  const unit = field(entry, 'unit') ?? item.unit
  if (typeof unit !== 'string') {
    return new Fault('mqtt.wrong-type', 'a unit should stand here', `${path}.unit`)
  }
  const json = field(entry, 'value')
  if (json === undefined) {
    return new Fault('mqtt.no-values', 'a value should stand here', `${path}.value`)
  }
  const value = measuredValue(json, item, unit, `${path}.value`, null)
  if (value instanceof Fault) return value
  const { code, en } = item
  return { item: code, dataId: register, name: en, unit: item.unit, value, dataClass, at: stamp }
}
