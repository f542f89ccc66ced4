import { type DataClass, type ItemCode, itemOf } from '#protocols/model'
import { bcd, bits, digits, type Shape, signed, time } from './shapes.ts'

/**
 * The data identifiers of DL/T 645-1997 appendix A in display order, DI1 DI0. A lower-case letter
 * stands for a family of nibbles, see `families`; F as the last nibble reads all items that differ
 * in it alone (数据块). In the register column `#` is the rate. The fifth column names what the
 * register model does not hold.
 */
export type Row1997 = readonly [
  pattern: string,
  register: string,
  shape: Shape,
  clause: string,
  naming?: readonly [name: string, unit: string],
]

export const rows1997: readonly Row1997[] = [
  // 电能量: forward, reverse and the four quadrants, which are numbered I, IV, II, III.
  ['9a0r', '15.8.#', bcd(4, 2), 'makers', ['Combined active energy', 'kWh']],
  ['9a1r', '1.8.#', bcd(4, 2), 'A.1', ['Active energy import', 'kWh']],
  ['9a2r', '2.8.#', bcd(4, 2), 'A.1', ['Active energy export', 'kWh']],
  ['9q1r', '3.8.#', bcd(4, 2), 'A.1', ['Combined reactive energy 1', 'kvarh']],
  ['9q2r', '4.8.#', bcd(4, 2), 'A.1', ['Combined reactive energy 2', 'kvarh']],
  ['9q3r', '5.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant I', 'kvarh']],
  ['9q4r', '8.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant IV', 'kvarh']],
  ['9q5r', '6.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant II', 'kvarh']],
  ['9q6r', '7.8.#', bcd(4, 2), 'A.1', ['Reactive energy quadrant III', 'kvarh']],

  // 最大需量
  ['Aa1r', '1.6.#', bcd(3, 4), 'A.2', ['Maximum demand import', 'kW']],
  ['Aa2r', '2.6.#', bcd(3, 4), 'A.2', ['Maximum demand export', 'kW']],
  ['Aq1r', '3.6.#', bcd(3, 4), 'A.2', ['Maximum demand reactive 1', 'kvar']],
  ['Aq2r', '4.6.#', bcd(3, 4), 'A.2', ['Maximum demand reactive 2', 'kvar']],
  ['Aq3r', '', bcd(3, 4), 'A.2', ['Maximum demand quadrant I', 'kvar']],
  ['Aq4r', '', bcd(3, 4), 'A.2', ['Maximum demand quadrant IV', 'kvar']],
  ['Aq5r', '', bcd(3, 4), 'A.2', ['Maximum demand quadrant II', 'kvar']],
  ['Aq6r', '', bcd(3, 4), 'A.2', ['Maximum demand quadrant III', 'kvar']],

  // 最大需量发生时间: month, day, hour and minute, without a year.
  ['Ba1r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand import', '']],
  ['Ba2r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand export', '']],
  ['Bq1r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand reactive 1', '']],
  ['Bq2r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand reactive 2', '']],
  ['Bq3r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand quadrant I', '']],
  ['Bq4r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand quadrant IV', '']],
  ['Bq5r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand quadrant II', '']],
  ['Bq6r', '', digits(4), 'A.3', ['Time MMDDhhmm of maximum demand quadrant III', '']],

  // 变量: what happened, then what is measured now.
  ['B210', '', digits(4), 'A.4', ['Last programming, MMDDhhmm', '']],
  ['B211', '', digits(4), 'A.4', ['Last demand clear, MMDDhhmm', '']],
  ['B212', '', bcd(2, 0), 'A.4', ['Programming events', '']],
  ['B213', '', bcd(2, 0), 'A.4', ['Demand clear events', '']],
  ['B214', '0.0.96.6.0', bcd(3, 0), 'A.4'],
  ['B310', '', bcd(2, 0), 'A.4', ['Phase losses, total', '']],
  ['B311', '', bcd(2, 0), 'A.4', ['Phase losses, phase A', '']],
  ['B312', '', bcd(2, 0), 'A.4', ['Phase losses, phase B', '']],
  ['B313', '', bcd(2, 0), 'A.4', ['Phase losses, phase C', '']],
  ['B320', '', bcd(3, 0), 'A.4', ['Time of phase loss, total', 'min']],
  ['B321', '', bcd(3, 0), 'A.4', ['Time of phase loss, phase A', 'min']],
  ['B322', '', bcd(3, 0), 'A.4', ['Time of phase loss, phase B', 'min']],
  ['B323', '', bcd(3, 0), 'A.4', ['Time of phase loss, phase C', 'min']],
  ['B330', '', digits(4), 'A.4', ['Last phase loss began, MMDDhhmm', '']],
  ['B331', '', digits(4), 'A.4', ['Last phase loss began, MMDDhhmm, phase A', '']],
  ['B332', '', digits(4), 'A.4', ['Last phase loss began, MMDDhhmm, phase B', '']],
  ['B333', '', digits(4), 'A.4', ['Last phase loss began, MMDDhhmm, phase C', '']],
  ['B340', '', digits(4), 'A.4', ['Last phase loss ended, MMDDhhmm', '']],
  ['B341', '', digits(4), 'A.4', ['Last phase loss ended, MMDDhhmm, phase A', '']],
  ['B342', '', digits(4), 'A.4', ['Last phase loss ended, MMDDhhmm, phase B', '']],
  ['B343', '', digits(4), 'A.4', ['Last phase loss ended, MMDDhhmm, phase C', '']],
  ['B611', '32.7.0', bcd(2, 0), 'A.4'],
  ['B612', '52.7.0', bcd(2, 0), 'A.4'],
  ['B613', '72.7.0', bcd(2, 0), 'A.4'],
  ['B621', '31.7.0', bcd(2, 2), 'A.4'],
  ['B622', '51.7.0', bcd(2, 2), 'A.4'],
  ['B623', '71.7.0', bcd(2, 2), 'A.4'],
  ['B630', '16.7.0', signed(3, 4), 'A.4'],
  ['B631', '36.7.0', signed(3, 4), 'A.4'],
  ['B632', '56.7.0', signed(3, 4), 'A.4'],
  ['B633', '76.7.0', signed(3, 4), 'A.4'],
  ['B634', '', bcd(2, 2), 'A.4', ['Upper limit of active power, import', 'kW']],
  ['B635', '', bcd(2, 2), 'A.4', ['Upper limit of active power, export', 'kW']],
  ['B640', '131.7.0', signed(2, 2), 'A.4'],
  ['B641', '151.7.0', signed(2, 2), 'A.4'],
  ['B642', '171.7.0', signed(2, 2), 'A.4'],
  ['B643', '191.7.0', signed(2, 2), 'A.4'],
  ['B650', '13.7.0', signed(2, 3), 'A.4'],
  ['B651', '33.7.0', signed(2, 3), 'A.4'],
  ['B652', '53.7.0', signed(2, 3), 'A.4'],
  ['B653', '73.7.0', signed(2, 3), 'A.4'],

  // 参变量
  ['C010', '0.9.2', time('WWDDMMYY'), 'A.5'],
  ['C011', '0.9.1', time('ssmmhh'), 'A.5'],
  ['C020', '', bits(1), 'A.5', ['Meter status byte', '']],
  ['C021', '', bits(1), 'A.5', ['Grid status byte', '']],
  ['C022', '', bits(1), 'A.5', ['Weekly rest days', '']],
  ['C030', '', bcd(3, 0), 'A.5', ['Meter constant, active', 'imp/kWh']],
  ['C031', '', bcd(3, 0), 'A.5', ['Meter constant, reactive', 'imp/kvarh']],
  ['C032', '0.0.96.1.0', digits(6), 'A.5'],
  ['C033', '', digits(6), 'A.5', ['Customer number', '']],
  ['C034', '', digits(6), 'A.5', ['Device code', '']],
  ['C111', '', bcd(1, 0), 'A.5', ['Demand period', 'min']],
  ['C112', '', bcd(1, 0), 'A.5', ['Demand slide time', 'min']],
  ['C113', '', bcd(1, 0), 'A.5', ['Time a display page is shown', 's']],
  ['C114', '', bcd(1, 0), 'A.5', ['Time the display stops', 's']],
  ['C115', '', bcd(1, 0), 'A.5', ['Decimals of shown energies', '']],
  ['C116', '', bcd(1, 0), 'A.5', ['Decimals of shown powers', '']],
  ['C117', '', digits(2), 'A.5', ['Automatic reading day, DDhh', '']],
  ['C118', '', bcd(1, 0), 'A.5', ['Load representative day', '']],
  ['C119', '', bcd(4, 1), 'A.5', ['Initial reading, active', 'kWh']],
  ['C11A', '', bcd(4, 1), 'A.5', ['Initial reading, reactive', 'kvarh']],
  ['C211', '', bcd(2, 0), 'A.5', ['Pulse width', 'ms']],
  ['C212', '', digits(4), 'A.5', ['Password', '']],
  ['C310', '', bcd(1, 0), 'A.5', ['Zones a year', '']],
  ['C311', '', bcd(1, 0), 'A.5', ['Period tables', '']],
  ['C312', '', bcd(1, 0), 'A.5', ['Periods a day', '']],
  ['C313', '', bcd(1, 0), 'A.5', ['Rates', '']],
  ['C314', '', bcd(1, 0), 'A.5', ['Public holidays', '']],
  ['C32z', '', digits(3), 'A.5', ['Zone, MMDD and period table', '']],
  ['C3tp', '', digits(3), 'A.5', ['Period, hhmm and rate', '']],
  ['C41h', '', digits(3), 'A.5', ['Public holiday, MMDD and period table', '']],
  ['C41E', '', bcd(1, 0), 'A.5', ['Period table of rest days', '']],
  ['C510', '', digits(4), 'A.5', ['Load profile start, MMDDhhmm', '']],
  ['C511', '', bcd(2, 0), 'A.5', ['Load profile interval', 'min']],
]

const passwordId = 'C212'

/** True for the passwords, alone or in a block: they are written and never shown. */
export function isSecret1997(dataId: string): boolean {
  return dataId === passwordId || dataId === 'C21F'
}

interface Family {
  readonly first: number
  readonly last: number
  readonly step: number
  readonly suffix: (nibble: number) => string
  readonly dataClass: (nibble: number) => DataClass
}

const months = ['', ', last month', ', month before last']
/** Two bits of DI1 count months back, the two below them tell active from reactive. */
const monthly = (first: number): Family => ({
  first,
  last: first + 8,
  step: 4,
  suffix: (nibble) => months[nibble >> 2] ?? '',
  dataClass: (nibble) => (nibble >> 2 === 0 ? 'current' : 'monthly'),
})
const counted = (first: number, last: number, suffix: (nibble: number) => string): Family => ({
  first,
  last,
  step: 1,
  suffix,
  dataClass: () => 'current',
})

const families: Readonly<Record<string, Family>> = {
  a: monthly(0),
  q: monthly(1),
  /** Rate (费率), 0 the total. */
  r: counted(0, 14, (rate) => (rate === 0 ? ', total' : `, rate ${rate}`)),
  /** Zone of the year (年时区). */
  z: counted(1, 14, (zone) => `, zone ${zone}`),
  /** Period table (日时段表): C33 is the first, C3A the eighth. */
  t: counted(3, 10, (table) => `, table ${table - 2}`),
  p: counted(1, 10, (period) => `, entry ${period}`),
  h: counted(1, 13, (day) => `, day ${day}`),
}

/** One value inside the data of an identifier. */
export interface Field1997 {
  readonly dataId: string
  readonly item: ItemCode | null
  readonly name: string
  readonly unit: string
  readonly shape: Shape
  readonly dataClass: DataClass
}

/** What the table says of an identifier: its fields in order; a block may end early. */
export interface DataItem1997 {
  readonly dataId: string
  readonly fields: readonly Field1997[]
  readonly isBlock: boolean
}

const digitsOfId = 4
const blockNibble = 'F'
const cacheMax = 1024
const cache = new Map<string, DataItem1997 | null>()

/** The table's entry for an identifier in display order, null if it has none. */
export function dataItemOf1997(dataId: string): DataItem1997 | null {
  const known = cache.get(dataId)
  if (known !== undefined) return known
  if (cache.size >= cacheMax) cache.clear()
  const item = resolve(dataId)
  cache.set(dataId, item)
  return item
}

/** The identifiers that hold an item of the register model now; empty if none does. */
export function dataIdsOf1997(register: string): readonly string[] {
  if (register === clockRegister) return clockIds
  const dataId = idsByRegister.get(register)
  return dataId === undefined ? [] : [dataId]
}

/** The block that reads an identifier with its neighbours, null where it is worth none. */
export function blockOf1997(dataId: string): DataItem1997 | null {
  if (!/^(?:9|A|B6)/.test(dataId) || dataId.length !== digitsOfId) return null
  const block = dataItemOf1997(dataId.slice(0, -1) + blockNibble)
  return block && block.dataId !== dataId ? block : null
}

const clockRegister = '0.0.1.0.0'
const clockIds = ['C010', 'C011']

const idsByRegister: ReadonlyMap<string, string> = new Map(
  rows1997.flatMap((row) => presentIds(row[0]).flatMap((dataId) => registered(row, dataId))),
)

function registered(row: Row1997, dataId: string): readonly (readonly [string, string])[] {
  const { item } = fieldOf(row, dataId)
  return item === null ? [] : [[item, dataId]]
}

/** The identifiers of a row that are of now. */
function presentIds(pattern: string): readonly string[] {
  let ids: readonly string[] = ['']
  for (const letter of pattern) {
    const family = families[letter]
    const choices = family ? membersOf(family).filter((at) => isPresent(family, at)) : null
    ids = ids.flatMap((id) => (choices?.map(hexDigit) ?? [letter]).map((digit) => id + digit))
  }
  return ids
}

function isPresent(family: Family, nibble: number): boolean {
  return family.dataClass(nibble) === 'current'
}

function membersOf({ first, last, step }: Family): readonly number[] {
  return Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step)
}

function resolve(dataId: string): DataItem1997 | null {
  if (dataId.length !== digitsOfId) return null
  const row = rows1997.find(([pattern]) => matches(pattern, dataId))
  if (row) return { dataId, fields: [fieldOf(row, dataId)], isBlock: false }
  if (!dataId.endsWith(blockNibble)) return null
  const fields: Field1997[] = []
  for (let nibble = 0; nibble < 15; nibble++) {
    const member = dataId.slice(0, -1) + hexDigit(nibble)
    const own = rows1997.find(([pattern]) => matches(pattern, member))
    if (own && member !== passwordId) fields.push(fieldOf(own, member))
  }
  return fields.length < 2 ? null : { dataId, fields, isBlock: true }
}

function matches(pattern: string, dataId: string): boolean {
  for (let at = 0; at < digitsOfId; at++) {
    const wanted = pattern.charAt(at)
    const family = families[wanted]
    if (family ? !isMember(family, dataId.charAt(at)) : wanted !== dataId.charAt(at)) return false
  }
  return true
}

function isMember({ first, last, step }: Family, digit: string): boolean {
  const nibble = Number.parseInt(digit, 16)
  return nibble >= first && nibble <= last && (nibble - first) % step === 0
}

function fieldOf(row: Row1997, dataId: string): Field1997 {
  const [pattern, register, shape, , naming = ['', '']] = row
  const members: { readonly family: Family; readonly nibble: number }[] = []
  for (let at = 0; at < digitsOfId; at++) {
    const family = families[pattern.charAt(at)]
    if (family) members.push({ family, nibble: Number.parseInt(dataId.charAt(at), 16) })
  }
  const rate = Number.parseInt(dataId.slice(-1), 16)
  const item = itemOf(register.replace('#', String(rate)))
  const [base, unit] = item ? [item.en, item.unit] : naming
  // An item's name in the register model has its rate already; the month it lacks.
  const named = members.filter(({ family }) => !item || family.step > 1)
  const last = [...named].sort((left, right) => left.family.step - right.family.step)
  const name = last.reduce((text, { family, nibble }) => text + family.suffix(nibble), base)
  const past = members.some(({ family, nibble }) => family.dataClass(nibble) === 'monthly')
  const dataClass = past ? 'monthly' : 'current'
  return { dataId, item: item?.code ?? null, name, unit, shape, dataClass }
}

function hexDigit(nibble: number): string {
  return nibble.toString(16).toUpperCase()
}
