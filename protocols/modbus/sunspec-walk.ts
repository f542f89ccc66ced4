import type { RegisterRead } from './pdu.ts'

/** A model of a SunSpec device: its number, its length without the header, where its header is. */
export interface SunSpecModel {
  readonly id: number
  readonly length: number
  readonly address: number
}

/** Where a walk over the models stands: before the marker, or before the header of a model. */
export type WalkPlace =
  | { readonly kind: 'marker'; readonly bases: readonly number[] }
  | {
      readonly kind: 'header'
      readonly base: number
      readonly address: number
      readonly models: readonly SunSpecModel[]
    }

/** `base` is null where "SunS" stands nowhere. */
export interface WalkEnd {
  readonly kind: 'end'
  readonly base: number | null
  readonly models: readonly SunSpecModel[]
}

/** Where "SunS" may stand (SunSpec Device Information Model Specification), the usual one first. */
export const sunSpecBases: readonly number[] = [40_000, 50_000, 0]

const MARKER: readonly number[] = [0x5375, 0x6e53]
const HEADER_REGISTERS = 2
const END_MODEL = 0xffff
/** A device lists a dozen models; one that lists more than this runs in circles. */
const MODELS_MAX = 100
const LAST_HEADER = 0xfffe

export function walkFrom(bases: readonly number[]): WalkPlace {
  return { kind: 'marker', bases }
}

/** The marker is read with the header of the first model behind it. */
export function walkRead(place: WalkPlace): { readonly start: number; readonly count: number } {
  if (place.kind === 'header') return { start: place.address, count: HEADER_REGISTERS }
  return { start: place.bases[0] ?? 0, count: MARKER.length + HEADER_REGISTERS }
}

/** Where the walk goes on after these registers; null where the device refused to give them. */
export function nextPlace(place: WalkPlace, words: readonly number[] | null): WalkPlace | WalkEnd {
  if (place.kind === 'header') {
    const { base, address, models } = place
    if (!words) return { kind: 'end', base, models }
    return behindHeader(base, address, models, words)
  }
  const [base = 0, ...others] = place.bases
  if (words && MARKER.every((value, index) => value === words[index])) {
    return behindHeader(base, base + MARKER.length, [], words.slice(MARKER.length))
  }
  if (others.length > 0) return { kind: 'marker', bases: others }
  return { kind: 'end', base: null, models: [] }
}

function behindHeader(
  base: number,
  address: number,
  models: readonly SunSpecModel[],
  [id = END_MODEL, length = 0]: readonly number[],
): WalkPlace | WalkEnd {
  if (id === END_MODEL || models.length >= MODELS_MAX) return { kind: 'end', base, models }
  const known = [...models, { id, length, address }]
  const next = address + HEADER_REGISTERS + length
  if (next > LAST_HEADER) return { kind: 'end', base, models: known }
  return { kind: 'header', base, address: next, models: known }
}

/** One step of a search: what to ask next, or what was found. */
export type SunSpecStep =
  | { readonly kind: 'ask'; readonly read: RegisterRead; readonly place: WalkPlace }
  | WalkEnd

/** The first step of a search for SunSpec on a unit, over every base address. */
export function sunSpecSearch(unit: number): SunSpecStep {
  return ask(unit, walkFrom(sunSpecBases))
}

/** The step after an answer; null stands for a refusal or for silence. */
export function nextSunSpecStep(
  step: Extract<SunSpecStep, { kind: 'ask' }>,
  words: readonly number[] | null,
): SunSpecStep {
  const next = nextPlace(step.place, words)
  return next.kind === 'end' ? next : ask(step.read.unit, next)
}

function ask(unit: number, place: WalkPlace): SunSpecStep {
  return { kind: 'ask', read: { unit, functionCode: 3, ...walkRead(place) }, place }
}
