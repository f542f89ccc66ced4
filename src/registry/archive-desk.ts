import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import {
  assert,
  type CivilTime,
  type Clock,
  fail,
  type Instant,
  instant,
  ok,
  type Result,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { digestOf, movedThings } from './archive-digest.ts'
import { type ReadProtocols, readArchive } from './archive-file.ts'
import { needsSecond, selectArchivePolicy, updateArchivePolicy } from './archive-policy.ts'
import { writeChanges } from './change-log.ts'
import {
  insertFindings,
  insertImport,
  lockImport,
  selectChanges,
  selectFindings,
  selectImports,
  updateState,
} from './desk-queries.ts'
import type {
  AlsoApplied,
  ApprovalNeeded,
  ArchiveDesk,
  ArchiveFile,
  ArchiveFinding,
  ArchiveImport,
  ArchivePreview,
  NotApplied,
} from './desk-types.ts'
import { type Trial, writeArchive } from './import.ts'
import { writeMarketing } from './marketing.ts'
import { type MarketingRow, readMarketing } from './marketing-file.ts'
import { keepRecords } from './marketing-queries.ts'
import type { ArchiveProblem, BadCursor, Page } from './types.ts'

const packed = promisify(gzip)
const unpacked = promisify(gunzip)

export interface DeskParts {
  readonly db: Database
  readonly civil: CivilTime
  readonly clock: Clock
  /** What the head-end reads now: its register maps may change while it runs. */
  readonly protocols: () => Promise<ReadProtocols>
}

/** A transaction is undone on purpose; caught right outside of it. */
class Undone extends Error {}

const nothing: AlsoApplied = async () => {}
const noTrial: Trial = {
  outcome: { rows: 0, created: 0, changed: 0, unchanged: 0 },
  changes: [],
  problems: [],
}

type Tried = Trial & { readonly findings: readonly ArchiveFinding[] }

/** What a file says, ready to be written. */
type Readable = {
  readonly write: (tx: Db) => Promise<Tried>
  readonly records: readonly MarketingRow[]
}

export function createArchiveDesk({ db, civil, clock, protocols }: DeskParts): ArchiveDesk {
  /** Where a batch says no day, what it changes holds from the day on which it came. */
  const today = () => civil.startOf(civil.dateOf(clock.now()))

  async function read(
    file: ArchiveFile,
    effective: Instant,
  ): Promise<Result<Readable, readonly ArchiveProblem[]>> {
    if (file.kind === 'archive') {
      const parsed = await readArchive(file.bytes, civil, await protocols())
      if (!parsed.ok) return parsed
      const write = async (tx: Db) => ({
        ...(await writeArchive(tx, parsed.value, clock.now())),
        findings: [],
      })
      return ok({ write, records: [] })
    }
    const parsed = await readMarketing(file.bytes, civil, effective)
    if (!parsed.ok) return parsed
    const complete = file.complete !== false
    return ok({
      write: (tx) => writeMarketing(tx, parsed.value, complete, clock.now()),
      records: parsed.value,
    })
  }

  async function tried(readable: Readable): Promise<Tried> {
    let trial: Tried = { ...noTrial, findings: [] }
    try {
      await db.transaction(async (tx) => {
        trial = await readable.write(tx)
        throw new Undone()
      })
    } catch (error) {
      if (!(error instanceof Undone)) throw error
    }
    return trial
  }

  async function preview(file: ArchiveFile) {
    const readable = await read(file, today())
    if (!readable.ok) {
      return { trial: { ...noTrial, problems: readable.error, findings: [] }, records: [] }
    }
    return { trial: await tried(readable.value), records: readable.value.records }
  }

  async function store(
    tx: Db,
    file: ArchiveFile,
    trial: Tried,
    state: ArchiveImport['state'],
    by: string,
    packedFile: Uint8Array,
  ): Promise<number> {
    const { rows, created, changed } = trial.outcome
    const at = clock.now()
    const id = await insertImport(tx, {
      ...{ kind: file.kind, state, fileName: file.name, rows, created, changed, by, at },
      options: { complete: file.complete !== false, effective: today() },
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
      file: packedFile,
      // Only what waits is compared with what would be done later.
      digest: state === 'proposed' ? digestOf(trial.changes) : '',
    })
    assert(id !== undefined, 'an import that is stored has a number')
    await writeChanges(tx, trial.changes, { importId: id, by, at })
    await insertFindings(tx, id, findingsOf(trial))
    return id
  }

  async function found(from: Db, id: number): Promise<ArchiveImport> {
    const [one] = await selectImports(from, { id })
    assert(one, 'an import that was stored is there')
    return one
  }

  return {
    async preview(file) {
      const { trial } = await preview(file)
      const { rows, created, changed } = trial.outcome
      const shown: ArchivePreview = {
        ...{ rows, created, changed, changes: trial.changes },
        findings: findingsOf(trial),
      }
      return shown
    },
    async propose(file, by, also = nothing) {
      const { trial, records } = await preview(file)
      const state = trial.problems.length > 0 ? 'refused' : 'proposed'
      const packedFile = await packed(file.bytes)
      return await db.transaction(async (tx) => {
        const id = await store(tx, file, trial, state, by, packedFile)
        await keepRecords(tx, id, records, file.complete !== false, clock.now())
        await also(tx, { import: id, state, file: file.name, ...trial.outcome })
        return await found(tx, id)
      })
    },
    async apply(id, by, also = nothing) {
      let refused: NotApplied = { kind: 'not-found' }
      try {
        const applied = await db.transaction(async (tx) => {
          const kept = await lockImport(tx, id)
          if (!kept) throw new Undone()
          refused = { kind: 'not-proposed', state: kept.state }
          if (kept.state !== 'proposed' || kept.file === null) throw new Undone()
          const { proposed_by: proposedBy } = kept
          refused = { kind: 'second-person', proposedBy }
          const policy = await selectArchivePolicy(tx)
          if (proposedBy === by && needsSecond(policy, kept.created + kept.changed)) {
            throw new Undone()
          }
          const complete = kept.options.complete !== false
          const bytes = await unpacked(kept.file)
          const file = { kind: kept.kind, name: kept.file_name, bytes, complete }
          const readable = await read(file, instant(Number(kept.options.effective)))
          const trial = readable.ok ? await readable.value.write(tx) : null
          const problems = readable.ok ? (trial?.problems ?? []) : readable.error
          const isSame = trial !== null && digestOf(trial.changes) === kept.digest
          if (problems.length > 0 || !isSame) {
            const shown = await selectChanges(tx, id, 0n, null)
            const was = shown.map(({ change }) => change)
            refused = { kind: 'moved', things: movedThings(was, trial?.changes ?? [], problems) }
            throw new Undone()
          }
          await updateState(tx, id, 'applied', by, clock.now())
          await also(tx, { import: id, file: kept.file_name, ...trial.outcome })
          return await found(tx, id)
        })
        return ok(applied)
      } catch (error) {
        if (!(error instanceof Undone)) throw error
        return fail(refused)
      }
    },
    async withdraw(id, by, also = nothing) {
      return await db.transaction(async (tx): Promise<Result<ArchiveImport, NotApplied>> => {
        const kept = await lockImport(tx, id)
        if (!kept) return fail({ kind: 'not-found' })
        if (kept.state !== 'proposed') return fail({ kind: 'not-proposed', state: kept.state })
        await updateState(tx, id, 'withdrawn', by, clock.now())
        await also(tx, { import: id, file: kept.file_name })
        return ok(await found(tx, id))
      })
    },
    async importNow(file, by, also = nothing) {
      const readable = await read(file, today())
      if (!readable.ok) return readable
      let refused: readonly ArchiveProblem[] | ApprovalNeeded = []
      try {
        const applied = await db.transaction(async (tx) => {
          const [trial, packedFile] = await Promise.all([
            readable.value.write(tx),
            packed(file.bytes),
          ])
          refused = trial.problems
          if (trial.problems.length > 0) throw new Undone()
          const policy = await selectArchivePolicy(tx)
          const changing = trial.outcome.created + trial.outcome.changed
          refused = { kind: 'approval', rows: changing, aboveRows: policy.aboveRows }
          if (needsSecond(policy, changing)) throw new Undone()
          const id = await store(tx, file, trial, 'applied', by, packedFile)
          const { records } = readable.value
          await keepRecords(tx, id, records, file.complete !== false, clock.now())
          await also(tx, { import: id, ...trial.outcome })
          return await found(tx, id)
        })
        return ok(applied)
      } catch (error) {
        if (!(error instanceof Undone)) throw error
        return fail(refused)
      }
    },
    policy: () => selectArchivePolicy(db),
    setPolicy: (policy, by, also = nothing) =>
      db.transaction(async (tx) => {
        await updateArchivePolicy(tx, policy, by, clock.now())
        await also(tx, { ...policy })
        return await selectArchivePolicy(tx)
      }),
    async imports({ limit, cursor }) {
      const before = numberOf(cursor ?? '2147483647')
      if (before === undefined) return fail({ kind: 'bad-cursor' })
      const rows = await selectImports(db, { before: Number(before), limit: limit + 1 })
      return ok(pageOf(rows, limit))
    },
    async import(id) {
      return (await selectImports(db, { id }))[0]
    },
    async changes(id, { limit, cursor }) {
      const after = numberOf(cursor ?? '0')
      if (after === undefined) return fail({ kind: 'bad-cursor' })
      const { items, next } = pageOf(await selectChanges(db, id, after, limit + 1), limit)
      return ok({ items: items.map(({ change }) => change), next })
    },
    async findings(id, { limit, cursor }): Promise<Result<Page<ArchiveFinding>, BadCursor>> {
      const after = numberOf(cursor ?? '0')
      if (after === undefined) return fail({ kind: 'bad-cursor' })
      const { items, next } = pageOf(await selectFindings(db, id, after, limit + 1), limit)
      return ok({ items: items.map(({ id: _, ...finding }) => finding), next })
    },
  }
}

const numberOf = (cursor: string): bigint | undefined =>
  /^\d{1,18}$/.test(cursor) ? BigInt(cursor) : undefined

function pageOf<T extends { readonly id: number | bigint }>(rows: readonly T[], limit: number) {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? String(last.id) : null }
}

/** A problem is a conflict of what the file says with itself or with the archive. */
const findingsOf = ({ problems, findings }: Tried): readonly ArchiveFinding[] => [
  ...problems.map(({ line, column, value, message }) => ({
    ...{ kind: 'conflict' as const, line, field: column, value, message },
  })),
  ...findings,
]
