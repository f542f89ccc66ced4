import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import {
  closeContracts,
  closeHolders,
  type KnownHolder,
  selectContracts,
  selectHolders,
} from './account-queries.ts'
import { lockArchive, moveRevision } from './archive-queries.ts'
import { awaitMoments, turnTo } from './archive-turn.ts'
import type { ArchiveFinding } from './desk-types.ts'
import type { Trial } from './import.ts'
import { writeContracts } from './import-contracts.ts'
import { writeAccounts, writeHolders } from './import-customers.ts'
import { distinct, type Ids, type ImportWork, idIn, note, problem } from './import-work.ts'
import type { MarketingRow } from './marketing-file.ts'
import { selectOursOnly } from './marketing-queries.ts'
import { mergeAdded } from './merge-added.ts'
import { insertUsagePoints, selectKnownUsagePoints, updateUsagePoints } from './point-queries.ts'

type Work = Pick<ImportWork, 'tx' | 'problems' | 'changes' | 'newPoints' | 'now' | 'moved'>

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
  now: Instant,
): Promise<Trial & { readonly findings: readonly ArchiveFinding[] }> {
  const work: Work = {
    ...{ tx, problems: [], changes: [], newPoints: new Set(), now },
    moved: { points: new Set(), nodes: new Set() },
  }
  const [created, changed] = [new Set<MarketingRow>(), new Set<MarketingRow>()]
  const touched = (row: MarketingRow) => changed.add(row)
  await lockArchive(tx)
  const named = rows.map(({ account }) => account)
  const ours = complete ? await selectOursOnly(tx, named) : []
  const alive = rows.filter(({ closedAt }) => closedAt === null || closedAt > now)
  const accounts = await writeAccounts(work, alive, (row, how) => {
    if (how === 'new') created.add(row)
    else touched(row)
  })
  const points = await ensurePoints(work, alive, touched)
  await closeAccounts(work, rows, touched)
  await writeHolders(work, holdersIn(work, alive), accounts, points, touched)
  await writeContracts(work, alive, accounts, touched)
  if (work.changes.length > 0) await settle(work, rows)
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

async function settle({ tx, now, moved }: Work, rows: readonly MarketingRow[]): Promise<void> {
  const moments = rows.flatMap(({ validFrom, effective, closedAt }) => [
    ...[validFrom, effective ?? validFrom, closedAt ?? validFrom],
  ])
  await awaitMoments(tx, moments, now)
  await turnTo(tx, now, { points: [...moved.points], areas: [] })
  await moveRevision(tx)
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
  const changes: (typeof stored)[number][] = []
  const fresh: Omit<(typeof stored)[number], 'id'>[] = []
  const seen = new Set<string>()
  for (const row of rows) {
    if (row.usagePoint === null || seen.has(row.usagePoint)) continue
    seen.add(row.usagePoint)
    const was = known.get(row.usagePoint)
    const name = row.usagePointName ?? was?.name ?? ''
    if (was?.name === name) continue
    const none = { longitude: null, latitude: null, account_id: null, transformer_id: null }
    if (was === undefined) fresh.push({ ...none, code: row.usagePoint, name })
    else changes.push({ ...was, name })
    touched(row)
    if (was === undefined) work.newPoints.add(row.usagePoint)
    note(work, row, {
      ...{ subject: 'usage-point', key: row.usagePoint, usagePoint: row.usagePoint },
      ...(was
        ? { action: 'changed', before: { name: was.name }, after: { name } }
        : { action: 'added', after: { name, account: row.account } }),
    })
  }
  await updateUsagePoints(work.tx, changes)
  const written = await insertUsagePoints(work.tx, fresh)
  // Whose they are follows from the rows that say since when.
  for (const { id } of written) work.moved.points.add(id)
  return new Map([...stored, ...written].map(({ code, id }) => [code, id]))
}

/** Accounts, or their use of a point, that ended (销户). */
async function closeAccounts(
  work: Work,
  rows: readonly MarketingRow[],
  touched: (row: MarketingRow) => void,
): Promise<void> {
  const ended = rows.filter(({ closedAt }) => closedAt !== null)
  if (ended.length === 0) return
  const held = await selectHoldersOf(work, distinct(ended.map(({ account }) => account)))
  const closes: { id: number; at: Instant }[] = []
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
      if (holder.valid_to === at) continue
      closes.push({ id: holder.id, at })
      work.moved.points.add(holder.usage_point_id)
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

/** What accounts hold now or will, by account. */
async function selectHoldersOf(
  { tx, now }: Work,
  accounts: readonly string[],
): Promise<ReadonlyMap<string, readonly Held[]>> {
  const points = await tx.query<{ id: number; code: string }>(
    `select distinct p.id, p.code from account a
     join account_usage_point h on h.account_id = a.id
     join usage_point p on p.id = h.usage_point_id
     where a.no = any($1::text[]) and (h.valid_to is null or h.valid_to > $2::timestamptz)`,
    [accounts, timestamptz(now)],
  )
  const codes = new Map(points.map(({ id, code }) => [id, code]))
  const holders = await selectHolders(tx, [...codes.keys()])
  const lasting = holders.filter(({ valid_to }) => valid_to === null || valid_to > now)
  const held = lasting.map((one) => ({ ...one, point: codes.get(one.usage_point_id) ?? '' }))
  return Map.groupBy(held, ({ account }) => account)
}
