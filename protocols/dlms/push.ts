import { type Reading, type Stamp, valueText } from '#protocols/model'
import { type Data, isLogicalName, obisOf, octetsText } from './data.ts'
import { disconnectClass, disconnectObis } from './items-table.ts'
import { columnsOf } from './profile.ts'
import {
  type MakerScale,
  makerScales,
  type PushKind,
  type PushProfile,
  pushProfiles,
  scaleOf,
  settled,
  setupScales,
} from './push-table.ts'
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
 * (Kaifa in Norway, Iskraemeco): those are known by profiles. A number whose scaler nobody knows
 * stays outside the register model.
 */
export function pushReadings(notification: Notification, zone: ZoneRule): readonly Reading[] {
  return readingsIn(notification, zone).map(({ reading }) => reading)
}

/** What a meter's values mean, for people, by the value as it was read. */
export function pushWords(notification: Notification): ReadonlyMap<Data, string> {
  const all = readingsIn(notification, 'wall-clock')
  // A value that is itself the name of an object says already what it is.
  const told = all.filter(({ data }) => !isLogicalName(data))
  return new Map(told.map(({ data, reading }) => [data, wordsOf(data, reading)]))
}

/** A value that stands there as text already needs its name alone. */
function wordsOf({ kind }: Data, { name, value, unit }: Reading): string {
  const isShown = value.kind === 'missing' || (kind !== 'integer' && value.kind !== 'number')
  if (isShown) return `, ${name}`
  return `, ${name} ${valueText(value)}${unit === '' ? '' : ` ${unit}`}`
}

function readingsIn(
  notification: Notification,
  zone: ZoneRule,
): readonly { readonly data: Data; readonly reading: Reading }[] {
  const time = stampIn(notification.time, zone)
  if (notification.kind === 'event-notification') {
    const { classId, obis, id } = notification.target
    const place = { classId, obis, attribute: id }
    const data = notification.value
    return [{ data, reading: readingOf(place, data, null, time, 'current') }]
  }
  const pushed = pushedIn(notification)
  const clock = pushed.find(({ classId, obis }) => classId === 8 || isClock(obis))
  const shown = clock?.data.kind === 'octets' ? stampIn(clock.data.bytes, zone) : null
  return pushed.map(({ data, scaler, ...place }) => {
    return { data, reading: readingOf(place, data, scaler, shown ?? time, 'current') }
  })
}

const isClock = (obis: string) => /^0\.[01]\.1\.0\.0\.255$/.test(obis)

function stampIn(bytes: Uint8Array, zone: ZoneRule): Stamp | null {
  const time = readTime(bytes)
  return time && stampOf(time, zone)
}

function pushedIn({ body, invoke }: ServiceOf<'data-notification'>): readonly Pushed[] {
  if (body.kind !== 'list') return []
  const { items } = body
  const captured = items[0] && columnsOf(items[0])
  if (captured && captured.length === items.length) {
    const setup = setupScales[captured[0]?.obis ?? '']
    return scaledBy(setup ?? null, byColumns(items, captured))
  }
  const profile = pushProfiles.find((each) => fits(each, items, invoke))
  if (profile) return scaledBy(profile.scale, inOrder(items, profile))
  return scaledBy(makerOf(items), pairs(items))
}

/** A scaler that the list itself tells comes first. */
function scaledBy(maker: MakerScale | null, pushed: readonly Pushed[]): readonly Pushed[] {
  if (!maker) return pushed
  const numbers = pushed.flatMap(({ obis, data }) => {
    return data.kind === 'integer' ? [[obis, data.value] as const] : []
  })
  const scale = settled(maker, numbers)
  return pushed.map((each) => {
    const isValue = each.classId === 3 && each.attribute === 2
    return each.scaler || !isValue ? each : { ...each, scaler: scaleOf(each.obis, scale) }
  })
}

function fits(profile: PushProfile, items: readonly Data[], invoke: number): boolean {
  const { told, columns } = profile
  if (columns.length !== items.length) return false
  if (!columns.every(([kind], index) => isOfKind(items[index], kind))) return false
  if (told === 'nowhere') return invoke === profile.invoke
  const [at, text] = told
  const teller = items[at]
  return teller !== undefined && text.test(textIn(teller))
}

/** Tags of the integer types that a column may be. */
const tags: Partial<Readonly<Record<PushKind, number>>> = { u8: 17, u16: 18, u32: 6, enum: 22 }

function isOfKind(data: Data | undefined, kind: PushKind): boolean {
  if (kind === 'number') return data?.kind === 'integer' || data?.kind === 'long64'
  if (kind === 'octets' || kind === 'boolean' || kind === 'list') return data?.kind === kind
  return data?.kind === 'integer' && data.tag === tags[kind]
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

function inOrder(items: readonly Data[], { columns }: PushProfile): readonly Pushed[] {
  return columns.flatMap(([, obis], index) => {
    const data = items[index]
    return data && obis !== null ? [{ ...placeOf(obis, data), data, scaler: null }] : []
  })
}

/**
 * Name, value and perhaps scaler and unit, again and again, in a row or each in a list of its own;
 * what has no name is passed over.
 */
function pairs(items: readonly Data[]): readonly Pushed[] {
  const found: Pushed[] = []
  for (let index = 0; index < items.length; index++) {
    const name = items[index]
    const data = items[index + 1]
    if (name?.kind === 'list' && isLogicalName(name.items[0])) found.push(...pairs(name.items))
    // Two names in a row: the first one's value is itself a name, or missing.
    if (!isLogicalName(name) || !data || data.kind === 'null') continue
    const obis = obisOf(name.bytes)
    const scaler = scalerOf(items[index + 2])
    found.push({ ...placeOf(obis, data), data, scaler })
    index += scaler ? 2 : 1
  }
  return found
}

/** A list says no class: numbers are registers, the clock is one, the rest is data. */
function placeOf(obis: string, data: Data): Place {
  const isNumber = data.kind === 'integer' || data.kind === 'long64' || data.kind === 'float'
  // What a relay says of itself by a number is its control state.
  if (obis === disconnectObis && isNumber) return { classId: disconnectClass, obis, attribute: 3 }
  const classId = isClock(obis) ? 8 : isNumber ? 3 : 1
  return { classId, obis, attribute: 2 }
}

function makerOf(items: readonly Data[]): MakerScale | null {
  for (const item of items) {
    const known = makerScales.find(([id]) => id.test(textIn(item)))
    if (known) return known[1]
  }
  return null
}

function textIn(data: Data): string {
  return data.kind === 'text' ? data.text : data.kind === 'octets' ? octetsText(data.bytes) : ''
}
