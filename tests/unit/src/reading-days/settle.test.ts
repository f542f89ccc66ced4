import { describe, expect, test } from 'vitest'
import type { ItemCode } from '#protocols/model'
import { hours, instant } from '#src/core'
import { type Piece, type PieceEnd, type RegisterEnds, settlePiece } from '#src/reading-days'

const piece: Piece = {
  ...{ usagePointId: 1, usagePoint: 'P-1', from: instant(0), to: instant(hours(720)) },
  account: { id: 1, no: '33' },
  meter: {
    ...{ installationId: 1, meterId: 1, address: '1', numerator: 80n, denominator: 1n },
    ...{ width: 10_000_000_000n, perHour: 10_000_000n },
  },
}
const end = (micro: bigint, more: Partial<PieceEnd> = {}): PieceEnd => ({
  ...{ micro, scale: 2, quality: 'measured', isBad: false, hasLeft: false, ...more },
})
const settled = (ends: RegisterEnds, own: Partial<Piece> = {}, mayWait = false) =>
  settlePiece({ ...piece, ...own }, new Map<ItemCode, RegisterEnds>([['1.8.0', ends]]), mayWait)
const held = (reason: string) => ({ kind: 'held', reason })

describe('a piece of time', () => {
  test('leaves with its energy after the ratio', () => {
    expect(settled({ from: end(1_000_000n), to: end(3_500_000n) })).toMatchObject({
      kind: 'rows',
      rows: [{ register: '1.8.0', energy: 200_000_000n, rolls: 0, quality: 'measured' }],
    })
  })

  test('stays behind with the reason', () => {
    const to = end(5_000_000n)
    expect(settled({ from: end(0n), to }, { meter: null })).toMatchObject(held('no-meter'))
    expect(settled({ from: end(0n), to }, { account: null })).toMatchObject(held('no-account'))
    expect(settled({ from: undefined, to })).toMatchObject(held('unread'))
    expect(settled({ from: end(0n), to: undefined })).toMatchObject(held('unread'))
    expect(settled({ from: undefined, to: undefined })).toMatchObject(held('unread'))
    expect(settled({ from: end(0n), to: { ...to, isBad: true } })).toMatchObject(held('doubtful'))
    const suspect = end(0n, { quality: 'suspect' })
    expect(settled({ from: suspect, to })).toMatchObject(held('suspect'))
    expect(settled({ from: end(6_000_000n), to, rollOvers: 0 })).toMatchObject(held('fell'))
    expect(settled({ from: end(6_000_000n), to, rollOvers: 'fallen' })).toMatchObject(held('fell'))
  })

  test('waits with an estimate only while a real value may come', () => {
    const ends = { from: end(0n), to: end(1_000_000n, { quality: 'estimated' }) }
    expect(settled(ends, {}, true)).toMatchObject(held('waiting'))
    expect(settled(ends)).toMatchObject({ kind: 'rows', rows: [{ quality: 'estimated' }] })
  })

  test('gives back what an estimate that has left was too high by, and nothing else', () => {
    const to = end(5_000_000n)
    const left = { hasLeft: true } as const
    const estimate = end(6_000_000n, { ...left, quality: 'estimated' })
    expect(settled({ from: estimate, to, rollOvers: 0 })).toMatchObject({
      rows: [{ energy: -80_000_000n }],
    })
    expect(settled({ from: end(6_000_000n, left), to, rollOvers: 0 })).toMatchObject(held('fell'))
  })

  test('that has more than can have flown leaves only where all that is known agrees', () => {
    const ends = { from: end(0n), to: end(9_000_000_000n) }
    expect(settled(ends)).toMatchObject(held('doubtful'))
    expect(settled({ ...ends, rollOvers: 'fallen' })).toMatchObject(held('doubtful'))
    expect(settled({ ...ends, rollOvers: 0 })).toMatchObject({ kind: 'rows' })
    const rolled = { from: end(9_000_000_000n), to: end(1_000_000n), rollOvers: 1 }
    expect(settled(rolled)).toMatchObject({ rows: [{ rolls: 1, energy: 80_080_000_000n }] })
  })
})
