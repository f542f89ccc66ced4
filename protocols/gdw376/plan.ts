import { fromHex, toHex } from '#protocols/bytes'
import type { DataClass, MeterProfile, MeterTime, Plan } from '#protocols/model'
import { type Address, addressForm, parseAddress } from './address.ts'
import { clockOfText, writeClock } from './clock.ts'
import { densityOf, type StampKind } from './layout.ts'
import { layoutBytes, readsOf } from './registers.ts'
import { type DataUnit, type Gdw376Request, ownStation } from './request.ts'
import { askedStamp, functions, type InfoClass, infoClassOf, itemId } from './table.ts'
import { membersBytes } from './units.ts'

/** What one answer may come to, so that terminals with a small buffer send it in one frame. */
const answerMaxBytes = 420
/** The sequence number has four bits. */
const sequences = 16
const fnMax = 2040
const quarterHour = 15
const pointsPerDay = 96
const membersMax = 20
const noData = new Uint8Array(0)

/**
 * Requests for items, given as codes of the register model or as `0C-F129`. A class of the past
 * wants its time: `0D-F161:20261121` (Td_d), `0D-F177:202611` (Td_m), `0D-F101:20261121` (a day of
 * quarter hours) or `0D-F101:8@2026-11-21T10:15` (eight points from then on, `/30` for another
 * density). `0A-F10:1-8` asks for members by their numbers, `0E-F1:0-4` for event records, `0B-F1`
 * and `0B-F2:2026-11-21T00:00` at `/N` for the data of task N, of class 2 since a time, and `:=HEX`
 * gives the data of any class as bytes. Units of one function share frames while the
 * answer stays short; profile `single-unit` gives each its own.
 */
export function planReads(items: readonly string[], meter: MeterProfile): Plan<Gdw376Request> {
  const address = parseAddress(meter.address)
  if (!address) return { requests: [], unsupported: items }
  const asks: Ask[] = []
  const unsupported: string[] = []
  for (const item of items) {
    const found = asksFor(item, address)
    if (found.length === 0) unsupported.push(item)
    for (const ask of found) if (!asks.some((known) => isSame(known, ask))) asks.push(ask)
  }
  const frames = merged(asks, meter.profile === 'single-unit' ? 1 : Number.POSITIVE_INFINITY)
  const requests = frames.map(({ afn, units }, index) =>
    requestTo(address, afn, units, { sequence: index % sequences }),
  )
  return { requests, unsupported }
}

/** Why an item cannot be asked of an address; null where it can. */
export function whyUnsupported(item: string, meter: MeterProfile): string | null {
  const address = parseAddress(meter.address)
  if (!address) return `'${meter.address}' is not ${addressForm}`
  if (asksFor(item, address).length > 0) return null
  if (address.point === 0 && asksFor(item, { ...address, point: 1 }).length > 0) {
    return `${item} is of a metering point: give the address as ${meter.address}/N`
  }
  return `no information class gives ${item}`
}

/** A request to a terminal; what is not given is as a head-end usually has it. */
export function requestTo(
  address: Address,
  afn: number,
  units: readonly DataUnit[],
  more: Partial<Gdw376Request> = {},
): Gdw376Request {
  const { edition, region, terminal, group } = address
  return {
    edition,
    region,
    terminal,
    group,
    station: ownStation,
    afn,
    units,
    sequence: 0,
    countBit: null,
    password: null,
    timeTag: null,
    confirms: null,
    ...more,
  }
}

/** The item that brings codes of the register model as they were frozen: `0D-F161:20261121`. */
export function frozenItems(
  codes: readonly string[],
  dataClass: Exclude<DataClass, 'current'>,
  time: MeterTime,
): readonly string[] {
  const pad = (value: number) => String(value).padStart(2, '0')
  const month = `${time.year}${pad(time.month)}`
  const stamp = dataClass === 'monthly' ? month : month + pad(time.day)
  const best = codes.flatMap((code) => readsOf(code, dataClass).slice(0, 1))
  const ids = best.map(([afn, fn]) => itemId(afn, fn))
  return [...new Set(ids)].map((id) => `${id}:${stamp}`)
}

/** One unit to be asked for, and how long its answer may be. */
interface Ask {
  readonly afn: number
  readonly unit: DataUnit
  readonly answerBytes: number
}

const itemForm = /^(0[9A-E])-F(\d{1,4})(?::(.+))?$/i

function asksFor(item: string, address: Address): readonly Ask[] {
  const parts = itemForm.exec(item)
  if (parts) {
    const ask = askOf(Number.parseInt(parts[1] ?? '', 16), Number(parts[2]), parts[3], address)
    return ask ? [ask] : []
  }
  const found = readsOf(item, 'current').flatMap(([afn, fn]) => {
    const ask = askOf(afn, fn, undefined, address)
    return ask ? [ask] : []
  })
  // The clock of a metering point is its meter's, that of a terminal its own.
  return [found.find(({ unit }) => unit.pn === address.point) ?? found[0]].filter(
    (ask) => ask !== undefined,
  )
}

function askOf(afn: number, fn: number, more: string | undefined, address: Address): Ask | null {
  const info = infoClassOf(afn, fn)
  const isTerminal = info?.isTerminal ?? afn === functions.events
  if (fn < 1 || fn > fnMax || (!isTerminal && address.point === 0)) return null
  const question = more?.startsWith('=') ? givenData(more.slice(1)) : dataFor(afn, fn, info, more)
  if (!question) return null
  const pn = isTerminal ? 0 : address.point
  // What a task brings nobody knows beforehand, and each kind comes in an answer of its own.
  const isMeasured = info !== undefined && afn !== functions.task
  const answerBytes = isMeasured ? layoutBytes(info.layout, question.points) : answerMaxBytes
  return { afn, unit: { pn, fn, data: question.data }, answerBytes }
}

/** What a question carries, and how many points of a curve it asks for. */
interface Question {
  readonly data: Uint8Array
  readonly points: number
}

function givenData(hex: string): Question | null {
  const data = fromHex(hex)
  return data ? { data, points: 0 } : null
}

function dataFor(
  afn: number,
  fn: number,
  info: InfoClass | undefined,
  more: string | undefined,
): Question | null {
  const stamp = info ? askedStamp(info) : null
  if (stamp) return more === undefined ? null : stampData(stamp, more)
  if (afn === functions.events) return pointerData(more ?? '0-1')
  if (afn === functions.task && fn === 2) return more === undefined ? null : sinceData(more)
  if (afn === functions.ask && membersBytes.has(fn)) return memberData(fn, more)
  return more === undefined ? { data: noData, points: 0 } : null
}

function stampData(stamp: StampKind, more: string): Question | null {
  const day = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(more)
  const month = /^(\d{4})-?(\d\d)$/.exec(more)
  switch (stamp) {
    case 'day':
    case 'metering-day':
      return day ? stamped(`${day[1]}-${day[2]}-${day[3]}`, 'DDMMYY') : null
    case 'month':
      return month ? stamped(`${month[1]}-${month[2]}`, 'MMYY') : null
    default:
      if (day) return curveData(`${day[1]}-${day[2]}-${day[3]}T00:00`, quarterHour, pointsPerDay)
      return curvePoints(more)
  }
}

const curveForm = /^([1-9]\d{0,2})@(\d{4}-\d\d-\d\dT\d\d:\d\d)(?:\/(\d{1,2}))?$/

function curvePoints(more: string): Question | null {
  const parts = curveForm.exec(more)
  if (!parts) return null
  const [, points, from = '', minutes = String(quarterHour)] = parts
  return curveData(from, Number(minutes), Number(points))
}

function curveData(from: string, minutes: number, points: number): Question | null {
  const density = densityOf(minutes)
  const time = clockOfText(from, 'mmhhDDMMYY')
  if (density === null || !time || points > 0xff) return null
  const data = Uint8Array.of(...writeClock(time, 'mmhhDDMMYY'), density, points)
  return { data, points }
}

function sinceData(more: string): Question | null {
  const time = clockOfText(more, 'mmhhDDMMYY')
  return time ? { data: writeClock(time, 'mmhhDDMMYY'), points: 0 } : null
}

function stamped(text: string, layout: 'DDMMYY' | 'MMYY'): Question | null {
  const time = clockOfText(text, layout)
  return time ? { data: writeClock(time, layout), points: 0 } : null
}

/**
 * `4` is one event record from that pointer on, `4-8` the records up to, not with, the eighth, and
 * `254-2` four records: pointers begin anew behind 255.
 */
function pointerData(more: string): Question | null {
  const parts = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(more)
  const from = Number(parts?.[1])
  const to = Number(parts?.[2] ?? parts?.[1])
  if (!parts || from > 0xff || to > 0xff) return null
  return { data: Uint8Array.of(from, to === from ? (from + 1) & 0xff : to), points: 0 }
}

function memberData(fn: number, more: string | undefined): Question | null {
  const bytes = membersBytes.get(fn) ?? 1
  const range = more === undefined ? null : rangeOf(more, bytes === 1 ? 0xff : 0xffff)
  if (!range) return null
  const [from, to] = range
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  if (numbers.length === 0 || numbers.length > membersMax) return null
  const words = [numbers.length, ...numbers]
  const data = bytes === 1 ? words : words.flatMap((word) => [word & 0xff, word >> 8])
  return { data: Uint8Array.from(data), points: numbers.length }
}

function rangeOf(text: string, max: number): readonly [number, number] | null {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!parts) return null
  const from = Number(parts[1])
  const to = Number(parts[2] ?? parts[1])
  return from <= to && to <= max ? [from, to] : null
}

function isSame(a: Ask, b: Ask): boolean {
  const [left, right] = [a.unit, b.unit]
  const isSameUnit = a.afn === b.afn && left.pn === right.pn && left.fn === right.fn
  return isSameUnit && toHex(left.data) === toHex(right.data)
}

/** Asks put into as few frames as functions, the length of the answer and the limit allow. */
function merged(asks: readonly Ask[], unitsMax: number): readonly Frameful[] {
  const frames: Frameful[] = []
  for (const { afn, unit, answerBytes } of asks) {
    const open = frames.findLast((frame) => frame.afn === afn)
    const fits = open && open.bytes + answerBytes <= answerMaxBytes && open.units.length < unitsMax
    if (fits) {
      open.units.push(unit)
      open.bytes += answerBytes
    } else frames.push({ afn, units: [unit], bytes: answerBytes })
  }
  return frames
}

interface Frameful {
  readonly afn: number
  readonly units: DataUnit[]
  bytes: number
}
