import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { Result } from '#src/core'
import { csvLines, csvText } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type CliFailure, type ExitCode, exitCodes } from '../exit.ts'
import { clientFor, type OnlineFlags, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { printJson, reportFailure } from '../report.ts'

/** Rows of one page, the most there are. */
const PAGE = '1000'

const usageExamples = `
Examples:
  hes export usage --date 2026-11-21 > yesterday.csv
  hes export usage --by month --from 2026-01-01 --to 2026-10-01 --register 1.8.1,1.8.2 > rates.csv
  hes export usage --account 3300123456 --from 2026-11-01 --to 2026-11-30 > one.csv

Primary energy (电量) of usage points as CSV (UTF-8 with its mark): days or months that are
over, a row for each register that is read, with quality and what of it is estimated.
`

const readingExamples = `
Examples:
  hes export readings 000000000001 --from 2026-11-01 --to 2026-12-01 > readings.csv
  hes export readings 000000000001 --register 1.8.0 > register.csv

What a meter said (示数) as CSV, newest first and without ratios.
`

const UsagePage = Type.Object({
  items: Type.Array(
    Type.Object({
      usagePoint: Type.String(),
      account: Type.Union([Type.String(), Type.Null()]),
      date: Type.String(),
      register: Type.String(),
      energy: Type.String(),
      unit: Type.String(),
      quality: Type.String(),
      estimated: Type.String(),
      computedAt: Type.String(),
    }),
  ),
  next: Type.Union([Type.String(), Type.Null()]),
})

const ReadingPage = Type.Object({
  items: Type.Array(
    Type.Object({
      register: Type.String(),
      value: Type.String(),
      unit: Type.String(),
      at: Type.String(),
      receivedAt: Type.String(),
      quality: Type.String(),
      source: Type.String(),
      dataClass: Type.String(),
    }),
  ),
  next: Type.Union([Type.String(), Type.Null()]),
})

const Meters = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })

interface UsageFlags extends OnlineFlags {
  readonly by?: string
  readonly date?: string
  readonly from?: string
  readonly to?: string
  readonly register?: string
  readonly account?: string
  readonly usagePoint?: string
}

interface ReadingFlags extends OnlineFlags {
  readonly from?: string
  readonly to?: string
  readonly register?: string
}

export async function addExportUsage(command: Command, context: CliContext): Promise<void> {
  const usage = await onlineVerb(command, 'usage', 'energy of usage points as CSV')
  usage
    .option('--by <PERIOD>', 'day (default) or month')
    .option('--date <DATE>', 'one civil day, as 2026-11-21 (default: yesterday)')
    .option('--from <DATE>', 'first day, or first day of the first month')
    .option('--to <DATE>', 'last day')
    .option('--register <CODES>', 'one register or some with commas (default: all)')
    .option('--account <NO>', 'usage points of one account (户号)')
    .option('--usage-point <CODE>', 'one usage point')
    .addHelpText('after', usageExamples)
    .action(context.runs((flags: UsageFlags) => exportUsage(flags, context)))
  const readings = await onlineVerb(command, 'readings', 'what a meter said as CSV')
  readings
    .argument('<ADDRESS>', 'address of the meter (表号)')
    .option('--from <TIME>', 'first moment or civil date')
    .option('--to <TIME>', 'until then, exclusive')
    .option('--register <CODE>', 'one register')
    .addHelpText('after', readingExamples)
    .action(
      context.runs((address: string, flags: ReadingFlags) =>
        exportReadings(address, flags, context),
      ),
    )
}

async function exportUsage(flags: UsageFlags, context: CliContext): Promise<ExitCode> {
  const { by = 'day', date, from, to, register, account, usagePoint } = flags
  const range = date === undefined ? { from, to } : { from: date, to: date }
  const query = { granularity: by, ...range, register, account, usagePoint, limit: PAGE }
  const client = await clientFor(flags, context.io)
  if (typeof client === 'number') return client
  return await exportPages(flags, context, {
    head: ['usage point', 'account', by, 'register', 'energy', 'unit', 'quality', 'estimated'],
    ask: (cursor) => client.get(`/usage${queryText({ ...query, cursor })}`, UsagePage),
    row: (one) => [
      ...[one.usagePoint, one.account ?? '', one.date, one.register],
      ...[one.energy, one.unit, one.quality, one.estimated],
    ],
  })
}

async function exportReadings(
  address: string,
  flags: ReadingFlags,
  context: CliContext,
): Promise<ExitCode> {
  const client = await clientFor(flags, context.io)
  if (typeof client === 'number') return client
  const meters = await client.get(`/meters${queryText({ address })}`, Meters)
  if (!meters.ok) return reportFailure(context.io, meters.error)
  const meter = meters.value.items[0]
  if (meter === undefined) {
    const message = `there is no meter ${address}`
    return reportFailure(context.io, { exit: exitCodes.usage, code: 'export.no-meter', message })
  }
  const query = { from: flags.from, to: flags.to, register: flags.register, limit: PAGE }
  const path = `/meters/${meter.id}/readings`
  return await exportPages(flags, context, {
    head: ['register', 'value', 'unit', 'at', 'received at', 'quality', 'source', 'class'],
    ask: (cursor) => client.get(`${path}${queryText({ ...query, cursor })}`, ReadingPage),
    row: (one) => [
      ...[one.register, one.value, one.unit, one.at],
      ...[one.receivedAt, one.quality, one.source, one.dataClass],
    ],
  })
}

interface Table<Item> {
  readonly head: readonly string[]
  ask(
    cursor: string | undefined,
  ): Promise<Result<{ readonly items: readonly Item[]; readonly next: string | null }, CliFailure>>
  row(item: Item): readonly string[]
}

/** Page after page, so that a million rows need no more memory than a thousand. */
async function exportPages<Item>(
  { json }: OnlineFlags,
  { io }: CliContext,
  { head, ask, row }: Table<Item>,
): Promise<ExitCode> {
  const items: Item[] = []
  if (!json) io.stdout.write(csvText([head]))
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await ask(cursor === '' ? undefined : cursor)
    if (!page.ok) return reportFailure(io, page.error)
    if (json) items.push(...page.value.items)
    else io.stdout.write(csvLines(page.value.items.map(row)))
    cursor = page.value.next
  }
  if (json) printJson(io, { items })
  return exitCodes.done
}
