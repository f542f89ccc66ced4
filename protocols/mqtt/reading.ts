import { type ItemCode, itemOf, type Reading, type Stamp } from '#protocols/model'
import { measuredValue } from './decimal.ts'
import { at, Fault, type Json } from './json.ts'
import type { TimeRule } from './mapping.ts'
import { stampOf } from './time.ts'

/** Readings of one device out of one message. */
export interface DeviceReadings {
  /** As the topic or payload names it: the meter's address in the registry. */
  readonly device: string
  readonly readings: readonly Reading[]
}

/** What a float32 or double of a gateway is worth at most in the catalogue's units. */
const GATEWAY_DECIMALS = 6

export function timeOf(rule: TimeRule | null, json: Json): Stamp | null | Fault {
  const value = rule ? at(json, rule.path) : undefined
  if (!rule || value === undefined || value === null) return null
  return stampOf(value, rule.form, `$.${rule.path}`)
}

export function noDevice(template: string): Fault {
  return new Fault('mqtt.no-device', `the payload does not fill the device id ${template}`, '$')
}

export function readingOf(
  code: ItemCode,
  json: Json,
  unit: string,
  path: string,
  stamp: Stamp | null,
): Reading | Fault {
  const item = itemOf(code)
  if (!item) return new Fault('mqtt.unknown-register', `${code} is no register`, path)
  const value = measuredValue(json, item, unit, path, GATEWAY_DECIMALS)
  if (value instanceof Fault) return value
  return {
    item: item.code,
    dataId: path,
    name: item.en,
    unit: item.unit,
    value,
    dataClass: 'current',
    at: stamp,
  }
}
