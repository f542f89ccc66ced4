import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Book } from './book.ts'
import type { Scaled } from './decimal.ts'
import type { Judgement } from './machine.ts'

/** A book as the database keeps it: numbers of any size as text, nothing before all time as null. */
const Big = Type.String({ pattern: '^-?\\d+$' })
const Moment = Type.Union([Type.Number(), Type.Null()])
const SampleText = Type.Union([Type.Object({ at: Type.Number(), value: Big }), Type.Null()])
const Crossing = Type.Object({ active: Type.Boolean(), since: Moment })
const Level = Type.Union([
  Type.Literal('normal'),
  Type.Literal('low-low'),
  Type.Literal('low'),
  Type.Literal('high'),
  Type.Literal('high-high'),
])
const JudgementText = Type.Object({
  last: SampleText,
  asOf: Moment,
  noted: SampleText,
  crossings: Type.Object({
    'low-low': Crossing,
    low: Crossing,
    high: Crossing,
    'high-high': Crossing,
  }),
  level: Level,
  levelSince: Moment,
})
const StandText = Type.Object({ judgement: JudgementText, from: Type.Number() })
const BookText = Type.Object({ now: JudgementText, newer: StandText, older: StandText })

export function shelved(book: Book): string {
  return JSON.stringify(book, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    return value === Number.NEGATIVE_INFINITY ? null : value
  })
}

export function unshelved(value: unknown): Book {
  const { now, newer, older } = Value.Parse(BookText, value)
  return {
    now: judgementOf(now),
    newer: { judgement: judgementOf(newer.judgement), from: newer.from },
    older: { judgement: judgementOf(older.judgement), from: older.from },
  }
}

type Kept = (typeof JudgementText)['static']

function judgementOf({ last, asOf, noted, ...rest }: Kept): Judgement {
  const sample = (text: Kept['last']) =>
    text === null ? null : { at: text.at, value: BigInt(text.value) as Scaled }
  return {
    ...rest,
    last: sample(last),
    asOf: asOf ?? Number.NEGATIVE_INFINITY,
    noted: sample(noted),
  }
}
