import { fromHex } from '#protocols/bytes'
import { type Dlt698Data, moment } from '#protocols/dlt698'
import { isOpen, type SimulatedMeter, type Tariffed } from '#simulators/meter'
import { distortions } from './item-values.ts'

/** Data access results that this device gives. */
export const dars = {
  denied: 3,
  undefinedObject: 4,
  type: 7,
  range: 8,
  security: 20,
  timeTag: 32,
  timeout: 33,
} as const

export type Answered = Dlt698Data | number

/** Maker, software and its date, hardware and its date, what the maker adds (43000300). */
export const versions: readonly [string, string, ...string[]] = [
  'OHES',
  '0001',
  '261101',
  '0001',
  '261101',
  '00000000',
]

const CENTI_KWH = 10_000
const TENTH_WH = 100
const INDEX_AT = 6

/** What a meter answers to a GET of an attribute, as it was at a moment; a DAR where it has none. */
export function answerOf(meter: SimulatedMeter, oad: string, ms: number): Answered {
  const whole = attributeValue(
    meter,
    oad.slice(0, 4),
    Number.parseInt(oad.slice(4, 6), 16) & 31,
    ms,
  )
  return elementAt(whole, oad)
}

/** The attribute, or the element of it that an OAD names. */
export function elementAt(whole: Dlt698Data | null, oad: string): Answered {
  if (!whole) return dars.undefinedObject
  const index = Number.parseInt(oad.slice(INDEX_AT), 16)
  if (index === 0) return whole
  return ('items' in whole ? whole.items[index - 1] : undefined) ?? dars.range
}

/** What every device tells of itself (4300). */
export function deviceAttribute(
  attribute: number,
  software: string = versions[1],
): Dlt698Data | null {
  switch (attribute) {
    case 3:
      return structure(versions.with(1, software).map(visible))
    case 6:
      return array([visible('DL/T 698.45')])
    case 7:
    case 8:
      return { type: 'bool', value: true }
    default:
      return null
  }
}

function attributeValue(
  meter: SimulatedMeter,
  object: string,
  attribute: number,
  ms: number,
): Dlt698Data | null {
  if (/^00/.test(object)) return energy(meter, object, attribute, ms)
  if (/^10/.test(object)) return attribute === 2 ? demand(meter, object, ms) : null
  if (/^20/.test(object)) return variable(meter, object, attribute, ms)
  if (object === '4300') {
    const written = meter.book.written(`43000${attribute}00`)
    if (written !== null) return { type: 'bool', value: written === '01' }
    return deviceAttribute(attribute)
  }
  return attribute === 2 ? parameter(meter, object, ms) : null
}

function energy(
  meter: SimulatedMeter,
  object: string,
  attribute: number,
  ms: number,
): Dlt698Data | null {
  if (attribute !== 2 && attribute !== 4) return null
  const registers = meter.registersAt(ms, attribute === 2 ? CENTI_KWH : TENTH_WH)
  const found = energyOf(registers, object)
  if (!found) return null
  const isSigned = ['0000', '0030', '0040'].includes(object)
  const write = (value: number): Dlt698Data => {
    if (attribute === 2) return number(isSigned ? 'double-long' : 'double-long-unsigned', value)
    return { type: isSigned ? 'long64' : 'long64-unsigned', value: BigInt(value) }
  }
  return array([found.total, ...found.rates].map(write))
}

function energyOf(
  registers: ReturnType<SimulatedMeter['registersAt']>,
  object: string,
): Tariffed | null {
  const { quadrants, phaseImport, phaseExport, reactive } = registers
  const phase = Number(object[3])
  const alone = (total: number | undefined) => (total === undefined ? null : { total, rates: [] })
  if (phase > 0 && object[2] === '1') return alone(phaseImport[phase - 1])
  if (phase > 0 && object[2] === '2') return alone(phaseExport[phase - 1])
  const known: Readonly<Record<string, Tariffed>> = {
    '0000': registers.combined,
    '0010': registers.import,
    '0020': registers.export,
    '0030': reactive[0],
    '0040': reactive[1],
    '0050': quadrants[0],
    '0060': quadrants[1],
    '0070': quadrants[2],
    '0080': quadrants[3],
    '0090': registers.apparentImport,
    '00A0': registers.apparentExport,
  }
  return known[object] ?? null
}

/** Of the meter's month up to the moment; a moment earlier at a month's beginning. */
function demand(meter: SimulatedMeter, object: string, ms: number): Dlt698Data | null {
  const month = meter.settlement(0, ms - 1)
  if (!month) return null
  const demands = meter.demandsBetween(month.ms, ms)
  const marks = {
    '1010': [demands.import, ...demands.importRates],
    '1020': [demands.export],
    '1030': [demands.reactive],
  }[object]
  if (!marks) return null
  const type = object === '1030' ? 'double-long' : 'double-long-unsigned'
  const none: Dlt698Data = { type: 'date_time_s', bytes: new Uint8Array(7).fill(0xff) }
  return array(
    marks.map(({ deciW, wall }) => structure([number(type, deciW), wall ? moment(wall) : none])),
  )
}

function variable(
  meter: SimulatedMeter,
  object: string,
  attribute: number,
  ms: number,
): Dlt698Data | null {
  const now = meter.momentaryAt(ms)
  if (object === '2001' && attribute === 4) {
    return number('double-long', neutralMilliA(now.currentMilliA))
  }
  if (attribute !== 2) return null
  const share = (part: number) => {
    const whole = Math.abs(now.totalActiveDeciW)
    return whole === 0 ? 0 : Math.round((meter.presentDemandDeciW(ms) * part) / whole)
  }
  switch (object) {
    case '2000':
      return each('long-unsigned', now.voltageDeciV)
    case '2001':
      return each('double-long', now.currentMilliA)
    case '2003':
      return each('long-unsigned', now.phaseAngleDeciDegree)
    case '2004':
      return each('double-long', [now.totalActiveDeciW, ...now.activeDeciW])
    case '2005':
      return each('double-long', [now.totalReactiveDeciVar, ...now.reactiveDeciVar])
    case '2006':
      return each('double-long', [now.totalApparentDeciVa, ...now.apparentDeciVa])
    case '200A':
      return each('long', [now.totalPowerFactorPermille, ...now.powerFactorPermille])
    case '200B':
      return each('long', distortions(meter, ms, [120, 280], 50))
    case '200C':
      return each('long', distortions(meter, ms, [300, 900], 54))
    case '200F':
      return number('long-unsigned', now.frequencyCentiHz)
    case '2010':
      return number('long', now.temperatureDeciC)
    case '2011':
      return number('long-unsigned', 365)
    case '2012':
      return number('long-unsigned', 612)
    case '2014':
      return array([0, 0, meter.supply.bitsAt(ms), 0, 0, 0, 0].map(word))
    case '2017':
      return number('double-long', meter.presentDemandDeciW(ms))
    case '2018':
      return number('double-long', share(now.totalReactiveDeciVar))
    case '2019':
      return number('double-long', share(now.totalApparentDeciVa))
    default:
      return null
  }
}

function parameter(meter: SimulatedMeter, object: string, ms: number): Dlt698Data | null {
  const { address } = meter.spec
  switch (object) {
    case '4000':
      return moment(meter.clock.wallAt(ms))
    case '4001':
    case '4002':
      return { type: 'octet-string', bytes: fromHex(address) ?? new Uint8Array(0) }
    case '400C':
      return structure([2, 2, 8, 4, 0].map((count) => number('unsigned', count)))
    case '401C':
    case '401D':
      return number('double-long-unsigned', 1)
    case '4100':
      return number('unsigned', 15)
    case '4101':
      return number('unsigned', 1)
    case '4103':
      return visible(`OHES${address}`)
    case '8001':
      return number('enum', meter.supply.relay.isKept ? 1 : 0)
    case 'F205':
      return array([relayUnit(meter, ms)])
    default:
      return null
  }
}

function relayUnit(meter: SimulatedMeter, ms: number): Dlt698Data {
  meter.supply.settle(ms)
  const state = number('enum', isOpen(meter.supply.relay) ? 1 : 0)
  return structure([visible('RELAY'), state, number('enum', 0), number('enum', 0)])
}

/** In a single-phase meter the same current comes back; in a three-phase one what is unequal. */
function neutralMilliA(currents: readonly number[]): number {
  const magnitudes = currents.map(Math.abs)
  return Math.max(...magnitudes) - (currents.length === 1 ? 0 : Math.min(...magnitudes))
}

/** A status word as a bit string whose first bit is bit 0. */
function word(value: number): Dlt698Data {
  const bytes = new Uint8Array(2)
  for (let bit = 0; bit < 16; bit++) {
    if ((value >> bit) & 1) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  }
  return { type: 'bit-string', length: 16, bytes }
}

type NumberType = Extract<Dlt698Data, { readonly value: number }>['type']

export function number(type: NumberType, value: number): Dlt698Data {
  return { type, value }
}

function each(type: NumberType, values: readonly number[]): Dlt698Data {
  return array(values.map((value) => number(type, value)))
}

export function array(items: readonly Dlt698Data[]): Dlt698Data {
  return { type: 'array', items }
}

export function structure(items: readonly Dlt698Data[]): Dlt698Data {
  return { type: 'structure', items }
}

export function visible(text: string): Dlt698Data {
  return { type: 'visible-string', bytes: Uint8Array.from(text, (one) => one.charCodeAt(0)) }
}
