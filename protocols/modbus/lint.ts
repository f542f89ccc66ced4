import { itemOf } from '#protocols/model'
import { REGISTERS_MAX } from './pdu.ts'
import { spanOf } from './plan.ts'
import type { ModbusProfile } from './profile.ts'
import { registerCount } from './shape.ts'

const ADDRESS_MAX = 0xffff
/** Decimals a float32 of a meter can have sense with, and a unit's power of ten. */
const DECIMALS_MAX = 6
const EXPONENT_MAX = 6

/** Every mistake of a register map, as sentences; none for a good one. */
export function lintProfile(profile: ModbusProfile): readonly string[] {
  const faults: string[] = []
  const say = (text: string) => faults.push(`${profile.name}: ${text}`)
  if (!/^[a-z0-9-]+$/.test(profile.name)) say('the name is not lower-case letters, digits and -')
  if (profile.blockMax < 1 || profile.blockMax > REGISTERS_MAX) say('blockMax is not 1 to 125')
  if (profile.gapMax < 0 || profile.gapMax > profile.blockMax) say('gapMax is not 0 to blockMax')
  if (profile.points.length === 0) say('there are no points')
  for (const [first, last] of profile.forbidden) {
    if (first > last) say(`the forbidden range ${first} to ${last} runs backwards`)
  }
  lintPoints(profile, say)
  lintOverlaps(profile, say)
  return faults
}

function lintPoints(profile: ModbusProfile, say: (text: string) => void): void {
  const seen = new Set<string>()
  for (const [code, address, shape] of profile.points) {
    const item = itemOf(code)
    if (!item) say(`${code} is no register`)
    if (item?.kind === 'state') say(`${code} is no number`)
    if (seen.has(code)) say(`${code} stands twice`)
    seen.add(code)
    const span = spanOf({ id: code, address, shape, order: profile.order })
    if (span.from < 0 || span.to > ADDRESS_MAX + 1) say(`${code} lies outside the address space`)
    if (span.to - span.from > profile.blockMax) say(`${code} needs more registers than blockMax`)
    for (const [first, last] of profile.forbidden) {
      if (first < span.to && last >= span.from) say(`${code} lies in a forbidden range`)
    }
    if (Math.abs(shape.exponent) > EXPONENT_MAX) say(`${code} has a scale of 10^${shape.exponent}`)
    if (shape.kind === 'float' && (shape.decimals < 0 || shape.decimals > DECIMALS_MAX)) {
      say(`${code} keeps ${shape.decimals} decimals`)
    }
  }
}

/** Two points share no register, and no point a scale factor's or a guard's. */
function lintOverlaps(profile: ModbusProfile, say: (text: string) => void): void {
  const taken = new Map<number, string>()
  const take = (address: number, count: number, owner: string) => {
    for (let register = address; register < address + count; register++) {
      const other = taken.get(register)
      if (other !== undefined && other !== owner) say(`${owner} overlaps ${other} at ${register}`)
      taken.set(register, owner)
    }
  }
  for (const { address, words, meaning } of profile.guards) take(address, words.length, meaning)
  for (const [, , shape] of profile.points) {
    const scaleAt = shape.kind === 'integer' ? shape.scaleAt : null
    if (scaleAt !== null) take(scaleAt, 1, `the scale factor at ${scaleAt}`)
  }
  for (const [code, address, shape] of profile.points) take(address, registerCount(shape), code)
}
