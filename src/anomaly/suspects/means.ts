import type { EvidencePack } from './types.ts'

type Days = EvidencePack['days']

/** Means of a day before the change and since, of what was metered and of what the area lost. */
export function meansOf(days: Days, since: string): EvidencePack['means'] {
  const around = (of: (day: Days[number]) => bigint | null) => {
    return {
      before: mean(days.filter(({ date }) => date < since).map(of)),
      since: mean(days.filter(({ date }) => date >= since).map(of)),
    }
  }
  return {
    energy: around(({ energy }) => energy),
    areaLoss: around(({ areaLoss }) => areaLoss),
    areaLossWithout: around(({ areaLoss, explained }) =>
      areaLoss === null || explained === null ? null : areaLoss - explained,
    ),
  }
}

/** Of the days that are known; null where none is. */
function mean(some: readonly (bigint | null)[]): bigint | null {
  const known = some.flatMap((one) => one ?? [])
  if (known.length === 0) return null
  return known.reduce((sum, one) => sum + one, 0n) / BigInt(known.length)
}
