import type { Malformed, Reading } from '#protocols/model'
import { brokenGuard, pointOf, readBlock } from './codec.ts'
import type { ParsedReply, RegisterRead } from './pdu.ts'
import { type Block, planBlocks } from './plan.ts'
import type { Guard, ModbusProfile } from './profile.ts'
import { pickModel, sunSpecCodes, sunSpecProfile } from './profile-sunspec.ts'
import { nextPlace, sunSpecBases, type WalkPlace, walkFrom, walkRead } from './sunspec-walk.ts'
import { word } from './word.ts'

/** Values of a SunSpec device wherever its models stand: the walk to them, then their blocks. */
export interface SunSpecRead extends RegisterRead {
  readonly kind: 'sunspec'
  readonly wanted: SunSpecWanted
  readonly place: WalkPlace | BlockPlace
}

/** What is read of which meter of a device; the first is 1. */
interface SunSpecWanted {
  readonly items: readonly string[]
  readonly nth: number
}

interface BlockPlace {
  readonly kind: 'block'
  readonly guards: readonly Guard[]
  readonly blocks: readonly Block[]
  readonly index: number
}

const NAME = /^sunspec(?:-at(0|40000|50000))?(?:-meter([1-9]))?$/

/** Names of profiles whose models are looked for, for people to choose from. */
export const sunSpecNames: readonly string[] = [
  'sunspec',
  'sunspec-at50000',
  'sunspec-at0',
  'sunspec-meter2',
  'sunspec-meter3',
]

/** The first read of a device under such a profile, and what no model has; null: another profile. */
export function planSunSpec(
  items: readonly string[],
  unit: number,
  profile: string | null,
): { readonly first: SunSpecRead | null; readonly unsupported: readonly string[] } | null {
  const [matched, base, nth = '1'] = NAME.exec(profile ?? '') ?? []
  if (matched === undefined) return null
  const known = items.filter((item) => sunSpecCodes.has(item))
  const unsupported = items.filter((item) => !sunSpecCodes.has(item))
  if (known.length === 0) return { first: null, unsupported }
  const place = walkFrom(base === undefined ? sunSpecBases : [Number(base)])
  return { first: readAt(unit, { items: known, nth: Number(nth) }, place), unsupported }
}

function readAt(unit: number, wanted: SunSpecWanted, place: SunSpecRead['place']): SunSpecRead {
  const read = place.kind === 'block' ? place.blocks[place.index] : walkRead(place)
  const { start = 0, count = 0 } = read ?? {}
  return { kind: 'sunspec', unit, functionCode: 3, start, count, wanted, place }
}

/**
 * What is read after an answer: the next header, the next block, or nothing more. A refusal says
 * that "SunS" is not at this base; anywhere else it is one of the whole read.
 */
export function nextSunSpecRead(request: SunSpecRead, reply: ParsedReply): SunSpecRead | null {
  const { unit, wanted, place } = request
  if (reply.exception !== null) {
    const next = place.kind === 'marker' ? nextPlace(place, null) : null
    return next?.kind === 'marker' ? readAt(unit, wanted, next) : null
  }
  if (place.kind === 'block') {
    const index = place.index + 1
    return index < place.blocks.length ? readAt(unit, wanted, { ...place, index }) : null
  }
  const next = nextPlace(place, wordsOf(reply.data))
  if (next.kind === 'marker') return readAt(unit, wanted, next)
  const model = pickModel(next.models, wanted.nth, next.kind === 'end')
  const profile = model && sunSpecProfile(model.id, model.address)
  if (profile) {
    const blocks = blocksOf(profile, wanted.items)
    const at: BlockPlace = { kind: 'block', guards: profile.guards, blocks, index: 0 }
    return blocks.length > 0 ? readAt(unit, wanted, at) : null
  }
  return next.kind === 'header' ? readAt(unit, wanted, next) : null
}

function blocksOf(profile: ModbusProfile, items: readonly string[]): readonly Block[] {
  const points = items.flatMap((item) => pointOf(profile, item) ?? [])
  return planBlocks(points, profile)
}

type Values =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

/** Walks the answers again, and reads what the blocks at the end hold. */
export function readSunSpec(first: SunSpecRead, parts: readonly ParsedReply[]): Values {
  const readings: Reading[] = []
  let request: SunSpecRead | null = first
  let hasBlock = false
  for (const part of parts) {
    const isElsewhere = part.exception !== null && request?.place.kind === 'marker'
    if (!request || (!isElsewhere && part.data.length !== 2 * request.count)) {
      return broken('modbus.parts', `${parts.length} answers do not make up one walk`)
    }
    const { place, start, count }: SunSpecRead = request
    if (place.kind === 'block') {
      hasBlock = true
      const malformed = brokenGuard(place.guards, { start, count }, part.data)
      if (malformed) return { ok: false, malformed }
      const block = place.blocks[place.index]
      if (block) readings.push(...readBlock(block, part.data))
    }
    request = nextSunSpecRead(request, part)
  }
  if (request) return broken('modbus.parts', 'the walk over the models has no end')
  if (hasBlock) return { ok: true, readings }
  return broken('modbus.no-model', 'the device lists no SunSpec model with what was asked for')
}

function wordsOf(data: Uint8Array): readonly number[] {
  return Array.from({ length: data.length >> 1 }, (_, index) => word(data, 2 * index))
}

function broken(code: string, message: string): Values {
  return { ok: false, malformed: { code, message } }
}
