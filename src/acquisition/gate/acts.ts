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
  trip: 10,
  unknown: 11,
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
  return actsAt(protocol, frame, known, 1)
}

function actsAt(
  protocol: Classifier,
  frame: Uint8Array,
  known: readonly Classifier[],
  depth: number,
): readonly FrameAct[] {
  const { name } = protocol
  const effect = protocol.effect(frame)
  const carried = protocol.carried?.(frame) ?? []
  const own: FrameAct[] =
    effect === 'read' ? [] : [{ protocol: name, effect, aim: protocol.aim?.(frame) ?? null, frame }]
  if (carried.length === 0) return own
  if (depth === DEPTH_MAX) return [...own, unknownAct(name, frame)]
  return [...own, ...carried.flatMap((inner) => carriedActs(name, inner, known, depth + 1))]
}

/** A frame that no known protocol takes for one of its own is unknown, not harmless. */
function carriedActs(
  carrier: ProtocolName,
  frame: Uint8Array,
  known: readonly Classifier[],
  depth: number,
): readonly FrameAct[] {
  const readings = known
    .filter((one) => one.effect(frame) !== 'unknown' && one.describe(frame).valid)
    .map((one) => actsAt(one, frame, known, depth))
  if (readings.length === 0) return [unknownAct(carrier, frame)]
  return readings.reduce((worst, acts) => (rankOf(acts) > rankOf(worst) ? acts : worst))
}

function rankOf(acts: readonly FrameAct[]): number {
  return Math.max(0, ...acts.map(({ effect }) => ranks[effect]))
}

function unknownAct(protocol: ProtocolName, frame: Uint8Array): FrameAct {
  return { protocol, effect: 'unknown', aim: null, frame }
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
