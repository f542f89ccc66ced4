import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes outbox status
  hes outbox refused --state waiting
  hes outbox replay 3
  hes outbox dismiss 4

What devices say is safe on the disk before anybody is told so, and waits there
for the database. What the database refuses for good is kept for people.
`

const Status = Type.Object({
  waiting: Type.Integer(),
  bytes: Type.Integer(),
  oldestSeconds: Type.Integer(),
  trouble: Type.Union([Type.String(), Type.Null()]),
  refused: Type.Integer(),
  damaged: Type.Array(
    Type.Object({ name: Type.String(), bytes: Type.Integer(), keptAt: Type.String() }),
  ),
})
const Refused = Type.Object({
  id: Type.Integer(),
  refusedAt: Type.String(),
  reason: Type.String(),
  state: Type.String(),
  decidedBy: Type.Union([Type.String(), Type.Null()]),
  bytes: Type.Integer(),
  holds: Type.Union([
    Type.Object({ meters: Type.Array(Type.Integer()), readings: Type.Integer() }),
    Type.Null(),
  ]),
})
const Page = Type.Object({
  items: Type.Array(Refused),
  next: Type.Union([Type.String(), Type.Null()]),
})

interface ListFlags extends OnlineFlags {
  readonly state?: string
  readonly limit?: string
}

export async function buildOutbox(command: Command, context: CliContext): Promise<void> {
  command
    .description('What waits for the database, and what it refused.')
    .addHelpText('after', examples)
  const status = await onlineVerb(command, 'status', 'what waits, for how long, and what is wrong')
  status.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Status>(flags, context, (client) => client.get('/outbox', Status), stateText),
    ),
  )
  const refused = await onlineVerb(command, 'refused', 'records that the database refused for good')
  refused
    .option('--state <STATE>', 'waiting, replayed, dismissed')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((flags: ListFlags) =>
        online<typeof Page>(flags, context, (client) => client.get(pathOf(flags), Page), table),
      ),
    )
  await decides('replay', 'store it now, after what kept it out was put right')
  await decides('dismiss', 'it waits for nobody any more')

  async function decides(verb: string, summary: string): Promise<void> {
    const made = await onlineVerb(command, verb, summary)
    made
      .argument('<ID>', 'its number')
      .action(
        context.runs((id: string, flags: OnlineFlags) =>
          online<typeof Refused>(
            flags,
            context,
            (client) =>
              client.post(`/outbox/refused/${encodeURIComponent(id)}/${verb}`, {}, Refused),
            sentence,
          ),
        ),
      )
  }
}

function pathOf({ state, limit }: ListFlags): string {
  const query = new URLSearchParams({ limit: limit ?? '100' })
  if (state !== undefined) query.set('state', state)
  return `/outbox/refused?${query}`
}

function stateText(status: Static<typeof Status>): string {
  const { waiting, bytes, oldestSeconds, trouble, refused, damaged } = status
  const lines = [
    `${waiting} deliveries wait, the oldest for ${oldestSeconds} s; ${bytes} bytes on the disk`,
    trouble === null ? 'acknowledging' : `nothing is acknowledged: ${trouble}`,
    `${refused} refused records wait for people`,
    ...damaged.map(
      ({ name, bytes: count, keptAt }) => `damaged ${name}: ${count} bytes, ${keptAt}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

const columns = ['record', 'refused', 'state', 'whose', 'meters', 'readings', 'reason'].map(
  (title) => ({ title }),
)

async function table({ items }: Static<typeof Page>): Promise<string> {
  if (items.length === 0) return 'No such record.\n'
  const rows = items.map(({ id, refusedAt, state, decidedBy, holds, reason }) => [
    ...[String(id), refusedAt, state, decidedBy ?? ''],
    ...(holds === null ? ['?', '?'] : [holds.meters.join(' '), String(holds.readings)]),
    reason,
  ])
  return await renderTable(columns, rows)
}

function sentence({ id, state, decidedBy, reason }: Static<typeof Refused>): string {
  return `Record ${id}: ${state} by ${decidedBy ?? 'nobody'} (was refused: ${reason})\n`
}
