import type { FrameAim, FrameEffect, Protocol, ProtocolName } from '#protocols/model'

/** What a frame can do besides reading. */
export type MovingEffect = Exclude<FrameEffect, 'read'>

/** The part of a protocol that the gate asks. */
export type Classifier = Pick<Protocol<never, unknown>, 'name' | 'effect' | 'carried' | 'aim'> & {
  describe(frame: Uint8Array): { readonly valid: boolean }
}

/** One thing that a frame would do, by the frame or by one that it carries. */
export interface FrameAct {
  readonly protocol: ProtocolName
  readonly effect: MovingEffect
  readonly aim: FrameAim | null
  /** The bytes that say so; those of the carried frame where that is the one. */
  readonly frame: Uint8Array
  /** The frames that carry it, the outermost first. */
  readonly around: readonly Layer[]
}

interface Layer {
  readonly frame: Uint8Array
  readonly aim: FrameAim | null
}

/** A 376.1 or 698.45 frame carries a meter's frame, and that carries none. */
const DEPTH_MAX = 3

/** From harmless to harmful: where two protocols read a carried frame differently, the worse counts. */
const ranks: Readonly<Record<FrameEffect, number>> = {
  read: 0,
  clock: 1,
  write: 2,
  mode: 3,
  clear: 4,
  address: 5,
  price: 6,
  key: 7,
  relay: 8,
  'load-limit': 9,
  firmware: 10,
  trip: 11,
  unknown: 12,
}

/**
 * Everything that a frame would do besides reading. Empty for a frame that only reads. `known` are
 * the protocols that a carried frame may be of.
 */
export function actsOf(
  protocol: Classifier,
  frame: Uint8Array,
  known: readonly Classifier[],
): readonly FrameAct[] {
  return actsAt(protocol, frame, known, [])
}

function actsAt(
  protocol: Classifier,
  frame: Uint8Array,
  known: readonly Classifier[],
  around: readonly Layer[],
): readonly FrameAct[] {
  const { name } = protocol
  const effect = protocol.effect(frame)
  const carried = protocol.carried?.(frame) ?? []
  if (effect === 'read' && carried.length === 0) return []
  const aim = protocol.aim?.(frame) ?? null
  const own: FrameAct[] = effect === 'read' ? [] : [{ protocol: name, effect, aim, frame, around }]
  const layers = [...around, { frame, aim }]
  if (layers.length < DEPTH_MAX || carried.length === 0) {
    return [...own, ...carried.flatMap((inner) => carriedActs(name, inner, known, layers))]
  }
  return [...own, unknownAct(name, frame, around)]
}

/** A frame that no known protocol takes for one of its own is unknown, not harmless. */
function carriedActs(
  carrier: ProtocolName,
  frame: Uint8Array,
  known: readonly Classifier[],
  around: readonly Layer[],
): readonly FrameAct[] {
  const readings = known
    .filter((one) => one.effect(frame) !== 'unknown' && one.describe(frame).valid)
    .map((one) => actsAt(one, frame, known, around))
  if (readings.length === 0) return [unknownAct(carrier, frame, around)]
  return readings.reduce((worst, acts) => (rankOf(acts) > rankOf(worst) ? acts : worst))
}

function rankOf(acts: readonly FrameAct[]): number {
  return Math.max(0, ...acts.map(({ effect }) => ranks[effect]))
}

function unknownAct(protocol: ProtocolName, frame: Uint8Array, around: readonly Layer[]): FrameAct {
  return { protocol, effect: 'unknown', aim: null, frame, around }
}

/**
 * True for what can take supply away, at once or later: a trip, a limit, and the end of kept supply,
 * behind which a waiting trip or a negative balance opens the relay (3B, domain of 保电).
 */
export function cuts(act: Pick<FrameAct, 'effect' | 'aim'>): boolean {
  return cutsSupply(act.effect, act.aim?.action ?? null)
}

/** The same of what a permit is for. */
export function cutsSupply(effect: MovingEffect, action: FrameAim['action']): boolean {
  return effect === 'trip' || effect === 'load-limit' || action === 'trip' || action === 'unprotect'
}
