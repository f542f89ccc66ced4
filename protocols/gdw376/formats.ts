import type { TimeLayout } from './clock.ts'
import type { Shape } from './shapes.ts'

const bcd = (bytes: number, scale: number): Shape => ({ kind: 'bcd', bytes, scale })
const signed = (bytes: number, scale: number): Shape => ({ kind: 'signed', bytes, scale })
const time = (layout: TimeLayout): Shape => ({ kind: 'time', bytes: layout.length / 2, layout })

export const bin = (bytes: number): Shape => ({ kind: 'uint', bytes })
export const bs = (bytes: number): Shape => ({ kind: 'bits', bytes })
export const raw = (bytes: number): Shape => ({ kind: 'raw', bytes })
export const ascii = (bytes: number): Shape => ({ kind: 'ascii', bytes })
export const digits = (bytes: number): Shape => ({ kind: 'digits', bytes })
export const named = (names: Readonly<Record<number, string>>): Shape => ({
  kind: 'named',
  bytes: 1,
  names,
})
export const dayOfMonth: Shape = bcd(1, 0)
export const ip: Shape = { kind: 'ip', bytes: 4 }

/** The formats by their numbers: format n stands in table A.n of Q/GDW 376.1-2009. */
export const a1 = time('ssmmhhDDWMYY')
export const a2: Shape = { kind: 'powered', bytes: 2 }
export const a3: Shape = { kind: 'amount', bytes: 4 }
export const a4: Shape = { kind: 'float', bytes: 1 }
export const a5 = signed(2, 1)
/** A power factor is sent in per cent with one decimal; the register model has none of it. */
export const a5Factor = signed(2, 3)
const a6 = signed(2, 2)
export const a7 = bcd(2, 1)
export const a8 = bcd(2, 0)
export const a9 = signed(3, 4)
export const a10 = bcd(3, 0)
export const a11 = bcd(4, 2)
export const a12: Shape = digits(6)
export const a13 = bcd(4, 4)
export const a14 = bcd(5, 4)
export const a15 = time('mmhhDDMMYY')
export const a16 = time('ssmmhhDD')
export const a17 = time('mmhhDDMM')
export const a18 = time('mmhhDD')
export const a19 = time('mmhh')
export const a20 = time('DDMMYY')
export const a21 = time('MMYY')
export const a22 = bcd(1, 1)
export const a23 = bcd(3, 4)
const a24 = time('hhDD')
export const a25 = signed(3, 3)
export const a26 = bcd(2, 3)
export const a27 = bcd(4, 0)
/** Of the edition of 2013: per cent, as DL/T 645 sends a rate of voltage. */
export const a28 = bcd(3, 2)

/** All formats of appendix A by number. */
export const formats: Readonly<Record<number, Shape>> = {
  1: a1,
  2: a2,
  3: a3,
  4: a4,
  5: a5,
  6: a6,
  7: a7,
  8: a8,
  9: a9,
  10: a10,
  11: a11,
  12: a12,
  13: a13,
  14: a14,
  15: a15,
  16: a16,
  17: a17,
  18: a18,
  19: a19,
  20: a20,
  21: a21,
  22: a22,
  23: a23,
  24: a24,
  25: a25,
  26: a26,
  27: a27,
  28: a28,
}
