import { type civilTime, hours, type Instant, instant, type MeterId } from '#src/core'
import type { StoredReading } from '#src/readings'
import { at, reading } from './field.ts'
import {
  days,
  type Life,
  modulo,
  quarter,
  quarters,
  type Register,
  registers,
  type Truth,
} from './lives.ts'
import type { Shown } from './oracle.ts'

export function readingsOf(
  life: Life,
  truth: Truth,
  idOfNth: (nth: number) => MeterId,
  now: Instant,
  civil: ReturnType<typeof civilTime>,
): readonly StoredReading[] {
  const all: StoredReading[] = []
  const say = (nth: number, when: number, daily: boolean, doubtful: boolean) => {
    for (const item of registers) {
      // A freeze has two decimals.
      const value = truth.shows(item, nth, when) / (daily ? 10_000n : 100n)
      all.push(
        reading(idOfNth(nth), instant(when), Number(value), daily ? 2 : 4, {
          ...{ item, receivedAt: now, dataClass: daily ? 'daily' : 'interval' },
          quality: doubtful ? 'clock-doubtful' : 'good',
        }),
      )
    }
  }
  // A meter in the store is read as well.
  const nths = [...new Set(truth.hangings.map(({ meter }) => meter))]
  for (let index = 0; index <= quarters; index += 1) {
    if (life.gaps.some(({ from, length }) => index >= from && index < from + length)) continue
    const when = truth.first + index * quarter
    for (const nth of nths) say(nth, when, false, life.doubtful.includes(index))
  }
  const date = civil.dateOf(truth.begin)
  if (life.freezes) {
    for (let nth = 0; nth <= days; nth += 1) {
      const when = civil.startOf(civil.addDays(date, nth))
      for (const meter of nths) say(meter, when, true, false)
    }
  }
  // Over a month a narrow register could go round unseen.
  if (life.monthEnds && life.digits.every((digits) => digits > 5)) {
    for (const other of [-31, 0, 31, 62]) {
      const month = civil.dateOf(instant(truth.begin + hours(24 * other))).slice(0, 7)
      const when = civil.startOf(civil.dateOf(at(`${month}-01T12:00:00Z`)))
      if (life.freezes && when >= truth.begin && when <= truth.end) continue
      for (const meter of nths) say(meter, when, true, false)
    }
  }
  return all
}

export interface Made {
  readonly meter: number
  readonly when: number
  readonly micro: bigint
  readonly kind: 'estimated' | 'edited'
  readonly end: Life['made'][number]['end']
  readonly isOverRead: boolean
}

/** Values in the place of others, of 1.8.0: never so far off that the register would fall. */
export function madeOf(life: Life, truth: Truth): readonly Made[] {
  const seen = new Set<number>()
  return life.made.flatMap((one): readonly Made[] => {
    const when = truth.first + one.at * quarter
    const hanging = truth.hangings.find(({ from, to }) => when >= from && when < to)
    if (hanging === undefined || seen.has(when)) return []
    seen.add(when)
    const { meter, width } = hanging
    const isNear = truth.hangings.some(
      ({ from, to }) => Math.abs(from - when) < quarter || Math.abs(to - when) < quarter,
    )
    const off = isNear ? 0n : BigInt(one.off) * 10_000n
    const { kind, end, isOverRead } = one
    const micro = modulo((truth.shows('1.8.0', meter, when) / 10_000n) * 10_000n + off, width)
    return [{ meter, when, micro, kind, end, isOverRead }]
  })
}

/** What counts in the end, however it came about. */
export function shownOf(
  life: Life,
  truth: Truth,
  sayings: readonly StoredReading[],
  made: readonly Made[],
  idOfNth: (nth: number) => MeterId,
  register: Register,
  meter: number,
): readonly Shown[] {
  const found = new Map<number, Shown>()
  const own = made.filter(
    (one) => register === '1.8.0' && Number(idOfNth(one.meter)) === meter && one.end !== 'refused',
  )
  for (const { when, micro, kind, end } of own) {
    if (end !== 'withdrawn') found.set(when, { at: when, micro, quality: kind })
  }
  const words = finalWords(life, truth)
  const wordAt = (when: number) => {
    if (own.some((one) => one.when === when && one.isOverRead)) return 'rejected'
    return words.get(when)
  }
  for (const one of sayings) {
    const { item, measuredAt, dataClass, value } = one
    if (Number(one.meterId) !== meter || item !== register || value.kind !== 'number') continue
    const word = wordAt(measuredAt)
    if (word === 'rejected') continue
    const before = found.get(measuredAt)
    // A freeze goes before the curve.
    if (before !== undefined && ['measured', 'suspect'].includes(before.quality)) {
      if (dataClass !== 'daily') continue
    }
    const isDoubted = one.quality === 'clock-doubtful' || word === 'suspect'
    const micro = BigInt(value.digits) * 10n ** BigInt(6 - value.scale)
    found.set(measuredAt, { at: measuredAt, micro, quality: isDoubted ? 'suspect' : 'measured' })
  }
  return [...found.values()].sort((a, b) => a.at - b.at)
}

/** The first word about a moment is the one that is said. */
function finalWords(life: Life, truth: Truth): ReadonlyMap<number, 'rejected' | 'suspect'> {
  const said = new Map<number, Life['verdicts'][number]['word']>()
  for (const { at: index, word } of life.verdicts) {
    const when = truth.first + index * quarter
    if (!said.has(when)) said.set(when, word)
  }
  return new Map([...said].flatMap(([when, word]) => (word === 'taken back' ? [] : [[when, word]])))
}
