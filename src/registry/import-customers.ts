import type { Instant } from '#src/core'
import {
  closeHolders,
  insertAccounts,
  insertHolders,
  selectHolders,
  selectKnownAccounts,
  updateCustomers,
} from './account-queries.ts'
import { type Beginning, beginningOf, historiesOf, needsLater, stepOf } from './dated.ts'
import {
  difference,
  distinct,
  type Ids,
  type ImportWork,
  idIn,
  note,
  problem,
} from './import-work.ts'
import type { CustomerClass } from './types.ts'

type Work = Pick<ImportWork, 'tx' | 'problems' | 'changes' | 'newPoints' | 'now' | 'moved'>

/** What a row says of an account; a class that is null is not said. */
interface AccountSaid {
  readonly line: number
  readonly account: string | null
  readonly customer: string | null
  readonly customerClass: CustomerClass | null
  readonly usagePoint: string | null
}

interface HolderSaid extends Beginning {
  readonly line: number
  readonly account: string | null
  readonly usagePoint: string | null
}

interface Fresh {
  readonly no: string
  readonly name: string
  readonly class: CustomerClass
  readonly line: number
}

export async function writeAccounts<Row extends AccountSaid>(
  work: Work,
  rows: readonly Row[],
  touched: (row: Row, how: 'new' | 'known') => void,
): Promise<Ids> {
  const stored = await selectKnownAccounts(work.tx, distinct(rows.map(({ account }) => account)))
  const byNumber = new Map(stored.map((account) => [account.no, account]))
  const fresh = new Map<string, Fresh>()
  const changes = new Map<number, { id: number; name: string; class: string }>()
  for (const row of rows) {
    const { account: no, customer, customerClass } = row
    if (no === null) continue
    const account = byNumber.get(no)
    if (account === undefined) {
      touched(row, 'new')
      if (fresh.has(no) && customer === null) continue
      const category = customerClass ?? 'residential'
      fresh.set(no, { no, name: customer ?? no, class: category, line: row.line })
    } else if (customer !== null) {
      const was = { customer: account.name, class: account.class }
      const said = { customer, class: customerClass ?? account.class }
      const differs = difference(was, said)
      if (Object.keys(differs.after).length === 0) continue
      touched(row, 'known')
      if (!changes.has(account.customer_id)) {
        const subject = { subject: 'account', key: no, usagePoint: row.usagePoint } as const
        note(work, row, { ...subject, action: 'changed', ...differs })
      }
      const id = account.customer_id
      changes.set(id, { id, name: said.customer, class: said.class })
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
export async function writeHolders<Row extends HolderSaid>(
  work: Work,
  rows: readonly Row[],
  accounts: Ids,
  points: Ids,
  touched: (row: Row) => void,
): Promise<void> {
  const stored = await selectHolders(work.tx, [...points.values()])
  const historyOf = historiesOf(stored, ({ usage_point_id }) => String(usage_point_id), work.now)
  const closes: { id: number; at: Instant }[] = []
  const inserts: Parameters<typeof insertHolders>[1][number][] = []
  for (const row of rows) {
    if (row.account === null || row.usagePoint === null) continue
    const [pointId, accountId] = [idIn(points, row.usagePoint), idIn(accounts, row.account)]
    const history = beginningOf(row, (from) => historyOf(String(pointId), from))
    const { open, from, next } = history
    if (open?.account_id === accountId) continue
    const step = stepOf(history, from)
    if (step === 'clash' || step === 'correct') {
      const holder = open ? `${open.account} has ${row.usagePoint}; ` : ''
      problem(work, row, 'account', row.account, `${holder}${needsLater}`)
      continue
    }
    if (open) closes.push({ id: open.id, at: from })
    inserts.push({ pointId, accountId, from, to: next ?? null })
    if (work.newPoints.has(row.usagePoint)) continue
    work.moved.points.add(pointId)
    touched(row)
    note(work, row, {
      subject: 'usage-point',
      key: row.usagePoint,
      action: 'changed',
      validFrom: from,
      before: { account: open?.account ?? null },
      after: { account: row.account },
      usagePoint: row.usagePoint,
    })
  }
  if (closes.length > 0) await closeHolders(work.tx, closes)
  if (inserts.length > 0) await insertHolders(work.tx, inserts)
}
