import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import { csvText } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'

const examples = `
Examples:
  hes export collection --date 2026-11-21 > morning.csv
  hes export collection --from 2026-11-01 --to 2026-11-30 --by maker > november.csv

The table of the morning as CSV (UTF-8 with its mark, for spreadsheets): a row for
each group and one for all, and under the table the formula of each rate.
`

const Count = Type.Integer()
const Kpis = Type.Object({
  from: Type.String(),
  to: Type.String(),
  by: Type.String(),
  items: Type.Array(
    Type.Object({
      group: Type.String(),
      counts: Type.Object({
        due: Count,
        received: Count,
        late: Count,
        givenUp: Count,
        notExpected: Count,
        estimated: Count,
        firstPass: Count,
      }),
      kpis: Type.Array(
        Type.Object({
          name: Type.String(),
          formula: Type.String(),
          value: Type.Union([Type.String(), Type.Null()]),
        }),
      ),
    }),
  ),
})
const Both = Type.Object({ groups: Kpis, all: Kpis })

const states = ['due', 'received', 'late', 'givenUp', 'notExpected', 'estimated'] as const
const rates = ['finalSuccess', 'firstPassSuccess', 'timeliness', 'onlineRate'] as const

interface Flags extends OnlineFlags {
  readonly date?: string
  readonly from?: string
  readonly to?: string
  readonly by?: string
}

export async function addExportCollection(command: Command, context: CliContext): Promise<void> {
  const made = await onlineVerb(command, 'collection', 'the table of the morning as CSV')
  made
    .option('--date <DATE>', 'one civil day, as 2026-11-21 (default: today)')
    .option('--from <DATE>', 'first day')
    .option('--to <DATE>', 'last day (default: that of --from)')
    .option('--by <WHAT>', 'rows by concentrator (default), maker, transformer, day, task …')
    .addHelpText('after', examples)
    .action(
      context.runs((flags: Flags) =>
        online<typeof Both>(flags, context, (client) => ask(client, flags), csvOf),
      ),
    )
}

async function ask(
  client: HeadEndClient,
  { date, from, to, by = 'concentrator' }: Flags,
): Promise<Result<Static<typeof Both>, CliFailure>> {
  if (date !== undefined && (from !== undefined || to !== undefined)) {
    const message = '--date is one day: give it, or --from and --to'
    return fail({ exit: exitCodes.usage, code: 'export.two-ranges', message })
  }
  const range = date === undefined ? { from, to } : { from: date, to: date }
  const groups = await client.get(`/collection/kpis${queryText({ ...range, by })}`, Kpis)
  if (!groups.ok) return groups
  // The same days, also where a midnight passes between the two.
  const { from: first, to: last } = groups.value
  const whole = queryText({ from: first, to: last, by: 'all' })
  const all = await client.get(`/collection/kpis${whole}`, Kpis)
  return all.ok ? ok({ groups: groups.value, all: all.value }) : all
}

function csvOf({ groups, all }: Static<typeof Both>): string {
  const items = [...groups.items, ...all.items.map((item) => ({ ...item, group: 'all' }))]
  const shown = rates.filter((rate) => items.some(({ kpis }) => kpis.some(isOf(rate))))
  const rows = items.map(({ group, counts, kpis }) => [
    group,
    ...states.map((state) => String(counts[state])),
    ...shown.map((rate) => kpis.find(isOf(rate))?.value ?? ''),
  ])
  const formulas = shown.map((rate) => [
    rate,
    all.items.flatMap(({ kpis }) => kpis).find(isOf(rate))?.formula ?? '',
  ])
  const head = ['from', groups.from, 'to', groups.to]
  return csvText([head, [groups.by, ...states, ...shown], ...rows, ...formulas])
}

const isOf =
  (rate: string) =>
  ({ name }: { readonly name: string }) =>
    name === rate
