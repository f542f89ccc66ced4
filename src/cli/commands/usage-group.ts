import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'
import { listAll, membersOf } from './usage-group-members.ts'

const examples = `
Examples:
  hes usage-group ls
  hes usage-group create bakers --where trade=1081,1071 --where region=R1
  hes usage-group create big --where capacity_min=315
  hes usage-group filter bakers --where trade=1081 --from 2026-12-01
  hes usage-group add bakers P-1,P-7 --from 2026-12-01
  hes usage-group add north --file accounts.csv --from 2026-12-01
  hes usage-group points bakers --at 2026-06-30

Groups of usage points for statistics, forecasts and reports; whoever has all of
the attributes that --where names, and those listed by hand, each from a day on.
Attributes: region, substation, bus, feeder, area, role, phase, trade, tariff,
class, capacity_min, capacity_max. A file has a column usage_point (用电点) or account
(户号: what it uses on that day). Groups of meters for tasks: hes group.
`

const Group = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  note: Type.String(),
  filter: Type.Union([
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
    Type.Null(),
  ]),
  filterFrom: Type.Union([Type.String(), Type.Null()]),
  listed: Type.Integer(),
})
type Group = Static<typeof Group>
const next = Type.Union([Type.String(), Type.Null()])
const Groups = Type.Object({ items: Type.Array(Group), next })
const Points = Type.Object({ items: Type.Array(Type.String()), next })

const PAGE = 1_000
/** A limit for what one command prints: a million usage points. */
const PAGES_MAX = 1_000

interface Flags extends OnlineFlags {
  readonly where?: readonly string[]
  readonly note?: string
  readonly from?: string
  readonly at?: string
  readonly account?: string
  readonly file?: string
}

export async function buildUsageGroup(command: Command, context: CliContext): Promise<void> {
  command.description('Own groups of usage points.').addHelpText('after', examples)
  const verb = async (name: string, summary: string) => await onlineVerb(command, name, summary)
  const shown = (
    flags: Flags,
    task: (client: HeadEndClient) => Promise<Result<Group, CliFailure>>,
  ) => online<typeof Group>(flags, context, task, sentences)

  const list = await verb('ls', 'every group that is in use')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Groups>(flags, context, allGroups, ({ items }) => table(items)),
    ),
  )
  const show = await verb('show', 'one group')
  show
    .argument('<NAME>', 'its name or number')
    .action(
      context.runs((name: string, flags: Flags) => shown(flags, (client) => found(client, name))),
    )
  const create = await verb('create', 'make a group')
  create
    .argument('<NAME>', 'what it is called')
    .option('--where <ATTRIBUTE=VALUE,…>', 'who is in it; repeatable', collected)
    .option('--from <DAY>', 'from when the filter holds; always where it is not said')
    .option('--note <TEXT>', 'what it is for')
    .action(
      context.runs((name: string, flags: Flags) =>
        shown(flags, async (client) => {
          const filter = filterOf(flags)
          if (!filter.ok) return filter
          const { note, from } = flags
          const body = { name, ...filter.value, ...(note && { note }), ...(from && { from }) }
          return await client.post('/usage-groups', body, Group)
        }),
      ),
    )
  const filter = await verb('filter', 'another filter from a day on; without --where none')
  filter
    .argument('<NAME>', 'its name or number')
    .option('--where <ATTRIBUTE=VALUE,…>', 'who is in it; repeatable', collected)
    .option('--from <DAY>', 'from when; now where it is not said')
    .action(
      context.runs((name: string, flags: Flags) =>
        shown(flags, async (client) => {
          const given = filterOf(flags)
          if (!given.ok) return given
          const group = await found(client, name)
          if (!group.ok) return group
          const body = { ...given.value, ...(flags.from && { from: flags.from }) }
          return await client.put(`/usage-groups/${group.value.id}/filter`, body, Group)
        }),
      ),
    )
  for (const [act, summary] of [
    ['add', 'list usage points by hand'],
    ['remove', 'take listed usage points out'],
  ] as const) {
    const listed = await verb(act, summary)
    listed
      .argument('<NAME>', 'its name or number')
      .argument('[CODE,…]', 'codes of usage points')
      .option('--account <NO,…>', 'what these accounts (户号) use then')
      .option('--file <FILE>', 'CSV with a column usage_point (用电点) or account (户号)')
      .option('--from <DAY>', 'from when; now where it is not said')
      .action(
        context.runs((name: string, codes: string | undefined, flags: Flags) =>
          shown(flags, async (client) => {
            const who = membersOf(codes, flags, context.io)
            if (!who.ok) return who
            const group = await found(client, name)
            if (!group.ok) return group
            return await listAll(
              client,
              `/usage-groups/${group.value.id}/${act}`,
              who.value,
              flags,
              Group,
            )
          }),
        ),
      )
  }
  const points = await verb('points', 'who is in it')
  points
    .argument('<NAME>', 'its name or number')
    .option('--at <DAY>', 'as of when; now where it is not said')
    .action(
      context.runs((name: string, flags: Flags) =>
        online<typeof Points>(
          flags,
          context,
          (client) => pointsOf(client, name, flags.at),
          ({ items }) => items.map((code) => `${code}\n`).join(''),
        ),
      ),
    )
  const retire = await verb('retire', 'offer it no more; what was reported of it stays')
  retire.argument('<NAME>', 'its name or number').action(
    context.runs((name: string, flags: Flags) =>
      shown(flags, async (client) => {
        const group = await found(client, name)
        return group.ok ? await client.delete(`/usage-groups/${group.value.id}`, Group) : group
      }),
    ),
  )
}

const collected = (value: string, before: readonly string[] = []) => [...before, value]
const wordsOf = (text: string) => text.split(',').map((word) => word.trim())

async function allGroups(
  client: HeadEndClient,
): Promise<Result<Static<typeof Groups>, CliFailure>> {
  const items: Group[] = []
  let after = ''
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const groups = await client.get(`/usage-groups?limit=${PAGE}${after}`, Groups)
    if (!groups.ok) return groups
    items.push(...groups.value.items)
    if (groups.value.next === null) break
    after = `&cursor=${encodeURIComponent(groups.value.next)}`
  }
  return ok({ items, next: null })
}

async function found(client: HeadEndClient, name: string): Promise<Result<Group, CliFailure>> {
  const groups = await allGroups(client)
  if (!groups.ok) return groups
  const { items } = groups.value
  const group = items.find((one) => one.name === name) ?? items.find(({ id }) => `${id}` === name)
  if (group) return ok(group)
  const message = `there is no group of usage points ${name}`
  return fail({ exit: exitCodes.notFound, code: 'usage-group.not-found', message })
}

async function pointsOf(
  client: HeadEndClient,
  name: string,
  at: string | undefined,
): Promise<Result<Static<typeof Points>, CliFailure>> {
  const group = await found(client, name)
  if (!group.ok) return group
  const items: string[] = []
  const when = at === undefined ? '' : `&at=${encodeURIComponent(at)}`
  let after = ''
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const path = `/usage-groups/${group.value.id}/points?limit=${PAGE}${when}${after}`
    const points = await client.get(path, Points)
    if (!points.ok) return points
    items.push(...points.value.items)
    if (points.value.next === null) break
    after = `&cursor=${encodeURIComponent(points.value.next)}`
  }
  return ok({ items, next: null })
}

function filterOf({ where }: Flags): Result<{ readonly filter?: object }, CliFailure> {
  const filter: Record<string, string | string[]> = {}
  for (const text of where ?? []) {
    const [, attribute, values] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (!attribute || !values) {
      const message = `--where wants ATTRIBUTE=VALUE,…: ${text}`
      return fail({ exit: exitCodes.usage, code: 'usage-group.unreadable', message })
    }
    filter[attribute] = attribute.startsWith('capacity_') ? values : wordsOf(values)
  }
  return ok(where ? { filter } : {})
}

const filterText = ({ filter }: Group): string =>
  Object.entries(filter ?? {})
    .map(([attribute, values]) => `${attribute}=${values}`)
    .join(' ')

async function table(groups: readonly Group[]): Promise<string> {
  const rows = groups.map((group) => [
    ...[String(group.id), group.name, filterText(group) || '–', String(group.listed)],
    group.note,
  ])
  const titles = ['id', 'name', 'who', 'listed', 'note']
  return await renderTable(
    titles.map((title) => ({ title })),
    rows,
  )
}

const sentences = (group: Group): string =>
  [
    `id: ${group.id}`,
    `name: ${group.name}`,
    `who: ${filterText(group) || '–'}${group.filterFrom === null ? '' : ` since ${group.filterFrom}`}`,
    `listed: ${group.listed}`,
    '',
  ].join('\n')
