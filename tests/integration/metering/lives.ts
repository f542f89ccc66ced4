import fc from 'fast-check'
import { hours, type Instant, instant, minutes } from '#src/core'
import type { Hanging } from './oracle.ts'

const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'] as const

/** Mornings before a change of clocks of these zones, or the end of a month, or both. */
const mornings = [
  '2026-03-07',
  '2026-03-27',
  '2026-03-30',
  '2026-04-03',
  '2026-10-02',
  '2026-10-23',
  '2026-10-30',
  '2026-12-30',
] as const
export const days = 4
export const quarter = minutes(15)
export const quarters = (days + 2) * 96
const place = fc.nat({ max: quarters })
const metersMax = 4
export const registers = ['1.8.0', '2.8.0'] as const
export type Register = (typeof registers)[number]

/** What can happen to one place; moments are counted from about a day before the first morning. */
export interface Life {
  readonly zone: (typeof zones)[number]
  readonly morning: (typeof mornings)[number]
  readonly digits: readonly number[]
  /** In hundredths. */
  readonly belowWidth: readonly number[]
  /** In hundredths a quarter of an hour. */
  readonly growth: readonly number[]
  readonly changes: readonly {
    readonly minute: number
    readonly kind: 'swap' | 'transformers' | 'pause'
    readonly isWritten: boolean
  }[]
  /** When the archive is told: before any reading, among them, or after all was worked out. */
  readonly toldWhen: 'before' | 'among' | 'after'
  readonly isRatioCorrected: boolean
  readonly ratios: readonly (readonly [bigint, bigint])[]
  readonly gaps: readonly { readonly from: number; readonly length: number }[]
  readonly freezes: boolean
  readonly monthEnds: boolean
  readonly doubtful: readonly number[]
  readonly verdicts: readonly {
    readonly at: number
    readonly word: 'rejected' | 'suspect' | 'taken back'
  }[]
  readonly made: readonly {
    readonly at: number
    readonly off: number
    readonly kind: 'estimated' | 'edited'
    readonly end: 'stays' | 'withdrawn' | 'replaced' | 'refused'
    readonly isOverRead: boolean
  }[]
  readonly batch: number
  /** Decides the order of everything. */
  readonly order: readonly number[]
}

const few = <T>(of: fc.Arbitrary<T>, maxLength: number) => fc.array(of, { maxLength })
const each = <T>(of: fc.Arbitrary<T>) =>
  fc.array(of, { minLength: metersMax, maxLength: metersMax })

export const lives: fc.Arbitrary<Life> = fc.record({
  zone: fc.constantFrom(...zones),
  morning: fc.constantFrom(...mornings),
  digits: each(fc.integer({ min: 4, max: 8 })),
  belowWidth: each(fc.integer({ min: 1, max: 120_000 })),
  growth: fc.array(fc.integer({ min: 20, max: 400 }), { minLength: 1, maxLength: 7 }),
  changes: few(
    fc.record({
      minute: fc.integer({ min: 60, max: (days + 1) * 24 * 60 }),
      kind: fc.constantFrom('swap' as const, 'transformers' as const, 'pause' as const),
      isWritten: fc.boolean(),
    }),
    metersMax - 1,
  ),
  toldWhen: fc.constantFrom('before' as const, 'among' as const, 'after' as const),
  isRatioCorrected: fc.boolean(),
  ratios: each(fc.constantFrom([1n, 1n], [80n, 1n], [2n, 3n], [7n, 3n])),
  gaps: few(fc.record({ from: place, length: fc.integer({ min: 1, max: 120 }) }), 5),
  freezes: fc.boolean(),
  monthEnds: fc.boolean(),
  doubtful: few(place, 4),
  verdicts: few(
    fc.record({
      at: place,
      word: fc.constantFrom('rejected' as const, 'suspect' as const, 'taken back' as const),
    }),
    6,
  ),
  made: few(
    fc.record({
      at: place,
      off: fc.integer({ min: -9, max: 9 }),
      kind: fc.constantFrom('estimated' as const, 'edited' as const),
      end: fc.constantFrom(...(['stays', 'stays', 'withdrawn', 'replaced', 'refused'] as const)),
      isOverRead: fc.boolean(),
    }),
    8,
  ),
  batch: fc.integer({ min: 20, max: 400 }),
  order: fc.array(fc.nat({ max: 10_000 }), { minLength: 20, maxLength: 40 }),
})

export interface Truth {
  readonly first: number
  readonly begin: Instant
  readonly end: Instant
  /** Hangings by their place in the list of meters. */
  readonly hangings: readonly (Omit<Hanging, 'opening' | 'closing'> & {
    readonly opened: boolean
    readonly closed: boolean
  })[]
  /** What the display of a meter shows, 10^-6. */
  shows(register: Register, meter: number, when: number): bigint
}

export const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by

export function truthOf(life: Life, begin: Instant): Truth {
  const first = Math.floor((begin - hours(24)) / quarter) * quarter
  const { growth } = life
  const cycle = growth.reduce((sum, one) => sum + one, 0)
  /** 10^-4, growing at every quarter and between. */
  const grown = (when: number): number => {
    const whole = Math.floor((when - first) / quarter)
    const nth = whole - Math.floor(whole / growth.length) * growth.length
    const before = growth.slice(0, nth).reduce((sum, one) => sum + one, 0)
    const now = (growth[nth] ?? 0) * (when - first - whole * quarter)
    const full = Math.floor(whole / growth.length) * cycle + before
    return full * 100 + Math.floor((now * 100) / quarter)
  }
  const widthOf = (meter: number) => 10n ** BigInt(6 + (life.digits[meter] ?? 6))
  const changes = life.changes
    .toSorted((a, b) => a.minute - b.minute)
    .filter(({ minute }, nth, all) => minute - (all[nth - 1]?.minute ?? -1_000) > 120)
  const hangings: Truth['hangings'][number][] = []
  let [from, meter, opened] = [0, 0, false]
  for (const [nth, change] of [...changes, undefined].entries()) {
    const to = change === undefined ? Number.POSITIVE_INFINITY : first + minutes(change.minute)
    const closed = change?.isWritten ?? false
    const ratio = life.ratios[nth % metersMax] ?? [1n, 1n]
    hangings.push({ meter, from, to, ratio, width: widthOf(meter), opened, closed })
    // Transformers alone are changed without a word about the register.
    if (change?.kind !== 'transformers') meter += 1
    opened = closed && change?.kind !== 'transformers'
    from = to + (change?.kind === 'pause' ? minutes(50) : 0)
  }
  return {
    ...{ first, begin, hangings },
    end: instant(begin + days * hours(24)),
    shows(register, nth, when) {
      const below = BigInt(life.belowWidth[nth] ?? 1) * 10_000n
      const own = grown(when)
      const counted = BigInt(register === '1.8.0' ? own : Math.floor(own / 5)) * 100n
      return modulo(counted - below, widthOf(nth))
    },
  }
}
