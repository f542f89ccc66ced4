import { type Clock, fail, type Instant, ok, type Result } from '#src/core'
import { type Database, DatabaseFailure, type Db } from '#src/db'
import { isRefusal } from './refusal.ts'
import {
  type RefusedRow,
  type RefusedState,
  selectRefused,
  selectRefusedForUpdate,
  selectWaitingCount,
  updateDismissed,
  updateReplayed,
} from './refused-queries.ts'

/** A record that the database refused, and what people decided of it. */
export interface RefusedRecord<Item> extends Omit<RefusedRow, 'record'> {
  /** Null where its bytes say nothing to this version. */
  readonly item: Item | null
  readonly byteCount: number
}

export type RefusedFailure =
  | { readonly kind: 'not-found' | 'decided' | 'unreadable' }
  /** The database says no as before, or something else now. */
  | { readonly kind: 'refused-again'; readonly reason: string }

/** Who decides, and what is written down about it in the same transaction. */
export interface Decision {
  readonly by: string
  readonly note: (tx: Db, target: string) => Promise<void>
}

/** Bytes of outbox files that could not be read, put aside for people. */
export interface DamagedBytes {
  readonly name: string
  readonly byteCount: number
  readonly keptAt: Instant
}

/** What did not get to the database: refused by it, or damaged on the disk. */
export interface RefusedRecords<Item> {
  waiting(): Promise<number>
  /** Newest first. */
  list(
    state: RefusedState | null,
    before: number | null,
    limitMax: number,
  ): Promise<readonly RefusedRecord<Item>[]>
  /** Stores it as if it came now; a second time it is told as it is, and nothing is stored. */
  replay(id: number, decision: Decision): Promise<Result<RefusedRecord<Item>, RefusedFailure>>
  /** It stays where it is, and waits for nobody. */
  dismiss(id: number, decision: Decision): Promise<Result<RefusedRecord<Item>, RefusedFailure>>
  damaged(): Promise<readonly DamagedBytes[]>
}

export interface RefusedOptions<Item> {
  readonly db: Database
  readonly clock: Clock
  readonly decode: (bytes: Uint8Array) => Item
  readonly store: (items: readonly Item[], tx: Db) => Promise<() => void>
  readonly damaged: () => Promise<readonly DamagedBytes[]>
}

export function createRefusedRecords<Item>(options: RefusedOptions<Item>): RefusedRecords<Item> {
  const { db, clock, store, damaged } = options
  const told = ({ record, ...row }: RefusedRow): RefusedRecord<Item> => {
    return { ...row, item: readable(record), byteCount: record.length }
  }
  const readable = (record: Uint8Array): Item | null => {
    try {
      return options.decode(record)
    } catch {
      // It is told by its bytes alone.
      return null
    }
  }

  type Decided = Result<RefusedRecord<Item>, RefusedFailure>

  /** Of two who decide at once the second sees what the first did. */
  function decide(
    id: number,
    wanted: 'replayed' | 'dismissed',
    work: (row: RefusedRow, tx: Db) => Promise<Decided>,
  ): Promise<Decided> {
    return db.transaction(async (tx) => {
      const row = await selectRefusedForUpdate(tx, id)
      if (row === undefined) return fail({ kind: 'not-found' })
      if (row.state === wanted) return ok(told(row))
      if (row.state !== 'waiting') return fail({ kind: 'decided' })
      return work(row, tx)
    })
  }

  return {
    waiting: () => selectWaitingCount(db),
    damaged,
    async list(state, before, limitMax) {
      return (await selectRefused(db, state, before, limitMax)).map(told)
    },
    async replay(id, { by, note }) {
      let stored = () => {}
      try {
        const replayed = await decide(id, 'replayed', async (row, tx) => {
          const item = readable(row.record)
          if (item === null) return fail({ kind: 'unreadable' })
          stored = await store([item], tx)
          const decidedAt = clock.now()
          await updateReplayed(tx, id, by, decidedAt)
          await note(tx, targetOf(id))
          return ok(told({ ...row, state: 'replayed', decidedAt, decidedBy: by }))
        })
        stored()
        return replayed
      } catch (error) {
        // Anything else is no word of the database about the record.
        if (!(error instanceof DatabaseFailure) || !isRefusal(error)) throw error
        return fail({ kind: 'refused-again', reason: error.message })
      }
    },
    dismiss: (id, { by, note }) =>
      decide(id, 'dismissed', async (row, tx) => {
        const decidedAt = clock.now()
        await updateDismissed(tx, id, by, decidedAt)
        await note(tx, targetOf(id))
        return ok(told({ ...row, state: 'dismissed', decidedAt, decidedBy: by }))
      }),
  }
}

const targetOf = (id: number): string => `outbox/refused/${id}`
