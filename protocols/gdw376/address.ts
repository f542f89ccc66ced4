import { byteAt } from '#protocols/bytes'
import type { Edition } from './frame.ts'

/** What `--address` names: a terminal, and one of its metering points or control rounds. */
export interface Address {
  readonly edition: Edition
  readonly region: string
  readonly terminal: string
  /** Broadcasts and groups: nobody answers. */
  readonly group: boolean
  /** `pn`, 0 for the terminal itself. */
  readonly point: number
}

export const addressForm = 'RRRR-TTTT for a terminal, RRRR-TTTT/N for its metering point N'
const form = /^(\d{4}|\d{6})-([\dA-F]{4}|[\dA-F]{6})(\*)?(?:\/(\d{1,4}))?$/i
/** 255 groups of eight. */
export const pointMax = 2040
/** The same of the information classes Fn, of which DT2 FF is not used. */
const fnMax = 2040

/**
 * `4401-0105`, `4401-0105/3`; with six and six digits for the edition of 2019. `FFFF` is everybody
 * in the region, and a star marks a group address. Null where the text has another form.
 */
export function parseAddress(text: string): Address | null {
  const parts = form.exec(text)
  if (!parts) return null
  const [, region = '', terminal = '', star, point = '0'] = parts
  if (region.length !== terminal.length || Number(point) > pointMax) return null
  return {
    edition: region.length === 4 ? '2013' : '2019',
    region,
    terminal: terminal.toUpperCase(),
    group: star !== undefined || /^F+$/i.test(terminal),
    point: Number(point),
  }
}

/** The address of a terminal as people write it. */
export function addressText(region: string, terminal: string): string {
  return `${region}-${terminal}`
}

/** The identifier of one data unit: point pn and information class Fn. */
export interface UnitId {
  readonly pn: number
  readonly fn: number
}

/** Every point: DA1 = FF and DA2 = 00. */
export const everyPoint = -1

/** The four bytes DA1 DA2 DT1 DT2 of one point and one class. */
export function writeUnitId({ pn, fn }: UnitId): Uint8Array {
  if (pn > pointMax || pn < everyPoint || fn < 1 || fn > fnMax) {
    throw new Error(`invariant broken: p${pn} F${fn}`)
  }
  const bytes = new Uint8Array(4)
  if (pn > 0) {
    bytes[0] = 1 << ((pn - 1) & 7)
    bytes[1] = ((pn - 1) >> 3) + 1
  } else if (pn === everyPoint) {
    bytes[0] = 0xff
  }
  bytes[2] = 1 << ((fn - 1) & 7)
  bytes[3] = (fn - 1) >> 3
  return bytes
}

/**
 * All points and classes that one identifier names, points first: the units of its data follow each
 * other in that order. Empty where it names none, which is no identifier.
 */
export function unitIdsAt(bytes: Uint8Array, at: number): readonly UnitId[] {
  const points = pointsOf(byteAt(bytes, at), byteAt(bytes, at + 1))
  const classes = bitsOf(byteAt(bytes, at + 2), 8 * byteAt(bytes, at + 3))
  if (points.length === 1 && classes.length === 1) {
    const [pn = 0] = points
    const [fn = 0] = classes
    return [{ pn, fn }]
  }
  return points.flatMap((pn) => classes.map((fn) => ({ pn, fn })))
}

function pointsOf(bits: number, group: number): readonly number[] {
  if (group > 0) return bitsOf(bits, 8 * (group - 1))
  if (bits === 0) return [0]
  return bits === 0xff ? [everyPoint] : []
}

function bitsOf(bits: number, before: number): readonly number[] {
  const found: number[] = []
  for (let bit = 0; bit < 8; bit++) if ((bits >> bit) & 1) found.push(before + bit + 1)
  return found
}
