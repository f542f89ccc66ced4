import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes channel ls
  hes channel changes 12
  hes channel backup 12 dialin identity=13800000012
  hes channel backup 12 --none
  hes channel pool cell-17 --kind cell --visits 20 --channels fibre-1,sim-2
  hes channel pools

The second way of a channel is taken while the first one fails, and left again
once that is back. A pool bounds how many of its channels are visited at once.
`

const Way = Type.Object({
  kind: Type.String(),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
})
const Channel = Type.Composite([
  Way,
  Type.Object({
    id: Type.Integer(),
    name: Type.String(),
    backup: Type.Union([Way, Type.Null()]),
    used: Type.String(),
    since: Type.Union([Type.String(), Type.Null()]),
    pools: Type.Array(Type.String()),
  }),
])
const next = Type.Union([Type.String(), Type.Null()])
const Channels = Type.Object({ items: Type.Array(Channel), next })
const Change = Type.Object({
  channel: Type.Integer(),
  at: Type.String(),
  used: Type.String(),
  reason: Type.String(),
  message: Type.String(),
})
const Changes = Type.Object({ items: Type.Array(Change), next })
const Pool = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  visitsMax: Type.Integer(),
  channels: Type.Array(Type.String()),
})
const Pools = Type.Object({ items: Type.Array(Pool), next })
const Nothing = Type.Object({})

interface ListFlags extends OnlineFlags {
  readonly limit?: string
  readonly cursor?: string
}

interface BackupFlags extends OnlineFlags {
  readonly none?: true
}

interface PoolFlags extends OnlineFlags {
  readonly kind: string
  readonly visits: string
  readonly channels: string
}

export async function buildChannel(command: Command, context: CliContext): Promise<void> {
  command
    .description('The ways to the field: which is in use, and what they share.')
    .addHelpText('after', examples)
  await buildList(command, context)
  await buildBackup(command, context)
  await buildPools(command, context)
}

async function buildList(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'ls', 'which way each channel goes')
  list
    .option('--limit <N>', 'at most so many', '100')
    .option('--cursor <CURSOR>', '`next` of the page before')
    .action(
      context.runs((flags: ListFlags) =>
        online<typeof Channels>(
          flags,
          context,
          (client) => client.get(`/channels?${pageOf(flags)}`, Channels),
          channelTable,
        ),
      ),
    )
  const changes = await onlineVerb(command, 'changes', 'changes of way, and why')
  changes
    .argument('[ID]', 'of one channel; without it of all')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((id: string | undefined, flags: ListFlags) =>
        online<typeof Changes>(
          flags,
          context,
          (client) => {
            const whose = id === undefined ? '' : `/${encodeURIComponent(id)}`
            return client.get(`/channels${whose}/changes?${pageOf(flags)}`, Changes)
          },
          changeTable,
        ),
      ),
    )
}

async function buildBackup(command: Command, context: CliContext): Promise<void> {
  const backup = await onlineVerb(command, 'backup', 'set or drop the second')
  backup
    .argument('<ID>', 'its number')
    .argument('[WAY...]', 'kind and settings as in the archive: tcp host=10.0.0.5;port=26')
    .option('--none', 'take it away')
    .action(
      context.runs((id: string, [kind = '', settings = '']: string[], flags: BackupFlags) => {
        const path = `/channels/${encodeURIComponent(id)}/backup`
        return online<typeof Nothing>(
          flags,
          context,
          (client) =>
            flags.none
              ? client.delete(path, Nothing)
              : client.put(path, { kind, settings }, Nothing),
          () =>
            `Channel ${id} ${flags.none ? 'has one way now' : `has ${kind} as its second way`}.\n`,
        )
      }),
    )
}

async function buildPools(command: Command, context: CliContext): Promise<void> {
  const pools = await onlineVerb(command, 'pools', 'what channels share')
  pools.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Pools>(
        flags,
        context,
        (client) => client.get('/permit-pools', Pools),
        poolTable,
      ),
    ),
  )
  const pool = await onlineVerb(command, 'pool', 'make or change a pool')
  pool
    .argument('<NAME>', 'its name')
    .requiredOption('--kind <KIND>', 'cell, sim-pool or gateway')
    .requiredOption('--visits <N>', 'how many meters are visited at once at most')
    .requiredOption('--channels <NAMES>', 'all of its channels, joined by commas')
    .action(
      context.runs((name: string, { kind, visits, channels, ...flags }: PoolFlags) =>
        online<typeof Pool>(
          flags,
          context,
          (client) => {
            const names = channels.split(',').filter((one) => one !== '')
            const body = { kind, visitsMax: Number(visits), channels: names }
            return client.put(`/permit-pools/${encodeURIComponent(name)}`, body, Pool)
          },
          (made) => poolTable({ items: [made], next: null }),
        ),
      ),
    )
  const drop = await onlineVerb(command, 'drop-pool', 'take a pool away; its channels stay')
  drop.argument('<NAME>', 'its name').action(
    context.runs((name: string, flags: OnlineFlags) =>
      online<typeof Nothing>(
        flags,
        context,
        (client) => client.delete(`/permit-pools/${encodeURIComponent(name)}`, Nothing),
        () => `There is no pool ${name} any more.\n`,
      ),
    ),
  )
}

function pageOf({ limit = '100', cursor }: ListFlags): URLSearchParams {
  return new URLSearchParams({ limit, ...(cursor === undefined ? {} : { cursor }) })
}

const titled = (...titles: readonly string[]) => titles.map((title) => ({ title }))

function written({ kind, settings }: Static<typeof Way>): string {
  const parts = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return [kind, parts.join(';')].filter((part) => part !== '').join(' ')
}

async function channelTable({ items, next }: Static<typeof Channels>): Promise<string> {
  const rows = items.map((one) => [
    String(one.id),
    one.name,
    written(one),
    one.backup ? written(one.backup) : '',
    one.since === null ? one.used : `${one.used} since ${one.since}`,
    one.pools.join(', '),
  ])
  const table = await renderTable(
    titled('id', 'channel', 'way', 'second way', 'in use', 'pools'),
    rows,
  )
  return next === null ? table : `${table}more: --cursor ${next}\n`
}

async function changeTable({ items }: Static<typeof Changes>): Promise<string> {
  if (items.length === 0) return 'Nothing changed.\n'
  const rows = items.map(({ at, channel, used, reason, message }) => {
    return [at, String(channel), used, reason, message]
  })
  return await renderTable(titled('at', 'channel', 'from then on', 'reason', 'message'), rows)
}

async function poolTable({ items }: Static<typeof Pools>): Promise<string> {
  const rows = items.map(({ name, kind, visitsMax, channels }) => {
    return [name, kind, String(visitsMax), String(channels.length), channels.slice(0, 5).join(', ')]
  })
  return await renderTable(titled('pool', 'kind', 'visits', 'channels', 'such as'), rows)
}
