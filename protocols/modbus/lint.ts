import { type Item, itemOf } from '#protocols/model'
import { REGISTERS_MAX } from './pdu.ts'
import { spanOf } from './plan.ts'
import type { ModbusProfile, PointRow } from './profile.ts'
import { registerCount } from './shape.ts'
import { WRITES_MAX, type WriteRow } from './writes.ts'

const ADDRESS_MAX = 0xffff
/** Decimals a float32 of a meter can have sense with, and a unit's power of ten. */
const DECIMALS_MAX = 6
const EXPONENT_MAX = 6

/** A mistake of a register map and where in it: `head`, `points 3`, `writes 1`. */
export interface LintFault {
  readonly row: string
  readonly field: string
  readonly text: string
}

type Say = (row: string, field: string, text: string) => void

/** Every mistake of a register map, as sentences; none for a good one. */
export function lintProfile(profile: ModbusProfile): readonly string[] {
  return lintFaults(profile).map(({ text }) => `${profile.name}: ${text}`)
}

/** The same with the place of each. */
export function lintFaults(profile: ModbusProfile): readonly LintFault[] {
  const faults: LintFault[] = []
  const say: Say = (row, field, text) => faults.push({ row, field, text })
  lintHead(profile, say)
  for (const [index, point] of profile.points.entries()) {
    lintPoint(profile, point, (field, text) => say(`points ${index + 1}`, field, text))
  }
  lintDuplicates(profile, say)
  lintOverlaps(profile, say)
  lintWrites(profile.writes ?? [], say)
  return faults
}

function lintHead(profile: ModbusProfile, say: Say): void {
  const { name, blockMax, gapMax, points, forbidden, order } = profile
  const head = (field: string, text: string) => say('head', field, text)
  if (!/^[a-z0-9-]+$/.test(name)) head('name', 'the name is not lower-case letters, digits and -')
  if (blockMax < 1 || blockMax > REGISTERS_MAX) head('blockMax', 'blockMax is not 1 to 125')
  if (gapMax < 0 || gapMax > blockMax) head('gapMax', 'gapMax is not 0 to blockMax')
  if (points.length === 0) head('points', 'there are no points')
  for (const [first, last] of forbidden) {
    if (first > last) head('forbidden', `the forbidden range ${first} to ${last} runs backwards`)
  }
  const swaps = order === 'CDAB' || order === 'DCBA'
  if (swaps && points.length > 0 && points.every(([, , shape]) => registerCount(shape) === 1)) {
    head('wordOrder', `the word order ${order} swaps registers, and every point is one register`)
  }
}

function lintPoint(
  profile: ModbusProfile,
  [code, address, shape]: PointRow,
  say: (field: string, text: string) => void,
): void {
  const item = itemOf(code)
  if (!item) say('item', `${code} is no register`)
  if (item?.kind === 'state') say('item', `${code} is no number`)
  const span = spanOf({ id: code, address, shape, order: profile.order })
  if (span.from < 0 || span.to > ADDRESS_MAX + 1) {
    say('address', `${code} lies outside the address space`)
  }
  if (span.to - span.from > profile.blockMax) {
    say('address', `${code} needs more registers than blockMax`)
  }
  for (const [first, last] of profile.forbidden) {
    if (first < span.to && last >= span.from) say('address', `${code} lies in a forbidden range`)
  }
  if (Math.abs(shape.exponent) > EXPONENT_MAX) {
    say('exponent', `${code} has a scale of 10^${shape.exponent}`)
  }
  if (shape.kind === 'float' && (shape.decimals < 0 || shape.decimals > DECIMALS_MAX)) {
    say('decimals', `${code} keeps ${shape.decimals} decimals`)
  }
  if (item && isTooNarrow(item, shape)) {
    say('type', `${code} counts energy in one register, which is full within days`)
  }
}

/** An energy in 16 bits: a wrong width, or only half of a 32-bit counter. */
function isTooNarrow({ kind }: Item, shape: PointRow[2]): boolean {
  return kind === 'register' && registerCount(shape) === 1
}

function lintDuplicates({ points }: ModbusProfile, say: Say): void {
  const seen = new Set<string>()
  for (const [index, [code]] of points.entries()) {
    if (seen.has(code)) say(`points ${index + 1}`, 'item', `${code} stands twice`)
    seen.add(code)
  }
}

/** Two points share no register, and no point a scale factor's or a guard's. */
function lintOverlaps(profile: ModbusProfile, say: Say): void {
  const taken = new Map<number, string>()
  const take = (row: string, address: number, count: number, owner: string) => {
    for (let register = address; register < address + count; register++) {
      const other = taken.get(register)
      if (other !== undefined && other !== owner) {
        say(row, 'address', `${owner} overlaps ${other} at ${register}`)
      }
      taken.set(register, owner)
    }
  }
  for (const [index, { address, words, meaning }] of profile.guards.entries()) {
    take(`guards ${index + 1}`, address, words.length, meaning)
  }
  for (const [index, [, , shape]] of profile.points.entries()) {
    const scaleAt = shape.kind === 'integer' ? shape.scaleAt : null
    if (scaleAt === null) continue
    take(`points ${index + 1}`, scaleAt, 1, `the scale factor at ${scaleAt}`)
  }
  for (const [index, [code, address, shape]] of profile.points.entries()) {
    take(`points ${index + 1}`, address, registerCount(shape), code)
  }
}

/** Each write is classified once, by the function and the values that it names. */
function lintWrites(writes: readonly WriteRow[], say: Say): void {
  for (const [index, row] of writes.entries()) {
    const where = `writes ${index + 1}`
    const { functionCode, address, count, words, order, effect } = row
    if (functionCode === 6 && count !== 1) say(where, 'count', 'function 6 writes one register')
    if (count < 1 || count > WRITES_MAX) say(where, 'count', `the count is not 1 to ${WRITES_MAX}`)
    if (address + count > ADDRESS_MAX + 1) {
      say(where, 'address', 'the write lies outside the address space')
    }
    if (words && words.length !== count) {
      say(where, 'words', `${words.length} words are named for ${count} registers`)
    }
    if (order && !words) say(where, 'words', `the order ${order} does not say what is written`)
    if (order && (order === 'trip') !== (effect === 'trip')) {
      say(where, 'effect', `the order ${order} cannot have the effect ${effect}`)
    }
    if (order && effect !== 'trip' && effect !== 'relay') {
      say(where, 'effect', `the order ${order} moves a relay and is said to be ${effect}`)
    }
    const same = writes.slice(0, index).some((other) => clashes(row, other))
    if (same) say(where, 'address', `the write at ${address} stands twice`)
  }
}

/** Two rows that could both stand for one write, so that it would have two effects. */
function clashes(one: WriteRow, other: WriteRow): boolean {
  const last = one.address + one.count
  const meet = one.address < other.address + other.count && other.address < last
  if (!meet) return false
  const sameForm = one.address === other.address && one.count === other.count
  if (!sameForm) return one.effect !== other.effect
  if (!one.words || !other.words) return true
  const equal = one.words.every((word, index) => word === other.words?.[index])
  return equal && (one.functionCode === other.functionCode || one.effect !== other.effect)
}
