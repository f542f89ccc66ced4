import type { ItemCode } from '#protocols/model'
import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import { rollOversIn, type Shown, shownAt, shownKey } from '#src/metering'
import { selectLeftEnds } from './due-queries.ts'
import {
  needsRollOvers,
  type Piece,
  type PieceEnd,
  type PieceMeter,
  type RegisterEnds,
  type Settled,
  settle,
} from './settle.ts'

/** Looks up both ends of each piece and says what of them leaves. */
export async function decide(
  db: Db,
  pieces: readonly Piece[],
  registers: readonly ItemCode[],
  mayWait: boolean,
): Promise<readonly (readonly [Piece, Settled])[]> {
  const metered = pieces.flatMap((piece) => {
    const { meter } = piece
    return meter === null || piece.account === null ? [] : [{ piece, meter }]
  })
  const left = await leftEnds(db, metered)
  const ends = new Map(metered.map(({ piece }) => [piece, new Map<ItemCode, RegisterEnds>()]))
  for (const register of registers) {
    const asks = metered.flatMap(({ piece, meter }) =>
      [piece.from, piece.to]
        .filter((at) => !left.has(leftKey(meter, register, at)))
        .map((at) => ({ installationId: meter.installationId, at })),
    )
    const shown = await shownAt(db, register, asks)
    for (const { piece, meter } of metered) {
      const at = (moment: Instant): PieceEnd | undefined =>
        left.get(leftKey(meter, register, moment)) ??
        endOf(shown.get(shownKey({ installationId: meter.installationId, at: moment })))
      const known = { from: at(piece.from), to: at(piece.to) }
      ends.get(piece)?.set(register, await withRollOvers(db, register, piece, meter, known))
    }
  }
  return pieces.map((piece) => [piece, settle(piece, ends.get(piece) ?? new Map(), mayWait)])
}

/** The way between is looked at only where both ends do not say it. */
async function withRollOvers(
  db: Db,
  register: ItemCode,
  piece: Piece,
  meter: PieceMeter,
  known: RegisterEnds,
): Promise<RegisterEnds> {
  if (!needsRollOvers(piece, known)) return known
  const { installationId } = meter
  return {
    ...known,
    rollOvers: await rollOversIn(db, register, installationId, piece.from, piece.to),
  }
}

const endOf = (shown: Shown | undefined): PieceEnd | undefined =>
  shown && { ...shown, hasLeft: false }

const leftKey = ({ meterId }: Pick<PieceMeter, 'meterId'>, register: ItemCode, at: Instant) =>
  `${meterId} ${register} ${at}`

async function leftEnds(
  db: Db,
  metered: readonly { readonly piece: Piece; readonly meter: PieceMeter }[],
): Promise<ReadonlyMap<string, PieceEnd>> {
  const asks = metered.flatMap(({ piece, meter }) =>
    [piece.from, piece.to].map((at) => ({ meterId: meter.meterId, at })),
  )
  const found = await selectLeftEnds(db, asks)
  return new Map(
    found.map(({ micro, scale, isEstimated, ...end }) => {
      const quality = isEstimated ? ('estimated' as const) : ('measured' as const)
      const own = { micro, scale, quality, isBad: false, hasLeft: true }
      return [leftKey(end, end.register, end.at), own]
    }),
  )
}
