import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes group ls
  hes group show hall
  hes group set hall --where protocol=modbus --where "model=DTSD1352,DTSD1353"
  hes group set trial --meters 17,18,19
  hes group set hall --name "machine hall"

A group is whoever has all of the attributes that --where names, and those listed.
Attributes: protocol, profile, model, channelKind, concentrator, transformer,
addressPrefix. set makes the group if there is none of that name.
`

const Group = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  filter: Type.Union([Type.Record(Type.String(), Type.Array(Type.String())), Type.Null()]),
  meters: Type.Array(Type.Integer()),
  size: Type.Integer(),
})
type Group = Static<typeof Group>
const Groups = Type.Object({ items: Type.Array(Group) })

interface Flags extends OnlineFlags {
  readonly name?: string
  readonly where?: readonly string[]
  readonly meters?: string
}

export async function buildGroup(command: Command, context: CliContext): Promise<void> {
  command.description('Groups of meters that tasks are for.').addHelpText('after', examples)
  const list = await onlineVerb(command, 'ls', 'every group')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Groups>(
        flags,
        context,
        (client) => client.get('/collection/groups', Groups),
        ({ items }) => table(items),
      ),
    ),
  )
  const show = await onlineVerb(command, 'show', 'one group')
  show
    .argument('<NAME>', 'its name or number')
    .action(
      context.runs((name: string, flags: Flags) =>
        online<typeof Group>(flags, context, (client) => found(client, name), sentences),
      ),
    )
  const set = await onlineVerb(command, 'set', 'make a group, or change what is given')
  set
    .argument('<NAME>', 'its name or number')
    .option('--name <TEXT>', 'what it is called from now on')
    .option('--where <ATTRIBUTE=VALUE,…>', 'who is in it; repeatable', collected)
    .option('--meters <ID,…>', 'listed meters, by their numbers; none takes them all out')
    .action(
      context.runs((name: string, flags: Flags) =>
        online<typeof Group>(flags, context, (client) => write(client, name, flags), sentences),
      ),
    )
}

const collected = (value: string, before: readonly string[] = []) => [...before, value]

async function found(client: HeadEndClient, name: string): Promise<Result<Group, CliFailure>> {
  const groups = await client.get('/collection/groups', Groups)
  if (!groups.ok) return groups
  const group =
    groups.value.items.find((one) => one.name === name) ??
    groups.value.items.find((one) => String(one.id) === name)
  if (group) return ok(group)
  const message = `there is no group ${name}`
  return fail({ exit: exitCodes.notFound, code: 'group.not-found', message })
}

async function write(
  client: HeadEndClient,
  name: string,
  flags: Flags,
): Promise<Result<Group, CliFailure>> {
  const given = bodyOf(flags)
  if (!given.ok) return given
  const known = await found(client, name)
  if (known.ok)
    return await client.patch(`/collection/groups/${known.value.id}`, given.value, Group)
  if (known.error.code !== 'group.not-found') return known
  return await client.post('/collection/groups', { name, ...given.value }, Group)
}

function bodyOf({ name, where, meters }: Flags): Result<object, CliFailure> {
  const wrong = (message: string) =>
    fail({ exit: exitCodes.usage, code: 'group.unreadable', message })
  const filter: Record<string, string[]> = {}
  for (const text of where ?? []) {
    const [, attribute, values] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (!attribute || !values) return wrong(`--where wants ATTRIBUTE=VALUE,…: ${text}`)
    filter[attribute] = [...(filter[attribute] ?? []), ...wordsOf(values)]
  }
  const listed = meters === undefined || meters === 'none' ? [] : wordsOf(meters)
  const stranger = listed.find((word) => !/^\d+$/.test(word))
  if (stranger !== undefined) return wrong(`no number of a meter: ${stranger}`)
  return ok({
    ...(name !== undefined && { name }),
    ...(where && { filter }),
    ...(meters !== undefined && { meters: listed.map(Number) }),
  })
}

const wordsOf = (text: string) => text.split(',').map((word) => word.trim())

const filterText = ({ filter }: Group) =>
  Object.entries(filter ?? {})
    .map(([attribute, values]) => `${attribute}=${values.join(',')}`)
    .join(' ')

async function table(groups: readonly Group[]): Promise<string> {
  const rows = groups.map((group) => [
    ...[String(group.id), group.name, filterText(group) || '–'],
    ...[String(group.meters.length), String(group.size)],
  ])
  const titles = ['id', 'name', 'who', 'listed', 'meters']
  return await renderTable(
    titles.map((title) => ({ title })),
    rows,
  )
}

const sentences = (group: Group): string =>
  [
    `id: ${group.id}`,
    `name: ${group.name}`,
    `who: ${filterText(group) || '–'}`,
    `listed: ${group.meters.join(', ') || '–'}`,
    `meters: ${group.size}`,
    '',
  ].join('\n')
