import { type DataClass, type ItemCode, itemOf } from '#protocols/model'
import { dataIdBytes, dataIdNumber, dataIdNumberOf } from './frame.ts'
import { isLoadProfile } from './load-record.ts'
import { type RecordRow, records } from './records-table.ts'
import type { Shape } from './shapes.ts'
import { composites, type DerivedBit, derivedBits, type Row, rows } from './table.ts'
import { isVariable, type Variable, variables } from './variables.ts'

/** One value inside the data of an identifier. */
export interface Field {
  /** The identifier that reads this field alone, or the one it came with where there is none. */
  readonly dataId: string
  readonly item: ItemCode | null
  readonly name: string
  readonly unit: string
  readonly shape: Shape
  readonly dataClass: DataClass
}

/** What the table says of an identifier. */
export interface DataItem {
  readonly dataId: string
  /** The fields in order; a list may end early, at a whole field. */
  readonly fields: readonly Field[]
  readonly isList: boolean
  /** True for fields of several kinds, which are there all or not at all. */
  readonly isRecord: boolean
  /** True where bytes behind the last field are a newer meter's and mean nothing here. */
  readonly mayGoOn: boolean
  /** Bits of the fields that are items of their own. */
  readonly derived: readonly DerivedBit[]
  /** The field of an identifier that reads one value and nothing besides; null for all others. */
  readonly only: Field | null
}

/** An identifier in display order, and what is looked up of it once. */
export interface Identifier {
  readonly dataId: string
  /** Its bytes as one number, see `dataIdNumber`; null where it is not eight hex digits. */
  readonly number: number | null
  /** The table's entry, null if it has none: passwords and the load profile are no fields. */
  readonly item: DataItem | null
}

/** Digits of an identifier: DI3 DI2 DI1 DI0. */
const pairsCount = 4
/** Where State Grid's identifiers say which field of a record is meant: DI1. */
const fieldPair = 2
/** Resolved identifiers that are kept; the cache starts anew beyond that. */
const cacheMax = 2048

interface Match {
  readonly row: Row
  /** The members that the identifier names, in the order of its bytes. */
  readonly members: readonly Member[]
  /** The family whose FF stands in the identifier, at this byte. */
  readonly block: { readonly at: number; readonly variable: Variable } | null
}

interface Member {
  readonly variable: Variable
  readonly number: number
}

const rowsByHead = Map.groupBy(rows, ([pattern]) => pairAt(pattern, 0))
const recordsByHead = Map.groupBy(records, ([pattern]) => pairAt(pattern, 0))

const cache = new Map<string, Identifier>()
/** Made when it is first asked for: whoever only decodes never needs it. */
let registers: ReadonlyMap<string, string> | null = null

/** What an identifier in display order stands for. */
export function identifierOf(dataId: string): Identifier {
  const known = cache.get(dataId)
  if (known !== undefined) return known
  if (cache.size >= cacheMax) cache.clear()
  const item = isSecret(dataId) || isLoadProfile(dataId) ? null : entryOf(dataId)
  const identifier = { dataId, number: dataIdNumberOf(dataId), item }
  cache.set(dataId, identifier)
  return identifier
}

/** The table's entry for an identifier in display order, null if it has none. */
export function dataItemOf(dataId: string): DataItem | null {
  return identifierOf(dataId).item
}

/** True if a data field begins with this identifier. */
export function isHeadOf(data: Uint8Array, { number }: Identifier): boolean {
  return data.length >= dataIdBytes && dataIdNumber(data) === number
}

/** True for the passwords of the meter: they are written, and never shown. */
export function isSecret(dataId: string): boolean {
  return dataId.startsWith('04000C')
}

/** The identifiers that hold an item of the register model now; empty if none does. */
export function dataIdsOf(register: string): readonly string[] {
  const composite = composites[register]
  if (composite) return composite
  registers ??= registerIndex()
  const dataId = registers.get(register)
  return dataId === undefined ? [] : [dataId]
}

/** The blocks (数据块) that read an identifier together with its neighbours. */
export function blocksOf(dataId: string): readonly DataItem[] {
  const blocks: DataItem[] = []
  for (let at = 1; at < pairsCount; at++) {
    const block = dataItemOf(withPair(dataId, at, 'FF'))
    if (block && block.dataId !== dataId && block.fields.some((field) => field.dataId === dataId)) {
      blocks.push(block)
    }
  }
  return blocks
}

function registerIndex(): ReadonlyMap<string, string> {
  const index = new Map<string, string>()
  for (const [pattern, codes] of rows) {
    if (codes === '') continue
    for (const dataId of presentIdsOf(pattern)) {
      const item = dataItemOf(dataId)
      const register = item?.isList ? null : item?.fields[0]?.item
      if (register && !index.has(register)) index.set(register, dataId)
    }
  }
  for (const { register, dataId } of derivedBits) index.set(register, dataId)
  return index
}

/** The single identifiers of a pattern that are not of the past. */
function presentIdsOf(pattern: string): readonly string[] {
  let ids: readonly string[] = ['']
  for (let at = 0; at < pairsCount; at++) {
    const pair = pairAt(pattern, at)
    const choices = isVariable(pair) ? presentMembers(variables[pair]) : [pair]
    ids = ids.flatMap((id) => choices.map((choice) => id + choice))
  }
  return ids
}

function presentMembers(variable: Variable): readonly string[] {
  const members: string[] = []
  for (let number = variable.first; number <= variable.last; number++) {
    if (variable.dataClass(number) === undefined) members.push(hexOf(number))
  }
  return members
}

function entryOf(dataId: string): DataItem | null {
  const match = matchOf(dataId)
  return match ? expand(dataId, match) : recordOf(dataId)
}

function matchOf(dataId: string): Match | undefined {
  for (const row of rowsByHead.get(pairAt(dataId, 0)) ?? []) {
    const match = matchRow(row, dataId)
    if (match) return match
  }
  return undefined
}

function matchRow(row: Row, dataId: string): Match | undefined {
  const found = matchPattern(row[0], dataId)
  return found && { row, ...found }
}

function matchPattern(pattern: string, dataId: string): Omit<Match, 'row'> | undefined {
  const members: Member[] = []
  let block: Match['block'] = null
  for (let at = 0; at < pairsCount; at++) {
    const wanted = pairAt(pattern, at)
    const pair = pairAt(dataId, at)
    if (!isVariable(wanted)) {
      if (wanted !== pair) return undefined
      continue
    }
    const variable = variables[wanted]
    const number = Number.parseInt(pair, 16)
    if (variable.block && pair === 'FF' && !block) block = { at, variable }
    else if (number >= variable.first && number <= variable.last) members.push({ variable, number })
    else return undefined
  }
  return { members, block }
}

/** A record, or one field of a record whose fields have identifiers of their own. */
function recordOf(dataId: string): DataItem | null {
  for (const row of recordsByHead.get(pairAt(dataId, 0)) ?? []) {
    const [pattern] = row
    const isAlone = pairAt(pattern, fieldPair) === 'FF' && pairAt(dataId, fieldPair) !== 'FF'
    const match = matchPattern(pattern, isAlone ? withPair(dataId, fieldPair, 'FF') : dataId)
    if (!match) continue
    const all = recordFields(dataId, row, match.members)
    const nth = Number.parseInt(pairAt(dataId, fieldPair), 16)
    const fields = isAlone ? all.slice(nth - 1, nth) : all
    if (fields.length === 0) return null
    const only = isAlone && fields.length === 1 ? (fields[0] ?? null) : null
    return { dataId, fields, isList: false, isRecord: !isAlone, mayGoOn: false, derived: [], only }
  }
  return null
}

function recordFields(
  dataId: string,
  [, record, parts]: RecordRow,
  members: readonly Member[],
): readonly Field[] {
  const suffixes = members.map(({ variable, number }) => variable.suffix(number)).join('')
  return parts.map(([part, unit, shape]) => {
    const name = `${record}${suffixes}: ${part}`
    return { dataId, item: null, name, unit, shape, dataClass: 'current' }
  })
}

function expand(dataId: string, match: Match): DataItem {
  const [, , , , , listed] = match.row
  const list = match.block?.variable ?? (listed && variables[listed])
  const fields: Field[] = []
  if (list) {
    for (let number = list.first; number <= list.last; number++) {
      const own = match.block ? withPair(dataId, match.block.at, hexOf(number)) : dataId
      fields.push(fieldOf(own, match, { variable: list, number }))
    }
  } else {
    fields.push(fieldOf(dataId, match, null))
  }
  const derived = derivedBits.filter((bit) => fields.some((field) => field.dataId === bit.dataId))
  const mayGoOn = list?.mayGoOn === true
  const only = list || derived.length > 0 ? null : (fields[0] ?? null)
  return { dataId, fields, isList: list !== undefined, isRecord: false, mayGoOn, derived, only }
}

function fieldOf(dataId: string, match: Match, element: Member | null): Field {
  const [, register, shape, , naming = ['', '']] = match.row
  const members = element ? [...match.members, element] : match.members
  const item = itemAt(register, members)
  const [base, unit] = item ? [item.en, item.unit] : naming
  const named = members.filter(({ variable }) => !item || variable.namesThePast)
  const name = named.reduce((text, { variable, number }) => text + variable.suffix(number), base)
  const classes = members.map(({ variable, number }) => variable.dataClass(number))
  const dataClass = classes.find((found) => found !== undefined) ?? 'current'
  return { dataId, item: item?.code ?? null, name, unit, shape, dataClass }
}

/** The catalogue's entry of a register column for the members at hand. */
function itemAt(register: string, members: readonly Member[]) {
  const codes = register.split(' ')
  const counting = members.find(({ variable }) => !variable.namesThePast)
  if (!counting) return itemOf(register)
  const code = codes[counting.number - counting.variable.first] ?? register
  return itemOf(code.replace('#', String(counting.number)))
}

function pairAt(text: string, at: number): string {
  return text.slice(2 * at, 2 * at + 2)
}

function withPair(dataId: string, at: number, pair: string): string {
  return dataId.slice(0, 2 * at) + pair + dataId.slice(2 * at + 2)
}

function hexOf(number: number): string {
  return number.toString(16).toUpperCase().padStart(2, '0')
}
