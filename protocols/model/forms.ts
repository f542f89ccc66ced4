import type { FrameEffect, MeterProfile } from './protocol.ts'
import type { MeterTime } from './values.ts'

/** One argument of a request that is asked for by its name. */
export interface FormArgument {
  readonly name: string
  /** What may be given, for people: `MMDDhhmm, 99 for every`. */
  readonly says: string
  takes(text: string): boolean
  /** What stands where nothing is given; an argument without it must be given. */
  readonly usual?: string
  /** May be given several times. */
  readonly isList?: true
}

/** What was given for the arguments of a form, each taken by its argument. */
export interface GivenArguments {
  one(name: string): string
  /** Of an argument that may be given several times. */
  all(name: string): readonly string[]
}

/** What a request is built for. */
export interface FormTarget {
  readonly meter: MeterProfile
  /** When an order ends, for forms that have a field for it. */
  readonly expiresAt: MeterTime
  /** What a frame would do, with whatever it carries for a device behind. */
  effectOf(frame: Uint8Array): FrameEffect
}

/** Frames in the order in which they would be sent; a sentence where there can be none. */
export type FormedFrames = readonly Uint8Array[] | string

/** A request that can be asked for by its name: a row of a protocol's table. */
export interface RequestForm {
  readonly name: string
  readonly says: string
  readonly arguments: readonly FormArgument[]
  build(given: GivenArguments, target: FormTarget): FormedFrames
}

/** What is written to an item: a value as people write it, or its bytes as they are sent. */
export type WrittenValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/** Everything that a master can say, for whoever builds frames by name. */
export interface RequestForms {
  readonly requests: readonly RequestForm[]
  /** How people write what `write` takes, for a help text. */
  readonly writes: string
  write(item: string, value: WrittenValue, target: FormTarget): FormedFrames
}

/** So many bytes as hex digits, in the order that `says` names; any number of them where null. */
export function hexArgument(name: string, says: string, bytes: number | null): FormArgument {
  const digits = bytes === null ? '(?:[\\dA-F]{2})+' : `[\\dA-F]{${2 * bytes}}`
  return patternArgument(name, says, new RegExp(`^${digits}$`, 'i'))
}

/** A whole number in decimal, or in hex behind 0x. */
export function numberArgument(
  name: string,
  says: string,
  least: number,
  most: number,
): FormArgument {
  return { name, says, takes: (text) => inRange(numberOf(text), least, most) }
}

export function wordArgument(name: string, words: readonly string[]): FormArgument {
  return { name, says: words.join(' | '), takes: (text) => words.includes(text) }
}

/** A moment of the device's clock, `2026-11-21T10:15:00`. */
export function timeArgument(name: string): FormArgument {
  return { name, says: '2026-11-21T10:15:00', takes: (text) => timeOf(text) !== null }
}

export function patternArgument(name: string, says: string, pattern: RegExp): FormArgument {
  return { name, says, takes: (text) => pattern.test(text) }
}

/** The same argument with what stands for it where nothing is given. */
export function usually(argument: FormArgument, usual: string): FormArgument {
  return { ...argument, usual }
}

export function several(argument: FormArgument): FormArgument {
  return { ...argument, isList: true }
}

/** NaN where the text is no whole number. */
export function numberOf(text: string): number {
  return /^(?:\d{1,15}|0x[\dA-F]{1,12})$/i.test(text) ? Number(text) : Number.NaN
}

const daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Null for what no calendar has; 29 February is one of every year. */
export function timeOf(text: string): MeterTime | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (!found) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0))
  const days = daysOfMonths[month - 1] ?? 0
  const isReal = inRange(day, 1, days) && hour <= 23 && minute <= 59 && second <= 59
  return isReal ? { year, month, day, hour, minute, second } : null
}

/** A decimal text as digits of a scale, `12.5` of scale 2 as 1250; NaN where it has more. */
export function scaledOf(text: string, scale: number): number {
  const found = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/.exec(text)
  const [, sign = '', whole = '', decimals = ''] = found ?? []
  if (!found || decimals.length > scale) return Number.NaN
  const magnitude = Number(whole + decimals.padEnd(scale, '0'))
  return sign === '-' && magnitude > 0 ? -magnitude : magnitude
}

function inRange(value: number, least: number, most: number): boolean {
  return value >= least && value <= most
}
