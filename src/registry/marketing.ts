import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import {
  closeContracts,
  closeHolders,
  type KnownHolder,
  selectContracts,
  selectHolders,
  syncAccounts,
} from './account-queries.ts'
import { lockArchive, moveRevision } from './archive-queries.ts'
import type { ArchiveFinding } from './desk-types.ts'
import type { Trial } from './import.ts'
import { writeContracts } from './import-contracts.ts'
import { writeAccounts, writeHolders } from './import-customers.ts'
import { distinct, type Ids, type ImportWork, idIn, note, problem } from './import-work.ts'
import type { MarketingRow } from './marketing-file.ts'
import { selectOursOnly } from './marketing-queries.ts'
import { mergeAdded } from './merge-added.ts'
import { selectKnownUsagePoints, upsertUsagePoints } from './point-queries.ts'

type Work = Pick<ImportWork, 'tx' | 'problems' | 'changes' | 'newPoints'>

/**
 * Brings customers, accounts, contracts and whose each usage point is to what the marketing system
 * (营销系统) says: there it is the master. Where its word contradicts what is known for a time, the
 * line is listed as a conflict and not followed; the others are. Of the grid and the meters it is
 * no master: what it says of them is kept to be compared.
 */
export async function writeMarketing(
  tx: Db,
  rows: readonly MarketingRow[],
  complete: boolean,
): Promise<Trial & { readonly findings: readonly ArchiveFinding[] }> {
  const work: Work = { tx, problems: [], changes: [], newPoints: new Set() }
  const [created, changed] = [new Set<MarketingRow>(), new Set<MarketingRow>()]
  const touched = (row: MarketingRow) => changed.add(row)
  await lockArchive(tx)
  const named = rows.map(({ account }) => account)
  const ours = complete ? await selectOursOnly(tx, named) : []
  const alive = rows.filter(({ closedAt }) => closedAt === null)
  const accounts = await writeAccounts(work, alive, (row, how) => {
    if (how === 'new') created.add(row)
    else touched(row)
  })
  const points = await ensurePoints(work, alive, touched)
  const closed = await closeAccounts(work, rows, touched)
  const moved = await writeHolders(work, holdersIn(work, alive), accounts, points, touched)
  await writeContracts(work, alive, accounts, touched)
  await syncAccounts(tx, [...moved, ...closed])
  if (work.changes.length > 0) await moveRevision(tx)
  const findings = [
    ...work.problems.map(conflict),
    ...[...created].map(unknown),
    ...ours.map(oursOnly),
  ]
  const both = [...changed].filter((row) => !created.has(row)).length
  const unchanged = rows.length - created.size - both
  return {
    outcome: { rows: rows.length, created: created.size, changed: both, unchanged },
    changes: mergeAdded(work.changes),
    // A conflict of one line does not keep a million others from being followed.
    problems: [],
    findings,
  }
}

const conflict = (one: ImportWork['problems'][number]): ArchiveFinding => ({
  ...{ kind: 'conflict', line: one.line, field: one.column, value: one.value },
  message: one.message,
})

const unknown = ({ line, account, usagePoint }: MarketingRow): ArchiveFinding => ({
  ...{ kind: 'unknown', line, field: 'account', value: account },
  message: `the archive has no account ${account}; it is entered${usagePoint ? ` with ${usagePoint}` : ''}`,
})

const oursOnly = ({ no, points }: { readonly no: string; readonly points: string }) => ({
  ...{ kind: 'ours-only' as const, line: null, field: 'account', value: no },
  message: `the batch says nothing of account ${no}, which has ${points}`,
})

/** Lines that name a usage point for one account; two for one point contradict each other. */
function holdersIn(work: Work, rows: readonly MarketingRow[]): readonly MarketingRow[] {
  const first = new Map<string, MarketingRow>()
  return rows.filter((row) => {
    if (row.usagePoint === null) return false
    const other = first.get(row.usagePoint)
    if (other === undefined) first.set(row.usagePoint, row)
    else {
      const message = `${row.usagePoint} has account ${other.account} in line ${other.line}`
      problem(work, row, 'usage_point', row.usagePoint, message)
    }
    return other === undefined
  })
}

/** Usage points that the archive does not have are entered without a meter. */
async function ensurePoints(
  work: Work,
  rows: readonly MarketingRow[],
  touched: (row: MarketingRow) => void,
): Promise<Ids> {
  const codes = distinct(rows.map(({ usagePoint }) => usagePoint))
  const stored = await selectKnownUsagePoints(work.tx, codes)
  const known = new Map(stored.map((point) => [point.code, point]))
  const writes = new Map<string, Omit<(typeof stored)[number], 'id'>>()
  for (const row of rows) {
    if (row.usagePoint === null || writes.has(row.usagePoint)) continue
    const was = known.get(row.usagePoint)
    const name = row.usagePointName ?? was?.name ?? ''
    if (was?.name === name) continue
    const none = { longitude: null, latitude: null, account_id: null, transformer_id: null }
    writes.set(row.usagePoint, { ...none, ...was, code: row.usagePoint, name })
    touched(row)
    if (was === undefined) work.newPoints.add(row.usagePoint)
    note(work, row, {
      ...{ subject: 'usage-point', key: row.usagePoint, usagePoint: row.usagePoint },
      ...(was
        ? { action: 'changed', before: { name: was.name }, after: { name } }
        : { action: 'added', after: { name, account: row.account } }),
    })
  }
  const written = await upsertUsagePoints(work.tx, [...writes.values()])
  return new Map([...stored, ...written].map(({ code, id }) => [code, id]))
}

/** Accounts, or their use of a point, that ended (销户). */
async function closeAccounts(
  work: Work,
  rows: readonly MarketingRow[],
  touched: (row: MarketingRow) => void,
): Promise<readonly number[]> {
  const ended = rows.filter(({ closedAt }) => closedAt !== null)
  if (ended.length === 0) return []
  const held = await selectHoldersOf(work.tx, distinct(ended.map(({ account }) => account)))
  const closes: { id: number; at: Instant; pointId: number }[] = []
  for (const row of ended) {
    const at = row.closedAt
    const mine = (held.get(row.account) ?? []).filter(
      ({ point }) => row.usagePoint === null || point === row.usagePoint,
    )
    for (const holder of mine) {
      if (at === null || at <= holder.valid_from) {
        const message = `${row.account} has ${holder.point} since a later day than it ends`
        problem(work, row, 'closed_on', null, message)
        continue
      }
      closes.push({ id: holder.id, at, pointId: holder.usage_point_id })
      touched(row)
      note(work, row, {
        ...{ subject: 'usage-point', key: holder.point, usagePoint: holder.point },
        ...{ action: 'closed', validFrom: at, before: { account: row.account } },
        after: { account: null },
      })
    }
  }
  await closeHolders(work.tx, closes)
  await closeTheirContracts(work, rows)
  return closes.map(({ pointId }) => pointId)
}

/** The contract of an account ends with the last of its usage points. */
async function closeTheirContracts(work: Work, rows: readonly MarketingRow[]): Promise<void> {
  const last = new Map<string, MarketingRow>()
  const alive = new Set(rows.flatMap((row) => (row.closedAt === null ? [row.account] : [])))
  for (const row of rows) {
    const known = last.get(row.account)
    if (alive.has(row.account) || row.closedAt === null) continue
    if (known?.closedAt == null || known.closedAt < row.closedAt) last.set(row.account, row)
  }
  const ids = await work.tx.query<{ id: number; no: string }>(
    `select a.id, a.no from account a where a.no = any($1::text[]) and not exists (
       select from account_usage_point h where h.account_id = a.id and h.valid_to is null)`,
    [[...last.keys()]],
  )
  const accounts: Ids = new Map(ids.map(({ no, id }) => [no, id]))
  const contracts = await selectContracts(work.tx, [...accounts.values()])
  const openOf = new Map(
    contracts.flatMap((one) => (one.valid_to === null ? [[one.account_id, one] as const] : [])),
  )
  const closes: { id: number; at: Instant }[] = []
  for (const [account, row] of last) {
    if (!accounts.has(account) || row.closedAt === null) continue
    const open = openOf.get(idIn(accounts, account))
    if (!open || row.closedAt <= open.valid_from) continue
    closes.push({ id: open.id, at: row.closedAt })
    const { closedAt: validFrom } = row
    const before = { contract: open.no }
    note(work, row, {
      ...{ subject: 'contract', key: account, action: 'closed', validFrom, before, after: null },
    })
  }
  await closeContracts(work.tx, closes)
}

type Held = KnownHolder & { readonly point: string }

/** What accounts hold now, by account. */
async function selectHoldersOf(
  tx: Db,
  accounts: readonly string[],
): Promise<ReadonlyMap<string, readonly Held[]>> {
  const points = await tx.query<{ id: number; code: string }>(
    `select p.id, p.code from account a
     join account_usage_point h on h.account_id = a.id and h.valid_to is null
     join usage_point p on p.id = h.usage_point_id where a.no = any($1::text[])`,
    [accounts],
  )
  const codes = new Map(points.map(({ id, code }) => [id, code]))
  const held = new Map<string, Held[]>()
  for (const holder of await selectHolders(tx, [...codes.keys()])) {
    const point = codes.get(holder.usage_point_id) ?? ''
    if (holder.valid_to !== null) continue
    held.set(holder.account, [...(held.get(holder.account) ?? []), { ...holder, point }])
  }
  return held
}
