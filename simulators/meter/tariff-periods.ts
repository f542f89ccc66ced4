/** 尖 sharp, 峰 peak, 平 flat, 谷 valley: rates 1 to 4 of DL/T 645, by their usual numbering. */
export const RATES = 4

/** Which rate counts at each hour, by month. */
export type TariffPeriods = 'industrial' | 'residential' | 'single'

const rateOfLetter = new Map([
  ['s', 0],
  ['p', 1],
  ['f', 2],
  ['v', 3],
])

/** One letter an hour from 00:00; `from` is the first month of the row, later rows replace it. */
const rows: readonly (readonly [TariffPeriods, number, string])[] = [
  // Sharp hours move into the evening in July and August, as in Hubei's tariff of 2024.
  ['industrial', 1, 'vvvvvvffffffvvffppsspppp'],
  ['industrial', 7, 'vvvvvvffffffvvffppppsspp'],
  ['industrial', 9, 'vvvvvvffffffvvffppsspppp'],
  ['residential', 1, 'vvvvvvvvppppppppppppppvv'],
  ['single', 1, 'ffffffffffffffffffffffff'],
]

/** By name and month: the rate index (0 to 3) of each hour. */
const rateTables = new Map(
  rows.flatMap(([name]) =>
    Array.from({ length: 12 }, (_, index) => {
      const row = rows.findLast(([each, from]) => each === name && from <= index + 1)
      const rates = Uint8Array.from(row?.[2] ?? '', (letter) => rateOfLetter.get(letter) ?? 2)
      return [`${name}/${index + 1}`, rates] as const
    }),
  ),
)

const flat = new Uint8Array(24).fill(2)

/** Rate index (0 to 3) of each hour of the wall clock in a month. */
export function ratesOf(periods: TariffPeriods, month: number): Uint8Array {
  return rateTables.get(`${periods}/${month}`) ?? flat
}
