import type { Instant } from '#src/core'
import {
  type ContractTerms,
  closeContracts,
  insertContracts,
  selectContracts,
  updateContracts,
} from './account-queries.ts'
import { type Beginning, beginningOf, historiesOf, needsLater, stepOf } from './dated.ts'
import { difference, type Ids, type ImportWork, idIn, known, note, problem } from './import-work.ts'
import type { ArchiveRow } from './types.ts'

/** What a row says of the contract of its account. */
export type ContractSaid = Pick<
  ArchiveRow,
  | 'line'
  | 'account'
  | 'usagePoint'
  | 'contract'
  | 'tariff'
  | 'trade'
  | 'capacityKva'
  | 'generates'
  | 'validFrom'
> &
  Beginning

/**
 * Contracts as the rows say, from their date on. What was not known so far is filled in; terms that
 * change are a contract that follows. One without a number goes by that of the account.
 */
export async function writeContracts<Row extends ContractSaid>(
  work: Pick<ImportWork, 'tx' | 'problems' | 'changes' | 'now'>,
  rows: readonly Row[],
  accounts: Ids,
  touched: (row: Row) => void,
): Promise<void> {
  const saying = new Map<string, Row>()
  for (const row of rows) {
    if (row.account !== null && saysContract(row)) saying.set(row.account, row)
  }
  if (saying.size === 0) return
  const stored = await selectContracts(
    work.tx,
    [...saying.keys()].map((no) => idIn(accounts, no)),
  )
  const historyOf = historiesOf(stored, ({ account_id }) => String(account_id), work.now)
  const closes: { id: number; at: Instant }[] = []
  const inserts: Parameters<typeof insertContracts>[1][number][] = []
  const fills: (ContractTerms & { id: number })[] = []
  for (const [account, row] of saying) {
    const accountId = idIn(accounts, account)
    const history = beginningOf(row, (from) => historyOf(String(accountId), from))
    const { open, from, next } = history
    const terms = termsOf(row, open, account)
    if (open && same(open, terms)) continue
    const step = stepOf(history, from)
    const isFilled = open !== undefined && onlyFills(open, terms)
    if (!isFilled && (step === 'clash' || step === 'correct')) {
      problem(work, row, 'contract', open?.no ?? null, `contract of ${account}: ${needsLater}`)
      continue
    }
    if (open && isFilled) fills.push({ ...terms, id: open.id })
    else {
      if (open) closes.push({ id: open.id, at: from })
      inserts.push({ ...terms, accountId, from, to: next ?? null })
    }
    touched(row)
    const after = known({ account, ...shown(terms) })
    const differs = open ? difference(shown(open), shown(terms)) : { before: null, after }
    note(work, row, {
      ...differs,
      subject: 'contract',
      key: account,
      usagePoint: row.usagePoint,
      action: open ? (isFilled ? 'corrected' : 'changed') : 'added',
      validFrom: from,
    })
  }
  if (fills.length > 0) await updateContracts(work.tx, fills)
  if (closes.length > 0) await closeContracts(work.tx, closes)
  if (inserts.length > 0) await insertContracts(work.tx, inserts)
}

const saysContract = ({ contract, tariff, trade, capacityKva, generates }: ContractSaid): boolean =>
  [contract, tariff, trade, capacityKva, generates].some((said) => said !== undefined)

const termsOf = (
  row: ContractSaid,
  open: ContractTerms | undefined,
  account: string,
): ContractTerms => ({
  no: row.contract ?? open?.no ?? account,
  tariff: row.tariff ?? open?.tariff ?? null,
  trade: row.trade ?? open?.trade ?? null,
  capacity_kva: trimmed(row.capacityKva) ?? open?.capacity_kva ?? null,
  generates: row.generates ?? open?.generates ?? false,
})

/** Without zeros that say nothing, as the database gives it back. */
export const trimmed = (decimal: string | undefined): string | undefined =>
  decimal?.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal

const shown = ({ no, tariff, trade, capacity_kva, generates }: ContractTerms) => ({
  contract: no,
  tariff,
  trade,
  capacity_kva,
  generates,
})

const same = (a: ContractTerms, b: ContractTerms): boolean =>
  Object.keys(difference(shown(a), shown(b)).after).length === 0

/** Everything that was known stays as it was. */
const onlyFills = (open: ContractTerms, next: ContractTerms): boolean =>
  Object.values(difference(shown(open), shown(next)).before).every((value) => value === null)
