import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes case ls --state unfinished
  hes case show 17
  hes case take 17
  hes case note 17 "the lift was being repaired"
  hes case close 17 --evidence "read again at 10:15"

A case is opened by evidence and closed by evidence; evidence that returns opens
it again.
`

const Case = Type.Object({
  id: Type.Integer(),
  kind: Type.String(),
  subject: Type.Object({ kind: Type.String(), id: Type.Integer() }),
  severity: Type.String(),
  state: Type.String(),
  assignee: Type.Union([Type.Object({ username: Type.String() }), Type.Null()]),
  dueAt: Type.String(),
  openedAt: Type.String(),
  timesFound: Type.Integer(),
  evidence: Type.Record(Type.String(), Type.Unknown()),
})
const Page = Type.Object({
  items: Type.Array(Case),
  next: Type.Union([Type.String(), Type.Null()]),
})
const Entry = Type.Object({
  at: Type.String(),
  actor: Type.String(),
  act: Type.String(),
  note: Type.String(),
})
const Told = Type.Composite([Case, Type.Object({ history: Type.Array(Entry) })])

interface ListFlags extends OnlineFlags {
  readonly state?: string
  readonly kind?: string
  readonly overdue?: true
  readonly limit?: string
}

export async function buildCase(command: Command, context: CliContext): Promise<void> {
  command
    .description('Work that was found, from its evidence to its end.')
    .addHelpText('after', examples)
  const list = await onlineVerb(command, 'ls', 'cases, newest first')
  list
    .option('--state <STATE>', 'unfinished, open, assigned, working, closed, dismissed')
    .option('--kind <KIND>', 'e.g. order.hanging')
    .option('--overdue', 'only those whose time is over')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((flags: ListFlags) =>
        online<typeof Page>(flags, context, (client) => client.get(pathOf(flags), Page), table),
      ),
    )
  const show = await onlineVerb(command, 'show', 'one case with its history')
  show
    .argument('<ID>', 'its number')
    .action(
      context.runs((id: string, flags: OnlineFlags) =>
        online<typeof Told>(
          flags,
          context,
          (client) => client.get(`/cases/${enc(id)}`, Told),
          told,
        ),
      ),
    )
  const post = (id: string, verb: string, body: unknown, flags: OnlineFlags) =>
    online<typeof Case>(
      flags,
      context,
      (client) => client.post(`/cases/${enc(id)}/${verb}`, body, Case),
      sentence,
    )
  const take = await onlineVerb(command, 'take', 'take it on: it is yours then')
  take
    .argument('<ID>', 'its number')
    .action(context.runs((id: string, flags: OnlineFlags) => post(id, 'assign', {}, flags)))
  const note = await onlineVerb(command, 'note', 'write something down about it')
  note
    .argument('<ID>', 'its number')
    .argument('<TEXT>', 'what')
    .action(
      context.runs((id: string, text: string, flags: OnlineFlags) =>
        post(id, 'notes', { note: text }, flags),
      ),
    )
  const close = await onlineVerb(command, 'close', 'close it by what shows that it is over')
  close
    .argument('<ID>', 'its number')
    .requiredOption('--evidence <TEXT>', 'what shows it')
    .action(
      context.runs((id: string, flags: OnlineFlags & { readonly evidence: string }) =>
        post(id, 'close', { note: flags.evidence }, flags),
      ),
    )
}

const enc = encodeURIComponent

function pathOf({ state, kind, overdue, limit }: ListFlags): string {
  const query = new URLSearchParams({ limit: limit ?? '100' })
  if (state !== undefined) query.set('state', state)
  if (kind !== undefined) query.set('kind', kind)
  if (overdue) query.set('overdue', 'true')
  return `/cases?${query}`
}

const columns = ['case', 'kind', 'about', 'severity', 'state', 'whose', 'due', 'found'].map(
  (title) => ({ title }),
)

async function table({ items }: Static<typeof Page>): Promise<string> {
  if (items.length === 0) return 'No such case.\n'
  const rows = items.map((one) => [
    String(one.id),
    one.kind,
    `${one.subject.kind} ${one.subject.id}`,
    one.severity,
    one.state,
    one.assignee?.username ?? '',
    one.dueAt,
    `${one.timesFound}×`,
  ])
  return await renderTable(columns, rows)
}

function told(one: Static<typeof Told>): string {
  const history = one.history.map(
    ({ at, actor, act, note }) => `  ${at}  ${act} by ${actor}${note === '' ? '' : `: ${note}`}`,
  )
  return `${sentence(one)}  ${JSON.stringify(one.evidence)}\n${history.join('\n')}\n`
}

function sentence({ id, kind, subject, severity, state, assignee, dueAt }: Static<typeof Case>) {
  const whose = assignee === null ? 'nobody' : assignee.username
  return `Case ${id} (${kind}, ${subject.kind} ${subject.id}): ${severity}, ${state}, of ${whose}, due ${dueAt}\n`
}
