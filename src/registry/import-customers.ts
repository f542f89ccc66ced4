import {
  insertAccounts,
  type KnownUsagePoint,
  selectKnownAccounts,
  selectKnownUsagePoints,
  updateCustomers,
  upsertUsagePoints,
} from './archive-queries.ts'
import { distinct, type Ids, type ImportWork, idIn } from './import-work.ts'

export async function writeAccounts(work: ImportWork): Promise<Ids> {
  const known = await selectKnownAccounts(
    work.tx,
    distinct(work.rows.map(({ account }) => account)),
  )
  const byNumber = new Map(known.map((account) => [account.no, account]))
  const fresh = new Map<string, { no: string; name: string; class: string }>()
  const changes = new Map<number, { id: number; name: string; class: string }>()
  for (const row of work.rows) {
    if (row.account === null) continue
    const account = byNumber.get(row.account)
    const said = { name: row.customer ?? row.account, class: row.customerClass }
    if (account === undefined) {
      const earlier = fresh.get(row.account)
      if (earlier === undefined || row.customer !== null) {
        fresh.set(row.account, { no: row.account, ...said })
      }
    } else if (
      row.customer !== null &&
      (account.name !== said.name || account.class !== said.class)
    ) {
      changes.set(account.customer_id, { id: account.customer_id, ...said })
      work.changed.add(row)
    }
  }
  if (changes.size > 0) await updateCustomers(work.tx, [...changes.values()])
  const inserted = await insertAccounts(work.tx, [...fresh.values()])
  return new Map([...known, ...inserted].map(({ no, id }) => [no, id]))
}

export async function writeUsagePoints(
  work: ImportWork,
  accounts: Ids,
  transformers: Ids,
): Promise<Ids> {
  const codes = distinct(work.rows.map(({ usagePoint }) => usagePoint))
  const known = await selectKnownUsagePoints(work.tx, codes)
  const byCode = new Map(known.map((point) => [point.code, point]))
  const writes: Omit<KnownUsagePoint, 'id'>[] = []
  for (const row of work.rows) {
    if (row.usagePoint === null) continue
    const stored = byCode.get(row.usagePoint)
    const account =
      row.account === null ? (stored?.account_id ?? null) : idIn(accounts, row.account)
    const transformer =
      row.transformer === null
        ? (stored?.transformer_id ?? null)
        : idIn(transformers, row.transformer)
    if (stored?.account_id === account && stored.transformer_id === transformer) continue
    writes.push({ code: row.usagePoint, account_id: account, transformer_id: transformer })
    work.changed.add(row)
  }
  const written = await upsertUsagePoints(work.tx, writes)
  return new Map([...known, ...written].map(({ code, id }) => [code, id]))
}
