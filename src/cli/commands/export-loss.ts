import { writeFile } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import { type Sheet, sheetFile } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'

const examples = `
Examples:
  hes export line-loss --date 2026-11-20 > areas.csv
  hes export line-loss --scope feeder --month 2026-10 --output feeders.xlsx

A row for each, CSV on stdout or a file whose name ends in .csv or .xlsx. What is not
computable has no number, but its reasons.
`

const TextOrNull = Type.Union([Type.String(), Type.Null()])
const Count = Type.Object({ expected: Type.Integer(), read: Type.Integer() })
const energies = ['in', 'out', 'supply', 'reverse', 'generation', 'passed', 'returned'] as const
const more = ['sale', 'auxiliary'] as const
const known = ['loss', 'rate', 'technical', 'nonTechnical'] as const
const Row = Type.Object({
  scope: Type.String(),
  code: Type.String(),
  name: Type.String(),
  date: Type.String(),
  in: Type.String(),
  out: Type.String(),
  loss: TextOrNull,
  rate: TextOrNull,
  technical: TextOrNull,
  nonTechnical: TextOrNull,
  supply: Type.String(),
  reverse: Type.String(),
  generation: Type.String(),
  passed: Type.String(),
  returned: Type.String(),
  sale: Type.String(),
  auxiliary: Type.String(),
  denominator: Type.String(),
  users: Count,
  gateways: Count,
  reasons: Type.Array(Type.Object({ code: Type.String() })),
  manager: Type.Union([Type.Object({ name: Type.String() }), Type.Null()]),
})
const Page = Type.Object({ items: Type.Array(Row), next: TextOrNull })
const Rows = Type.Array(Row)

interface Flags extends OnlineFlags {
  readonly scope?: string
  readonly date?: string
  readonly month?: string
  readonly below?: string
  readonly output?: string
}

export async function addExportLoss(command: Command, context: CliContext): Promise<void> {
  const made = await onlineVerb(command, 'line-loss', 'losses of a day or a month as CSV or XLSX')
  made
    .option('--scope <SCOPE>', 'area (default), feeder, bus, substation, region, voltage')
    .option('--date <DATE>', 'civil day (default: yesterday)')
    .option('--month <MONTH>', 'a month instead, as 2026-10')
    .option('--below <ID>', 'only what hangs below this node')
    .option('--output <FILE>', 'a file ending in .csv or .xlsx (default: CSV on stdout)')
    .addHelpText('after', examples)
    .action(
      context.runs((flags: Flags) =>
        online<typeof Rows>(
          flags,
          context,
          (client) => ask(client, flags),
          (rows) => written(rows, flags.output),
        ),
      ),
    )
}

async function ask(
  client: HeadEndClient,
  { scope, date, month, below, output }: Flags,
): Promise<Result<Static<typeof Rows>, CliFailure>> {
  if (output !== undefined && !/\.(csv|xlsx)$/.test(output)) {
    const message = `--output ends in .csv or .xlsx, not ${output}`
    return fail({ exit: exitCodes.usage, code: 'export.format', message })
  }
  const rows: Static<typeof Rows> = []
  let cursor: string | undefined
  do {
    const query = queryText({ scope, date, month, below, limit: '1000', cursor })
    const page = await client.get(`/line-loss${query}`, Page)
    if (!page.ok) return page
    rows.push(...page.value.items)
    cursor = page.value.next ?? undefined
  } while (cursor !== undefined)
  return ok(rows)
}

async function written(rows: Static<typeof Rows>, output: string | undefined): Promise<string> {
  const sheet = sheetOf(rows)
  if (output === undefined)
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await sheetFile(sheet, 'csv'))
  await writeFile(output, await sheetFile(sheet, output.endsWith('.xlsx') ? 'xlsx' : 'csv'))
  return `${rows.length} rows are in ${output}\n`
}

function sheetOf(rows: Static<typeof Rows>): Sheet {
  const numbers = [...energies, ...more, ...known]
  return {
    name: 'line loss',
    columns: [
      ...['scope', 'code', 'name', 'date', 'rate of'].map((title) => textColumn(title)),
      ...[...numbers, 'users', 'users read', 'gateways', 'gateways read'].map((title) => {
        return { title, kind: 'number' as const }
      }),
      textColumn('not computable because'),
      textColumn('manager'),
    ],
    rows: rows.map((row) => [
      ...[row.scope, row.code, row.name, row.date, row.denominator],
      ...numbers.map((name) => row[name] ?? ''),
      ...[row.users, row.gateways].flatMap(({ expected, read }) => [
        String(expected),
        String(read),
      ]),
      row.reasons.map(({ code }) => code).join(' '),
      row.manager?.name ?? '',
    ]),
  }
}

const textColumn = (title: string) => ({ title, kind: 'text' as const })
