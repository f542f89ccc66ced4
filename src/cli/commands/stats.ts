import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { csvText } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'
import { addLimits } from './stats-limits.ts'

const examples = `
Examples:
  hes stats energy --by feeder --period month --from 2026-01-01 --to 2026-12-31
  hes stats energy --by trade --period quarter --from 2026-01-01 --csv > trades.csv
  hes stats load --by feeder --period month --compare year
  hes stats quality --by area --period month
  hes stats capacity --verdict over
  hes stats limits
  hes stats limit single-phase --low 0.9 --high 1.07 --from 2026-12-01

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
      growth: orNull,
      pointDays: Type.Object({ known: Count, expected: Count, missing: Count }),
    }),
  ),
  next: orNull,
})

const Load = Type.Object({
  items: Type.Array(
    Type.Object({
      key: orNull,
      within: orNull,
      from: Text,
      to: Text,
      energy: Text,
      peak: Text,
      peakAt: Text,
      loadFactor: orNull,
      peakValley: Text,
      coincidence: orNull,
      energyGrowth: orNull,
      peakGrowth: orNull,
    }),
  ),
})
const Quality = Type.Object({
  items: Type.Array(
    Type.Object({
      key: orNull,
      from: Text,
      to: Text,
      usagePoints: Text,
      voltage: Type.Object({ qualificationRate: orNull, imbalance: orNull }),
      powerFactor: orNull,
      outages: Type.Object({ minutes: Text, saifi: orNull, saidiMinutes: orNull }),
    }),
  ),
})
const Capacity = Type.Object({
  items: Type.Array(
    Type.Object({
      account: Text,
      customer: Text,
      capacityKva: Text,
      verdict: Text,
      daysAbove: Type.Integer(),
      peakKva: orNull,
      share: orNull,
      advisedKva: orNull,
      moneyPerMonth: orNull,
    }),
  ),
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
  readonly compare?: string
  readonly below?: string
  readonly verdict?: string
  readonly until?: string
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
    .option('--compare <WHAT>', 'growth against the same time a year ago, or the period before')
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
  await addLoad(command, context)
  await addQuality(command, context)
  await addCapacity(command, context)
  await addLimits(command, context)
}

async function addLoad(command: Command, context: CliContext): Promise<void> {
  const load = ranged(await onlineVerb(command, 'load', 'load factor, peak, valley, growth'))
  load
    .option('--compare <WHAT>', 'growth against the same time a year ago, or the period before')
    .action(
      context.runs(({ csv, ...flags }: Flags) =>
        online<typeof Load>(
          flags,
          context,
          (client) => client.get(`/statistics/load${queryText(asked(flags))}`, Load),
          ({ items }) =>
            printed(
              [
                ...['key', 'within', 'from', 'to', 'kWh', 'peak kW', 'at', 'factor'],
                ...['peak-valley', 'coincidence'],
              ],
              items.map((item) => [
                ...[
                  item.key ?? '–',
                  item.within ?? '',
                  item.from,
                  item.to,
                  item.energy,
                  item.peak,
                  item.peakAt,
                ],
                ...[item.loadFactor ?? '–', item.peakValley, item.coincidence ?? '–'],
              ]),
              csv === true,
            ),
        ),
      ),
    )
}

async function addQuality(command: Command, context: CliContext): Promise<void> {
  const quality = ranged(await onlineVerb(command, 'quality', 'voltage, power factor, outages'))
  quality
    .option('--below <RATE>', 'only where the voltage qualification rate is below, as 0.98')
    .action(
      context.runs(({ csv, ...flags }: Flags) =>
        online<typeof Quality>(
          flags,
          context,
          (client) => client.get(`/statistics/quality${queryText(asked(flags))}`, Quality),
          ({ items }) =>
            printed(
              ['key', 'from', 'to', 'points', 'qualified', 'imbalance', 'pf', 'saifi', 'saidi min'],
              items.map(({ voltage, outages, ...item }) => [
                ...[item.key ?? '–', item.from, item.to, item.usagePoints],
                ...[voltage.qualificationRate ?? '–', voltage.imbalance ?? '–'],
                ...[item.powerFactor ?? '–', outages.saifi ?? '–', outages.saidiMinutes ?? '–'],
              ]),
              csv === true,
            ),
        ),
      ),
    )
}

async function addCapacity(command: Command, context: CliContext): Promise<void> {
  const capacity = await onlineVerb(command, 'capacity', 'load against contracted capacity')
  capacity
    .option('--until <DATE>', 'last day looked at (default: yesterday)')
    .option('--verdict <VERDICT>', 'over, at-times, under, fits, unknown')
    .option('--limit <N>', 'at most so many rows', '1000')
    .option('--csv', 'CSV on stdout instead of a table')
    .action(
      context.runs(({ csv, until, verdict, limit, ...flags }: Flags) =>
        online<typeof Capacity>(
          flags,
          context,
          (client) =>
            client.get(`/statistics/capacity${queryText({ until, verdict, limit })}`, Capacity),
          ({ items }) =>
            printed(
              [
                ...['account', 'customer', 'kVA', 'verdict', 'days above', 'peak kVA', 'share'],
                ...['advised', 'a month'],
              ],
              items.map((item) => [
                ...[item.account, item.customer, item.capacityKva, item.verdict],
                String(item.daysAbove),
                ...[item.peakKva ?? '–', item.share ?? '–', item.advisedKva ?? '–'],
                item.moneyPerMonth ?? '–',
              ]),
              csv === true,
            ),
        ),
      ),
    )
}

const ranged = (command: Command): Command =>
  command
    .option('--by <WHAT>', 'region, substation, bus, feeder, area …')
    .option('--period <PERIOD>', 'day, week, month (default), quarter, year, whole')
    .option('--from <DATE>', 'first day (default: 31 days before the last)')
    .option('--to <DATE>', 'last day (default: yesterday)')
    .option('--node <ID>', 'only what lies below this node of the grid')
    .option('--limit <N>', 'at most so many rows', '1000')
    .option('--csv', 'CSV on stdout instead of a table')

const asked = (flags: Flags) => {
  const { by, period, from, to, register, role, node, group, limit, compare, below } = flags
  return { by, period, from, to, register, role, node, group, limit, compare, below }
}

/** As CSV or as a table. */
async function shown({ unit, items }: Static<typeof Energy>, csv: boolean): Promise<string> {
  const titles = ['key', 'name', 'from', 'to', unit, 'estimated', 'known', 'missing', 'growth']
  const rows = items.map(({ key, name, from, to, energy, estimatedShare, growth, pointDays }) => [
    ...[key ?? '–', name, from, to, energy, estimatedShare ?? '–'],
    ...[String(pointDays.known ?? '–'), String(pointDays.missing ?? '–'), growth ?? '–'],
  ])
  return await printed(titles, rows, csv)
}

async function printed(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  csv: boolean,
): Promise<string> {
  if (csv) return csvText([titles, ...rows])
  const columns = titles.map((title, index) => {
    return { title, align: index > 3 ? ('right' as const) : ('left' as const) }
  })
  return await renderTable(columns, rows)
}
