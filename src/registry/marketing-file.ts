import { type CivilTime, fail, type Instant, ok, type Result } from '#src/core'
import { type ArchiveDetails, detailColumns } from './archive-details.ts'
import { customerClasses } from './archive-rules.ts'
import { cellText, dayIn, faultsOf } from './table-faults.ts'
import { columnsOf, tableOf } from './table-file.ts'
import type { ArchiveProblem, CustomerClass } from './types.ts'

/** One line of a batch of the marketing system: an account, mostly with one usage point of it. */
export interface MarketingRow extends ArchiveDetails {
  readonly line: number
  readonly account: string
  readonly customer: string | null
  readonly customerClass: CustomerClass | null
  readonly usagePoint: string | null
  /** Codes and address as the marketing system has them; only compared, never followed. */
  readonly area: string | null
  readonly feeder: string | null
  readonly meter: string | null
  readonly ct: string | null
  readonly pt: string | null
  readonly validFrom: Instant
  /** Where the batch says no day. */
  readonly effective?: Instant
  readonly closedAt: Instant | null
}

const columns = [
  ['account', '户号'],
  ['customer', '户名'],
  ['customer_class', '用户类别'],
  ['usage_point', '用电点'],
  ['transformer', '台区'],
  ['feeder', '线路'],
  ['meter_address', '表地址'],
  ['ct', '电流互感器变比'],
  ['pt', '电压互感器变比'],
  ['valid_from', '生效日期'],
  ['closed_on', '销户日期'],
] as const
type ColumnName = (typeof columns)[number][0]

const contractColumns = detailColumns.filter(({ name }) =>
  ['usage_point_name', 'contract', 'tariff', 'trade', 'capacity_kva', 'generates'].includes(name),
)
const headings = [
  ...columns,
  ...contractColumns.map(({ name, chinese }) => [name, chinese] as const),
]

/** Where nothing is known before, an account is taken as having always been there. */
const alwaysSince = '2000-01-01'

/** Reads a batch: CSV (UTF-8 or GB 18030) or the first sheet of a workbook. */
export async function readMarketing(
  file: Uint8Array,
  civil: CivilTime,
  effective: Instant,
): Promise<Result<readonly MarketingRow[], readonly ArchiveProblem[]>> {
  const table = await tableOf(file)
  if (!table.ok) return fail([table.error])
  const [header, ...lines] = table.value
  const places = columnsOf(header?.cells ?? [], headings, ['account'])
  if (!places.ok) return places
  const problems: ArchiveProblem[] = []
  const days = daysOf(civil)
  const always = days(alwaysSince)
  const rows: MarketingRow[] = []
  problems.push(...faultsOf(lines, places.value))
  const faulty = new Set(problems.map(({ line }) => line))
  for (const { line, cells } of lines) {
    if (faulty.has(line) || cells.every((cell) => cell.trim() === '')) continue
    const at = (column: string) => cellText(cells[places.value.get(column) ?? -1], column)
    const wrong = (column: string, message: string): undefined => {
      problems.push({ line, column, value: at(column), message })
    }
    const dayOf = (column: ColumnName) => {
      const text = at(column)
      return text === null ? null : (days(text) ?? wrong(column, 'must be a date YYYY-MM-DD'))
    }
    const account = at('account') ?? wrong('account', 'every line has an account number')
    const said = at('customer_class')
    const customerClass =
      said === null
        ? null
        : (customerClasses.find((one) => one === said) ??
          wrong('customer_class', `must be one of ${customerClasses.join(', ')}`))
    const [from, closedAt] = [dayOf('valid_from'), dayOf('closed_on')]
    let details: ArchiveDetails = {}
    for (const { name, says, read } of contractColumns) {
      const text = at(name)
      const detail = text === null ? {} : read(text)
      if (detail === undefined) wrong(name, `must be ${says}`)
      else details = { ...details, ...detail }
    }
    if (account === undefined || customerClass === undefined || always === undefined) continue
    if (from === undefined || closedAt === undefined) continue
    rows.push({
      ...{ line, account, customer: at('customer'), customerClass, usagePoint: at('usage_point') },
      ...{ area: at('transformer'), feeder: at('feeder'), meter: at('meter_address') },
      ...{ ct: at('ct'), pt: at('pt'), ...details, closedAt },
      ...(from === null ? { validFrom: always, effective } : { validFrom: from }),
    })
  }
  problems.push(...repeated(rows))
  return problems.length > 0 ? fail(problems.sort((a, b) => a.line - b.line)) : ok(rows)
}

/** A file mostly says the same days in all lines. */
function daysOf(civil: CivilTime): (text: string) => Instant | undefined {
  const known = new Map<string, Instant | undefined>()
  return (text) => {
    if (!known.has(text)) {
      const date = dayIn(text)
      known.set(text, date === undefined ? undefined : civil.startOf(date))
    }
    return known.get(text)
  }
}

function repeated(rows: readonly MarketingRow[]): readonly ArchiveProblem[] {
  const seen = new Map<string, number>()
  return rows.flatMap(({ line, account, usagePoint }): ArchiveProblem[] => {
    const key = JSON.stringify([account, usagePoint])
    const first = seen.get(key)
    seen.set(key, first ?? line)
    if (first === undefined) return []
    const message = `the same account and usage point as in line ${first}`
    return [{ line, column: 'account', value: account, message }]
  })
}
