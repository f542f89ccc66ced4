import {
  advance,
  beginning,
  type Judged,
  type Judgement,
  type LevelChange,
  type PointRules,
  type Sample,
  settle,
} from './machine.ts'

/** A stand of the judgement, and the first moment whose samples it does not contain. */
export interface Stand {
  readonly judgement: Judgement
  readonly from: number
}

/**
 * Where the judgement of a point stands, and two earlier stands of it. Samples that come late are
 * judged in their place, by going on from an earlier stand over all samples since: so the result
 * is that of the samples in order, in whatever order they came. What is older than the older stand
 * is too late; that stand is always at least `lateMax` behind.
 */
export interface Book {
  readonly now: Judgement
  readonly newer: Stand
  readonly older: Stand
}

/** What taking samples changed: only the new part, or everything since the older stand. */
export interface Taken {
  readonly book: Book
  readonly changes: readonly LevelChange[]
}

/** A book for samples from that moment on. */
export function newBook(from: number): Book {
  const stand = { judgement: beginning, from }
  return { now: beginning, newer: stand, older: stand }
}

/** Null where a sample belongs before what is judged already: then `retake` is needed. */
export function take(
  rules: PointRules,
  book: Book,
  samples: readonly Sample[],
  lateMax: number,
): Taken | null {
  let next = book
  const changes: LevelChange[] = []
  for (const sample of inOrder(samples)) {
    if (sample.at < next.older.from || isKnown(next, sample)) continue
    if (sample.at <= next.now.asOf) return null
    const judged = advance(rules, next.now, sample)
    changes.push(...judged.changes)
    next = turned({ ...next, now: judged.judgement }, lateMax)
  }
  return { book: next, changes }
}

/** Judges anew from the older stand; `samples` are all that are stored since. */
export function retake(
  rules: PointRules,
  book: Book,
  samples: readonly Sample[],
  lateMax: number,
): Taken {
  const { older, newer } = book
  const since = inOrder(samples).filter(({ at }) => at >= older.from)
  const before = over(
    rules,
    older.judgement,
    since.filter(({ at }) => at < newer.from),
  )
  // What ended until the newer stand belongs to it.
  const settled = settle(rules, before.judgement, newer.from - 1)
  const stand = { judgement: settled.judgement, from: newer.from }
  let next: Book = { older, newer: stand, now: settled.judgement }
  const changes = [...before.changes, ...settled.changes]
  for (const sample of since) {
    if (sample.at < newer.from) continue
    const judged = advance(rules, next.now, sample)
    changes.push(...judged.changes)
    next = turned({ ...next, now: judged.judgement }, lateMax)
  }
  return { book: next, changes }
}

/** Lets delays end. */
export function settleBook(rules: PointRules, book: Book, now: number): Taken {
  const { judgement, changes } = settle(rules, book.now, now)
  return { book: { ...book, now: judgement }, changes }
}

function over(rules: PointRules, from: Judgement, samples: readonly Sample[]): Judged {
  const changes: LevelChange[] = []
  let judgement = from
  for (const sample of samples) {
    const judged = advance(rules, judgement, sample)
    changes.push(...judged.changes)
    judgement = judged.judgement
  }
  return { judgement, changes }
}

/** The stands move on once the newer one is old enough to be the older one. */
function turned(book: Book, lateMax: number): Book {
  const { now, newer } = book
  if (!(now.asOf - newer.from >= lateMax)) return book
  return { now, older: newer, newer: { judgement: now, from: now.asOf + 1 } }
}

const isKnown = ({ now }: Book, { at, value }: Sample) =>
  now.last?.at === at && now.last.value === value

function inOrder(samples: readonly Sample[]): readonly Sample[] {
  return [...samples].sort((a, b) => a.at - b.at)
}
