import type { Reading, Stamp } from '#protocols/model'
import { type Data, isLogicalName, obisOf, octetsText } from './data.ts'
import { columnsOf } from './profile.ts'
import { kaifaLists, type MakerScale, makerScales, scaleOf } from './push-table.ts'
import type { ServiceOf } from './services.ts'
import { readTime, stampOf, type ZoneRule } from './time.ts'
import { type Place, readingOf, type ScalerUnit, scalerOf } from './values.ts'

type Notification = ServiceOf<'data-notification'> | ServiceOf<'event-notification'>

interface Pushed extends Place {
  readonly data: Data
  readonly scaler: ScalerUnit | null
}

/**
 * Readings of what a meter sends unasked. Lists explain themselves by names and scalers (Aidon), by
 * a list of capture objects (Landis+Gyr), by names alone (Kamstrup, Kaifa in Sweden), or not at all
 * (Kaifa in Norway). A number whose scaler nobody knows stays outside the register model.
 */
export function pushReadings(notification: Notification, zone: ZoneRule): readonly Reading[] {
  const time = stampIn(notification.time, zone)
  if (notification.kind === 'event-notification') {
    const { classId, obis, id } = notification.target
    const place = { classId, obis, attribute: id }
    return [readingOf(place, notification.value, null, time, 'current')]
  }
  const pushed = pushedIn(notification.body)
  const clock = pushed.find(({ classId, obis }) => classId === 8 || isClock(obis))
  const shown = clock?.data.kind === 'octets' ? stampIn(clock.data.bytes, zone) : null
  return pushed.map((each) => readingOf(each, each.data, each.scaler, shown ?? time, 'current'))
}

const isClock = (obis: string) => /^0\.[01]\.1\.0\.0\.255$/.test(obis)

function stampIn(bytes: Uint8Array, zone: ZoneRule): Stamp | null {
  const time = readTime(bytes)
  return time && stampOf(time, zone)
}

function pushedIn(body: Data): readonly Pushed[] {
  if (body.kind !== 'list') return []
  const { items } = body
  const captured = items[0] && columnsOf(items[0])
  if (captured && captured.length === items.length) return byColumns(items, captured)
  if (items.every((item) => item.kind === 'list' && isLogicalName(item.items[0]))) {
    return items.flatMap((item) => (item.kind === 'list' ? pairs(item.items, null) : []))
  }
  const maker = makerOf(items)
  const kaifa = kaifaLists[items.length]
  if (kaifa && maker && !items.some(isLogicalName)) return inOrder(items, kaifa, maker)
  return pairs(items, maker)
}

/** The list of capture objects comes first and counts itself. */
function byColumns(
  items: readonly Data[],
  columns: readonly (Place & { readonly index: number })[],
): readonly Pushed[] {
  return columns.flatMap((place, index) => {
    const data = items[index]
    const isValue = index > 0 && data && place.index === 0
    return isValue ? [{ ...place, data, scaler: null }] : []
  })
}

function inOrder(
  items: readonly Data[],
  names: readonly string[],
  maker: MakerScale,
): readonly Pushed[] {
  return names.flatMap((obis, index) => {
    const data = items[index]
    return data ? [{ ...placeOf(obis, data), data, scaler: scaleOf(obis, maker) }] : []
  })
}

/** name, value and perhaps scaler and unit, again and again; what has no name is passed over. */
function pairs(items: readonly Data[], maker: MakerScale | null): readonly Pushed[] {
  const found: Pushed[] = []
  for (let index = 0; index < items.length; index++) {
    const name = items[index]
    const data = items[index + 1]
    // Two names in a row: the first one's value is itself a name, or missing.
    if (!isLogicalName(name) || !data || data.kind === 'null') continue
    const obis = obisOf(name.bytes)
    const told = scalerOf(items[index + 2])
    found.push({ ...placeOf(obis, data), data, scaler: told ?? scaleOf(obis, maker) })
    index += told ? 2 : 1
  }
  return found
}

/** A list says no class: numbers are registers, the clock is one, the rest is data. */
function placeOf(obis: string, data: Data): Place {
  const isNumber = data.kind === 'integer' || data.kind === 'long64' || data.kind === 'float'
  const classId = isClock(obis) ? 8 : isNumber ? 3 : 1
  return { classId, obis, attribute: 2 }
}

function makerOf(items: readonly Data[]): MakerScale | null {
  for (const item of items) {
    const text =
      item.kind === 'text' ? item.text : item.kind === 'octets' ? octetsText(item.bytes) : ''
    const known = makerScales.find(([id]) => id.test(text))
    if (known) return known[1]
  }
  return null
}
