import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'

import type { HeadEndClient } from '../head-end-client.ts'
import { keptBy } from '../kept.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes watch-list create steel P-1,P-7,10003 --shared
  hes watch-list show steel
  hes watch-list show steel --compared 2026-11-15
  hes watch-list set steel P-1,P-7
  hes watch-list ls
  hes watch-list rm steel

Key accounts (重点用户) in one view: live values, the load of today beside that of
another day, energy of the last days, state, open events and findings. Frames of a
bus: hes watch.
`

const Text = Type.String()
const Word = Type.Union([Text, Type.Null()])
const List = Type.Object({
  id: Type.Integer(),
  name: Text,
  owner: Text,
  shared: Type.Boolean(),
  points: Type.Array(Text),
})
const Lists = Type.Object({ items: Type.Array(List) })
const Curve = Type.Array(Type.Object({ at: Text, value: Text, quality: Text }))
const View = Type.Object({
  at: Text,
  compared: Text,
  items: Type.Array(
    Type.Object({
      code: Text,
      name: Text,
      account: Word,
      customer: Word,
      online: Type.Boolean(),
      lastHeard: Word,
      supply: Word,
      latest: Type.Array(Type.Object({ register: Text, value: Text, unit: Text, at: Text })),
      today: Curve,
      compared: Curve,
      days: Type.Array(Type.Object({ date: Text, energy: Text, quality: Text })),
      events: Type.Array(Type.Object({ code: Text, since: Text })),
      findings: Type.Array(Type.Object({ kind: Text, since: Text })),
    }),
  ),
})
const Nothing = Type.Object({})

interface Flags extends OnlineFlags {
  readonly shared?: true
  readonly compared?: string
}

export async function buildWatchList(command: Command, context: CliContext): Promise<void> {
  command.description('Key accounts that you watch, in one view.').addHelpText('after', examples)
  const list = await onlineVerb(command, 'ls', 'lists: yours and shared ones')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Lists>(
        flags,
        context,
        (client) => client.get('/watch-lists', Lists),
        ({ items }) => table(items),
      ),
    ),
  )
  const create = await onlineVerb(command, 'create', 'make a list')
  create
    .argument('<NAME>', 'what it is called')
    .argument('<CODE,…>', 'usage points or account numbers')
    .option('--shared', 'others may look at it too')
    .action(
      context.runs((name: string, codes: string, flags: Flags) =>
        online<typeof List>(
          flags,
          context,
          (client) => {
            const body = { name, shared: flags.shared === true, points: wordsOf(codes) }
            return client.post('/watch-lists', body, List)
          },
          (one) => table([one]),
        ),
      ),
    )
  const set = await onlineVerb(command, 'set', 'who is on a list of yours')
  set
    .argument('<NAME>', 'its name or number')
    .argument('<CODE,…>', 'usage points or account numbers')
    .action(
      context.runs((name: string, codes: string, flags: Flags) =>
        online<typeof List>(
          flags,
          context,
          async (client) => {
            const one = await found(client, name)
            if (!one.ok) return one
            const body = { points: wordsOf(codes) }
            return await client.patch(`/watch-lists/${one.value.id}`, body, List)
          },
          (one) => table([one]),
        ),
      ),
    )
  const show = await onlineVerb(command, 'show', 'all on a list: live, today and another day')
  show
    .argument('<NAME>', 'its name or number')
    .option('--compared <DATE>', 'the other day (default: a week ago)')
    .action(
      context.runs((name: string, flags: Flags) =>
        online<typeof View>(
          flags,
          context,
          async (client) => {
            const one = await found(client, name)
            if (!one.ok) return one
            const query = queryText({ compared: flags.compared })
            return await client.get(`/watch-lists/${one.value.id}/view${query}`, View)
          },
          shown,
        ),
      ),
    )
  const remove = await onlineVerb(command, 'rm', 'watch a list of yours no more')
  remove.argument('<NAME>', 'its name or number').action(
    context.runs((name: string, flags: Flags) =>
      online<typeof Nothing>(
        flags,
        context,
        async (client) => {
          const one = await found(client, name)
          return one.ok ? await client.delete(`/watch-lists/${one.value.id}`, Nothing) : one
        },
        () => `${name} is watched no more.\n`,
      ),
    ),
  )
}

const wordsOf = (text: string): string[] => text.split(',').filter((word) => word !== '')

const found = async (client: HeadEndClient, name: string) =>
  keptBy(name, 'list', await client.get('/watch-lists', Lists))

const table = (items: readonly Static<typeof List>[]) =>
  renderTable(
    ['id', 'name', 'of', 'shared', 'usage points'].map((title) => ({ title })),
    items.map(({ id, name, owner, shared, points }) => [
      ...[String(id), name, owner, shared ? 'yes' : '', points.join(' ')],
    ]),
  )

async function shown({ at, compared, items }: Static<typeof View>): Promise<string> {
  const parts = await Promise.all(items.map((one) => pointText(one, compared)))
  return `${at}\n${parts.join('')}`
}

async function pointText(
  one: Static<typeof View>['items'][number],
  comparedDay: string,
): Promise<string> {
  const { latest, today, compared, days, events, findings } = one
  const state = one.online ? 'online' : `not online, last heard ${one.lastHeard ?? 'never'}`
  const who = [one.code, one.name, one.account, one.customer].filter((text) => text)
  const head = `\n${who.join(', ')}: ${state}${one.supply === null ? '' : `, supply ${one.supply}`}\n`
  const live = latest.map(({ register, value, unit }) => `${register} ${value} ${unit}`).join(', ')
  const since = (all: readonly { readonly since: string }[], names: readonly string[]) =>
    all.map((each, index) => `  ${names[index]} since ${each.since}\n`).join('')
  const clock = (time: string) => time.slice(11, 16)
  const then = new Map(compared.map((each) => [clock(each.at), each.value]))
  const now = new Map(today.map((each) => [clock(each.at), each.value]))
  const curve = await renderTable(
    [
      { title: 'until' },
      { title: 'today', align: 'right' },
      { title: comparedDay, align: 'right' },
    ],
    [...new Set([...then.keys(), ...now.keys()])]
      .toSorted()
      .map((time) => [time, now.get(time) ?? '–', then.get(time) ?? '–']),
  )
  const energy = await renderTable(
    [{ title: 'day' }, { title: 'kWh', align: 'right' }, { title: 'quality' }],
    days.map((day) => [day.date, day.energy, day.quality]),
  )
  return (
    head +
    (live === '' ? '' : `  now: ${live}\n`) +
    since(
      events,
      events.map(({ code }) => code),
    ) +
    since(
      findings,
      findings.map(({ kind }) => kind),
    ) +
    (today.length + compared.length === 0 ? '' : curve) +
    (days.length === 0 ? '' : energy)
  )
}
