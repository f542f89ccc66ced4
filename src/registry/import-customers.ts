import type { Instant } from '#src/core'
import {
  closeHolders,
  insertAccounts,
  insertHolders,
  selectHolders,
  selectKnownAccounts,
  updateCustomers,
} from './account-queries.ts'
import { historiesOf, needsLater, stepOf } from './dated.ts'
import {
  difference,
  distinct,
  type Ids,
  type ImportWork,
  idIn,
  note,
  problem,
} from './import-work.ts'

export async function writeAccounts(work: ImportWork): Promise<Ids> {
  const stored = await selectKnownAccounts(
    work.tx,
    distinct(work.rows.map(({ account }) => account)),
  )
  const byNumber = new Map(stored.map((account) => [account.no, account]))
  const fresh = new Map<string, { no: string; name: string; class: string; line: number }>()
  const changes = new Map<number, { id: number; name: string; class: string }>()
  for (const row of work.rows) {
    if (row.account === null) continue
    const account = byNumber.get(row.account)
    const said = { name: row.customer ?? row.account, class: row.customerClass }
    if (account === undefined) {
      const earlier = fresh.get(row.account)
      if (earlier === undefined || row.customer !== null) {
        fresh.set(row.account, { no: row.account, ...said, line: row.line })
      }
    } else if (
      row.customer !== null &&
      (account.name !== said.name || account.class !== said.class)
    ) {
      if (!changes.has(account.customer_id)) {
        const { name, class: was } = account
        const differs = difference(
          { customer: name, class: was },
          { customer: said.name, class: said.class },
        )
        note(work, row, { subject: 'account', key: row.account, action: 'changed', ...differs })
      }
      changes.set(account.customer_id, { id: account.customer_id, ...said })
      work.changed.add(row)
    }
  }
  if (changes.size > 0) await updateCustomers(work.tx, [...changes.values()])
  for (const { line, no, name, class: category } of fresh.values()) {
    const after = { customer: name, class: category }
    note(work, { line }, { subject: 'account', key: no, action: 'added', after })
  }
  const inserted = await insertAccounts(work.tx, [...fresh.values()])
  return new Map([...stored, ...inserted].map(({ no, id }) => [no, id]))
}

/** Whose the usage points are, from the row's date on; what is known so far ends there. */
export async function writeHolders(work: ImportWork, accounts: Ids, points: Ids): Promise<void> {
  const known = await selectHolders(work.tx, [...points.values()])
  const historyOf = historiesOf(known, ({ usage_point_id }) => String(usage_point_id))
  const closes: { id: number; at: Instant }[] = []
  const inserts: Parameters<typeof insertHolders>[1][number][] = []
  for (const row of work.rows) {
    if (row.account === null || row.usagePoint === null) continue
    const [pointId, accountId] = [idIn(points, row.usagePoint), idIn(accounts, row.account)]
    const history = historyOf(String(pointId))
    const { open } = history
    if (open?.account_id === accountId) continue
    const step = stepOf(history, row.validFrom)
    if (step === 'clash' || step === 'correct') {
      problem(work, row, 'account', row.account, needsLater)
      continue
    }
    if (open) closes.push({ id: open.id, at: row.validFrom })
    inserts.push({ pointId, accountId, from: row.validFrom })
    if (work.newPoints.has(row.usagePoint)) continue
    work.changed.add(row)
    note(work, row, {
      subject: 'usage-point',
      key: row.usagePoint,
      action: 'changed',
      validFrom: row.validFrom,
      before: { account: open?.account ?? null },
      after: { account: row.account },
      usagePoint: row.usagePoint,
    })
  }
  if (work.problems.length > 0 || inserts.length === 0) return
  if (closes.length > 0) await closeHolders(work.tx, closes)
  await insertHolders(work.tx, inserts)
}
