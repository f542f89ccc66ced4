import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes forecast show all
  hes forecast show feeder 10kV-3 --date 2026-11-23
  hes forecast scores --kind area

Mean load by hour of the day ahead. A method that loses to the naive one (the same
hour a week before) is shown as naive, and the error is always beside the naive one's.
`

const Text = Type.String()
const TextOrNull = Type.Union([Text, Type.Null()])
const Errors = Type.Object({
  days: Type.Integer(),
  percent: TextOrNull,
  naivePercent: TextOrNull,
})
const Forecast = Type.Object({
  date: Text,
  method: Text,
  bestMethod: Text,
  error: Errors,
  items: Type.Array(
    Type.Object({
      start: Text,
      value: Text,
      low: Text,
      high: Text,
      naive: Text,
      actual: TextOrNull,
    }),
  ),
})
const Scores = Type.Object({
  items: Type.Array(Type.Object({ kind: Text, name: Text, method: TextOrNull, error: Errors })),
})

interface Flags extends OnlineFlags {
  readonly date?: string
  readonly kind?: string
  readonly limit?: string
}

export async function buildForecast(command: Command, context: CliContext): Promise<void> {
  command.description('Forecasts of load for the day ahead.').addHelpText('after', examples)
  const show = await onlineVerb(command, 'show', 'one target: all, region, feeder, area or group')
  show
    .argument('<KIND>', 'all, region, feeder, area, group')
    .argument('[NAME]', 'code of the node, or name of the group')
    .option('--date <DATE>', 'default: tomorrow')
    .action(
      context.runs((kind: string, name: string | undefined, { date, ...flags }: Flags) =>
        online<typeof Forecast>(
          flags,
          context,
          (client) => client.get(`/forecasts${queryText({ kind, name, date })}`, Forecast),
          shownDay,
        ),
      ),
    )
  const scores = await onlineVerb(command, 'scores', 'errors over the last 28 days')
  scores
    .option('--kind <KIND>', 'only all, region, feeder, area or group')
    .option('--limit <N>', 'at most so many rows', '100')
    .action(
      context.runs(({ kind, limit, ...flags }: Flags) =>
        online<typeof Scores>(
          flags,
          context,
          (client) => client.get(`/forecasts/scores${queryText({ kind, limit })}`, Scores),
          shownScores,
        ),
      ),
    )
}

async function shownDay(forecast: Static<typeof Forecast>): Promise<string> {
  const { date, method, bestMethod, error, items } = forecast
  const lost = method === bestMethod ? '' : ` (${bestMethod} lost to it of late)`
  const titles = ['hour', 'kW', 'low', 'high', 'naive', 'actual']
  const rows = items.map(({ start, value, low, high, naive, actual }) => [
    ...[start.slice(11, 16), value, low, high, naive, actual ?? '–'],
  ])
  const columns = titles.map((title, index) => {
    return { title, align: index > 0 ? ('right' as const) : ('left' as const) }
  })
  return `${date}, ${method}${lost}; ${errorText(error)}\n${await renderTable(columns, rows)}`
}

function errorText({ days, percent, naivePercent }: Static<typeof Errors>): string {
  if (days === 0) return 'no forecast of it can be judged yet'
  return `off by ${percent ?? '–'} % over ${days} days, the naive one by ${naivePercent ?? '–'} %`
}

async function shownScores({ items }: Static<typeof Scores>): Promise<string> {
  const columns = ['kind', 'name', 'method', 'days', 'error %', 'naive %'].map((title, index) => {
    return { title, align: index > 2 ? ('right' as const) : ('left' as const) }
  })
  const rows = items.map(({ kind, name, method, error }) => [
    ...[kind, name, method ?? '–', String(error.days)],
    ...[error.percent ?? '–', error.naivePercent ?? '–'],
  ])
  return await renderTable(columns, rows)
}
