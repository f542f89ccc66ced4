import type { ItemCode } from '#protocols/model'
import type { Instant } from '#src/core'
import {
  isPossible,
  primaryBetween,
  type RollOvers,
  type UsageQuality,
  worseQuality,
} from '#src/metering'
import type { HeldReason } from './types.ts'

/** A time of a usage point in which one meter hung there and one account used it. */
export interface Piece {
  readonly usagePointId: number
  readonly usagePoint: string
  readonly from: Instant
  readonly to: Instant
  readonly meter: PieceMeter | null
  readonly account: { readonly id: number; readonly no: string } | null
}

export interface PieceMeter {
  readonly installationId: number
  readonly meterId: number
  readonly address: string
  readonly numerator: bigint
  readonly denominator: bigint
  readonly width: bigint | null
  readonly perHour: bigint
}

/** A register at an end of a piece, in 10^-6 of its unit. */
export interface PieceEnd {
  readonly micro: bigint
  readonly scale: number
  readonly quality: UsageQuality
  readonly isBad: boolean
  /** Left already as the other end of a neighbour: nothing may lie between them. */
  readonly hasLeft: boolean
}

export interface RegisterEnds {
  readonly from: PieceEnd | undefined
  readonly to: PieceEnd | undefined
  /** What is known of the time between, where the ends alone do not say it. */
  readonly rollOvers?: RollOvers
}

export interface SettledRegister {
  readonly register: ItemCode
  readonly from: PieceEnd
  readonly to: PieceEnd
  readonly rolls: number
  readonly energy: bigint
  readonly quality: UsageQuality
}

export type Settled =
  | { readonly kind: 'rows'; readonly rows: readonly SettledRegister[] }
  | { readonly kind: 'held'; readonly reason: HeldReason; readonly detail: string }

/**
 * What of a piece leaves: all its registers, or none. Where several registers hold it back, the
 * first says why.
 */
export function settle(
  piece: Piece,
  ends: ReadonlyMap<ItemCode, RegisterEnds>,
  /** Whether a real value may still come. */
  mayWait: boolean,
): Settled {
  const { meter } = piece
  if (meter === null) return held('no-meter', '')
  if (piece.account === null) return held('no-account', '')
  const rows: SettledRegister[] = []
  const hasNeighbour = [...ends.values()].some(({ from }) => from?.hasLeft === true)
  for (const [register, { from, to, rollOvers }] of ends) {
    if (from === undefined && to === undefined) continue
    // The piece before left without it: the meter has begun to tell it since.
    if (from === undefined && hasNeighbour) continue
    if (from === undefined || to === undefined) {
      return held('unread', `${register} at the ${from === undefined ? 'beginning' : 'end'}`)
    }
    const doubt = doubtOf(from, mayWait) ?? doubtOf(to, mayWait)
    if (doubt !== undefined) return held(doubt, register)
    const rolls = rollsOf(piece, meter, from, to, rollOvers)
    if (typeof rolls !== 'number') return held(rolls, register)
    const energy = primaryBetween(meter, { ...from, rolls: 0 }, { ...to, rolls })
    rows.push({
      register,
      from,
      to,
      rolls,
      energy,
      quality: worseQuality(from.quality, to.quality),
    })
  }
  return rows.length === 0 ? held('unread', 'neither end of any register') : { kind: 'rows', rows }
}

/** Whether the ends alone do not say how far the register went. */
export function needsRollOvers(piece: Piece, { from, to }: RegisterEnds): boolean {
  if (piece.meter === null || from === undefined || to === undefined) return false
  const advance = to.micro - from.micro
  return advance < 0n || !isPossible(advance, piece.to - piece.from, piece.meter)
}

function doubtOf(end: PieceEnd, mayWait: boolean): HeldReason | undefined {
  if (end.hasLeft) return undefined
  if (end.isBad) return 'doubtful'
  if (end.quality === 'suspect') return 'suspect'
  return end.quality === 'estimated' && mayWait ? 'waiting' : undefined
}

function rollsOf(
  piece: Piece,
  { perHour }: PieceMeter,
  from: PieceEnd,
  to: PieceEnd,
  rollOvers: RollOvers | undefined,
): number | HeldReason {
  const advance = to.micro - from.micro
  if (typeof rollOvers === 'number' && rollOvers > 0) return rollOvers
  if (advance < 0n) {
    // What left before was an estimate, and too much: the customer gets it back.
    return [from, to].some((end) => end.hasLeft && end.quality === 'estimated') ? 0 : 'fell'
  }
  if (isPossible(advance, piece.to - piece.from, { perHour })) return 0
  return rollOvers === 0 ? 0 : 'doubtful'
}

const held = (reason: HeldReason, detail: string): Settled => ({ kind: 'held', reason, detail })
