import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const Figures = Type.Object({
  meters: Type.Integer(),
  brought: Type.Integer(),
  manualShare: Type.Union([Type.String(), Type.Null()]),
  values: Type.Array(
    Type.Object({ kind: Type.String(), state: Type.String(), count: Type.Integer() }),
  ),
  findings: Type.Array(
    Type.Object({ code: Type.String(), state: Type.String(), count: Type.Integer() }),
  ),
})

/** How much people brought, how much was estimated, and what was found. */
export async function addFigures(command: Command, context: CliContext): Promise<void> {
  const figures = await onlineVerb(
    command,
    'figures',
    'what share people read, what was estimated and found',
  )
  figures
    .requiredOption('--from <MOMENT>', 'ISO 8601, or a date: its first moment')
    .requiredOption('--to <MOMENT>', 'exclusive')
    .action(
      context.runs(({ from, to, ...flags }: OnlineFlags & { from: string; to: string }) =>
        online<typeof Figures>(
          flags,
          context,
          (client) => client.get(`/validation/figures${queryText({ from, to })}`, Figures),
          shown,
        ),
      ),
    )
}

async function shown({ meters, brought, manualShare, ...one }: Static<typeof Figures>) {
  const counted = [
    ...one.values.map(({ kind, state, count }) => ['value', kind, state, String(count)]),
    ...one.findings.map(({ code, state, count }) => ['finding', code, state, String(count)]),
  ]
  const columns = ['what', 'kind', 'state', 'count'].map((title, index) => {
    return { title, align: index === 3 ? ('right' as const) : ('left' as const) }
  })
  const share = manualShare === null ? '' : ` (${manualShare} %)`
  const head = `people brought readings of ${brought} of ${meters} meters in service${share}\n`
  return counted.length === 0 ? head : `${head}\n${await renderTable(columns, counted)}`
}
