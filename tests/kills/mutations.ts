import type { Delivery } from '#src/acquisition/intake'
import type { Collection } from '#src/collection'
import type { Database } from '#src/db'
import { type OutboxLedger, Ranges } from '#src/outbox'

/** The product with one mistake; whoever looks for mistakes must find each. */
export const mutations = {
  none: 'as it is',
  'unsynced-acknowledged': 'a disk that answers a sync before it is one',
  'position-unchecked': 'records are taken without a look whether they were taken before',
  'position-first': 'the position moves in a transaction of its own, before the records are stored',
  'attempts-doubled': 'what a slot is told counts twice',
} as const

export type Mutation = keyof typeof mutations

export const isMutation = (word: string): word is Mutation => Object.hasOwn(mutations, word)

export function mutatedLedger(
  mutation: Mutation,
  ledger: OutboxLedger,
  db: Database,
): OutboxLedger {
  if (mutation === 'position-unchecked') {
    return {
      ...ledger,
      taken: async () => new Ranges(),
      take: (_outbox, numbers, _floor, work) => db.transaction((tx) => work(new Set(numbers), tx)),
    }
  }
  if (mutation === 'position-first') {
    return {
      ...ledger,
      async take(outbox, numbers, floor, work) {
        const taken = await ledger.taken(outbox)
        const fresh = numbers.filter((number) => !taken.has(number))
        await ledger.take(outbox, fresh, floor, async () => {})
        await db.transaction((tx) => work(new Set(fresh), tx))
      },
    }
  }
  return ledger
}

export function mutatedCollection(
  mutation: Mutation,
  collection: Pick<Collection, 'record'>,
): Pick<Collection, 'record'> {
  if (mutation !== 'attempts-doubled') return collection
  return {
    record: async (outcomes: Delivery['outcomes'], tx) => {
      await collection.record(outcomes, tx)
      return collection.record(outcomes, tx)
    },
  }
}
