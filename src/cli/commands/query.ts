import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import { csvText } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { keptBy } from '../kept.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes query catalogue
  hes query ask energy --measure energy --by feeder --from 2026-11-01 --to 2026-11-20
  hes query save "feeders of F" energy --measure energy --by feeder --where feeder=F1,F2
  hes query run "feeders of F" --from 2026-11-01 --to 2026-11-20 --csv > feeders.csv
  hes query ls
  hes query rm "feeders of F"

Queries put together from what the catalogue names. Each is priced before it runs
and ends after ten seconds; what would cost too much is refused, with the reason.
Energy and load come by role unless you filter by it: what a gateway measures and
what its customers take is no sum.
`

const Text = Type.String()
const Word = Type.Union([Text, Type.Null()])
const Catalogue = Type.Object({
  items: Type.Array(
    Type.Object({ source: Text, measures: Type.Array(Text), dimensions: Type.Array(Text) }),
  ),
})
const Saved = Type.Object({
  id: Type.Integer(),
  name: Text,
  owner: Text,
  shared: Type.Boolean(),
  revision: Type.Integer(),
  definition: Type.Object({
    source: Text,
    measures: Type.Array(Text),
    dimensions: Type.Array(Text),
  }),
})
const SavedList = Type.Object({ items: Type.Array(Saved) })
const Answer = Type.Object({
  columns: Type.Array(Type.Object({ name: Text, kind: Text, unit: Text })),
  rows: Type.Array(Type.Array(Word)),
  isCut: Type.Boolean(),
})
const Nothing = Type.Object({})

interface Flags extends OnlineFlags {
  readonly measure?: readonly string[]
  readonly by?: readonly string[]
  readonly where?: readonly string[]
  readonly order?: readonly string[]
  readonly shared?: true
  readonly from?: string
  readonly to?: string
  readonly limit?: string
  readonly csv?: true
}

export async function buildQuery(command: Command, context: CliContext): Promise<void> {
  command
    .description('Ask for what you put together, once or by name.')
    .addHelpText('after', examples)
  const catalogue = await onlineVerb(command, 'catalogue', 'what may be asked for, by source')
  catalogue.action(
    context.runs((flags: Flags) =>
      online<typeof Catalogue>(
        flags,
        context,
        (client) => client.get('/queries/catalogue', Catalogue),
        ({ items }) =>
          renderTable(
            ['source', 'measures', 'dimensions'].map((title) => ({ title })),
            items.map((one) => [one.source, one.measures.join(' '), one.dimensions.join(' ')]),
          ),
      ),
    ),
  )
  const ask = defined(await onlineVerb(command, 'ask', 'ask once'))
  ask
    .argument('<SOURCE>', 'of the catalogue')
    .requiredOption('--from <DATE>', 'first day')
    .requiredOption('--to <DATE>', 'last day')
    .option('--limit <N>', 'at most so many rows', '1000')
    .option('--csv', 'CSV on stdout instead of a table')
    .action(
      context.runs((source: string, flags: Flags) =>
        online<typeof Answer>(
          flags,
          context,
          async (client) => {
            const definition = definitionOf(source, flags)
            if (!definition.ok) return definition
            const { from, to, limit } = flags
            const body = { ...definition.value, from, to, limit: Number(limit) }
            return await client.post('/queries/run', body, Answer)
          },
          (answer) => shown(answer, flags),
        ),
      ),
    )
  await addKept(command, context)
}

async function addKept(command: Command, context: CliContext): Promise<void> {
  const save = defined(await onlineVerb(command, 'save', 'keep a query by name'))
  save
    .argument('<NAME>', 'what it is called')
    .argument('<SOURCE>', 'of the catalogue')
    .option('--shared', 'others may ask it too')
    .action(
      context.runs((name: string, source: string, flags: Flags) =>
        online<typeof Saved>(
          flags,
          context,
          async (client) => {
            const definition = definitionOf(source, flags)
            if (!definition.ok) return definition
            const body = { name, shared: flags.shared === true, definition: definition.value }
            return await client.post('/queries', body, Saved)
          },
          (one) => table([one]),
        ),
      ),
    )
  const list = await onlineVerb(command, 'ls', 'queries that are kept: yours and shared ones')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof SavedList>(
        flags,
        context,
        (client) => client.get('/queries', SavedList),
        ({ items }) => table(items),
      ),
    ),
  )
  const run = await onlineVerb(command, 'run', 'ask a kept query')
  run
    .argument('<NAME>', 'its name or number')
    .option('--from <DATE>', 'first day')
    .option('--to <DATE>', 'last day')
    .option('--limit <N>', 'at most so many rows', '1000')
    .option('--csv', 'CSV on stdout instead of a table')
    .action(
      context.runs((name: string, flags: Flags) =>
        online<typeof Answer>(
          flags,
          context,
          async (client) => {
            const one = await found(client, name)
            if (!one.ok) return one
            const { from, to, limit } = flags
            const query = queryText({ from, to, limit })
            return await client.get(`/queries/${one.value.id}/rows${query}`, Answer)
          },
          (answer) => shown(answer, flags),
        ),
      ),
    )
  const remove = await onlineVerb(command, 'rm', 'keep a query of yours no more')
  remove.argument('<NAME>', 'its name or number').action(
    context.runs((name: string, flags: Flags) =>
      online<typeof Nothing>(
        flags,
        context,
        async (client) => {
          const one = await found(client, name)
          return one.ok ? await client.delete(`/queries/${one.value.id}`, Nothing) : one
        },
        () => `${name} is kept no more.\n`,
      ),
    ),
  )
}

const collected = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

const defined = (verb: Command): Command =>
  verb
    .requiredOption('--measure <NAME>', 'what is asked for; repeatable', collected)
    .option('--by <NAME>', 'told apart by this; repeatable', collected)
    .option('--where <NAME=VALUE,…>', 'only of these; != for all but these; repeatable', collected)
    .option('--order <NAME>', 'sorted by it, with - in front the greatest first', collected)

const usage = (message: string): Result<never, CliFailure> =>
  fail({ exit: exitCodes.usage, code: 'query.usage', message })

function definitionOf(source: string, { measure = [], by = [], where = [], order = [] }: Flags) {
  const filters: { dimension: string; is: 'in' | 'not-in'; values: string[] }[] = []
  for (const one of where) {
    const [, dimension, not, values] = /^([\w-]+)(!?)=(.*)$/.exec(one) ?? []
    if (dimension === undefined || values === undefined) {
      return usage(`--where is NAME=VALUE,…, not ${one}`)
    }
    filters.push({ dimension, is: not === '!' ? 'not-in' : 'in', values: values.split(',') })
  }
  return ok({
    ...{ source, measures: [...measure], dimensions: [...by], filters, having: [] },
    order: order.map((one) => ({ by: one.replace(/^-/, ''), descending: one.startsWith('-') })),
  })
}

const found = async (client: HeadEndClient, name: string) =>
  keptBy(name, 'query', await client.get('/queries', SavedList))

const table = (items: readonly Static<typeof Saved>[]) =>
  renderTable(
    ['id', 'name', 'of', 'shared', 'source', 'measures', 'by'].map((title) => ({ title })),
    items.map(({ id, name, owner, shared, definition }) => [
      ...[String(id), name, owner, shared ? 'yes' : '', definition.source],
      ...[definition.measures.join(' '), definition.dimensions.join(' ')],
    ]),
  )

async function shown(
  { columns, rows, isCut }: Static<typeof Answer>,
  { csv }: Flags,
): Promise<string> {
  const titles = columns.map(({ name, unit }) => (unit === '' ? name : `${name} (${unit})`))
  const cells = rows.map((row) => row.map((cell) => cell ?? ''))
  if (csv === true) return csvText([titles, ...cells])
  const text = await renderTable(
    columns.map(({ kind }, index) => {
      const align = kind === 'number' ? ('right' as const) : ('left' as const)
      return { title: titles[index] ?? '', align }
    }),
    cells,
  )
  return isCut ? `${text}There is more: --limit asks for more rows.\n` : text
}
