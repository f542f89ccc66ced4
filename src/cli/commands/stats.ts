import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { csvText } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes stats energy --by feeder --period month --from 2026-01-01 --to 2026-12-31
  hes stats energy --by trade --period quarter --from 2026-01-01 --csv > trades.csv

Each civil day counts by the archive as it was on it; both days are included.
`

const Text = Type.String()
const orNull = Type.Union([Text, Type.Null()])
const Count = Type.Union([Type.Integer(), Type.Null()])
const Energy = Type.Object({
  unit: Text,
  items: Type.Array(
    Type.Object({
      key: orNull,
      name: Text,
      from: Text,
      to: Text,
      energy: Text,
      estimatedShare: orNull,
      pointDays: Type.Object({ known: Count, expected: Count, missing: Count }),
    }),
  ),
  next: orNull,
})

interface Flags extends OnlineFlags {
  readonly by?: string
  readonly period?: string
  readonly from?: string
  readonly to?: string
  readonly register?: string
  readonly role?: string
  readonly node?: string
  readonly group?: string
  readonly limit?: string
  readonly csv?: true
}

export async function buildStats(command: Command, context: CliContext): Promise<void> {
  command.description('Statistics of energy and load.').addHelpText('after', examples)
  const energy = await onlineVerb(command, 'energy', 'energy by dimension and period')
  energy
    .option('--by <WHAT>', 'region, substation, bus, feeder, area, trade, tariff, class, group')
    .option('--period <PERIOD>', 'day, week, month (default), quarter, year, whole')
    .option('--from <DATE>', 'first day (default: 31 days before the last)')
    .option('--to <DATE>', 'last day (default: yesterday)')
    .option('--register <CODE>', 'default: 1.8.0')
    .option('--role <ROLE>', 'receive, auxiliary, generation, supply')
    .option('--node <ID>', 'only what lies below this node of the grid')
    .option('--group <ID>', 'only usage points of this group')
    .option('--limit <N>', 'at most so many rows', '1000')
    .option('--csv', 'CSV on stdout instead of a table')
    .action(
      context.runs(({ csv, ...flags }: Flags) =>
        online<typeof Energy>(
          flags,
          context,
          (client) => client.get(`/statistics/energy${queryText(asked(flags))}`, Energy),
          (answer) => shown(answer, csv === true),
        ),
      ),
    )
}

const asked = ({ by, period, from, to, register, role, node, group, limit }: Flags) => {
  return { by, period, from, to, register, role, node, group, limit }
}

/** As CSV or as a table. */
async function shown({ unit, items }: Static<typeof Energy>, csv: boolean): Promise<string> {
  const titles = ['key', 'name', 'from', 'to', unit, 'estimated', 'known', 'missing']
  const rows = items.map(({ key, name, from, to, energy, estimatedShare, pointDays }) => [
    ...[key ?? '–', name, from, to, energy, estimatedShare ?? '–'],
    ...[String(pointDays.known ?? '–'), String(pointDays.missing ?? '–')],
  ])
  if (csv) return csvText([titles, ...rows])
  const columns = titles.map((title, index) => {
    return { title, align: index > 3 ? ('right' as const) : ('left' as const) }
  })
  return await renderTable(columns, rows)
}
