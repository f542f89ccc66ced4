import type { ItemCode } from '#protocols/model'
import type { TimeForm } from './time.ts'

/** Where the payload's time stands. */
export interface TimeRule {
  readonly path: string
  readonly form: TimeForm
}

/** Codes of the three phases, in order. */
export type PhaseCodes = readonly [ItemCode, ItemCode, ItemCode]

/**
 * One value: its path below the section, the unit the sender uses, its code, and the codes an
 * array of three stands for. Without `code` only an array is expected, without `phases` only one
 * value.
 */
export type ValueRow = readonly [
  path: string,
  unit: string,
  code: ItemCode | null,
  phases?: PhaseCodes,
]

/** A path below the section that must or must not be there. */
export interface Condition {
  readonly path: string
  readonly present: boolean
}

/** One device's values in a payload. */
export interface Section {
  /** From the payload's root; `{n}` stands for a number that the device's template may use. */
  readonly path: string
  /** Template of the device id: `{device}` from the topic, `{$.node}` from the payload. */
  readonly device: string
  /** What must hold for the rows to count. */
  readonly when?: readonly Condition[]
  /** True where a payload without any of the rows breaks the topic's promise. */
  readonly required: boolean
  readonly rows: readonly ValueRow[]
}

/** A code and the unit that a gateway's tag carries. */
export interface Tag {
  readonly code: ItemCode
  readonly unit: string
}

/** What stands in the payloads of a topic. */
export type PayloadForm =
  /** Nothing of a meter: it only comes along with what a topic filter brings. */
  | { readonly kind: 'nothing' }
  /** The OpenHES form of the README. */
  | { readonly kind: 'openhes' }
  /** Objects with known fields. */
  | {
      readonly kind: 'sections'
      readonly time: TimeRule | null
      readonly sections: readonly Section[]
    }
  /** One bare number; `{n}` of the topic picks the phase. */
  | { readonly kind: 'number'; readonly unit: string; readonly phases: PhaseCodes }
  /** Neuron: tags by name, as a dictionary (`values`, `errors`) or as a list (`tags`). */
  | {
      readonly kind: 'tags'
      readonly device: string
      readonly time: TimeRule
      readonly tags: Readonly<Record<string, Tag>>
    }

/** Topics of one pattern and how to read them. Pure data: a new family is new rows. */
export interface Mapping {
  readonly family: string
  /** `tele/{device}/SENSOR`: a named part fills one level or a part of it. */
  readonly topic: string
  readonly form: PayloadForm
}
