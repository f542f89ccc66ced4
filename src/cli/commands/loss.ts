import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { columnsOf, managerText, percent } from '../loss-view.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'
import { addIndicators } from './loss-indicators.ts'

const examples = `
Examples:
  hes loss list --date 2026-11-20
  hes loss list --scope feeder --month 2026-10
  hes loss ranking --by loss
  hes loss show area 17 --date 2026-11-20
  hes loss causes area 17
  hes loss exceptions --kind low
  hes loss indicators --month 2026-10
  hes loss indicators --by manager

Supply and use of the same day. Where something is missing there is no number,
but why.
`

const Text = Type.String()
const TextOrNull = Type.Union([Text, Type.Null()])
const Count = Type.Object({ expected: Type.Integer(), read: Type.Integer() })
const Manager = Type.Union([
  Type.Object({ name: Text, staffNo: TextOrNull, phone: TextOrNull }),
  Type.Null(),
])
const loss = {
  scope: Text,
  id: Type.Integer(),
  code: Text,
  name: Text,
  date: Text,
  in: Text,
  out: Text,
  loss: TextOrNull,
  rate: TextOrNull,
  technical: TextOrNull,
  reasons: Type.Array(Type.Object({ code: Text, en: Text })),
  users: Count,
  gateways: Count,
  manager: Manager,
}
const LossPage = Type.Object({ items: Type.Array(Type.Object(loss)), next: TextOrNull })
const Ranking = Type.Object({ items: Type.Array(Type.Object(loss)) })
const One = Type.Object({
  ...loss,
  points: Type.Array(
    Type.Object({
      usagePoint: Text,
      meter: TextOrNull,
      part: Text,
      forward: TextOrNull,
      back: TextOrNull,
      read: Type.Boolean(),
    }),
  ),
})
const Causes = Type.Object({
  date: Text,
  items: Type.Array(
    Type.Object({
      usagePoint: Text,
      part: Text,
      energy: TextOrNull,
      usual: TextOrNull,
      adds: TextOrNull,
      correlation: TextOrNull,
    }),
  ),
})
const Exceptions = Type.Object({
  items: Type.Array(
    Type.Object({
      scope: Text,
      code: Text,
      kind: Text,
      en: Text,
      severity: Text,
      beganOn: Text,
      lastOn: Text,
      endedOn: TextOrNull,
      days: Type.Integer(),
      manager: Manager,
    }),
  ),
  next: TextOrNull,
})
interface Flags extends OnlineFlags {
  readonly scope?: string
  readonly date?: string
  readonly month?: string
  readonly below?: string
  readonly by?: string
  readonly order?: string
  readonly limit?: string
  readonly cursor?: string
  readonly kind?: string
  readonly days?: string
  readonly all?: true
}

export async function buildLoss(command: Command, context: CliContext): Promise<void> {
  command
    .description('Line loss: what went in and did not come out.')
    .addHelpText('after', examples)
  const verb = async (name: string, summary: string) => {
    const made = await onlineVerb(command, name, summary)
    return made
      .option('--scope <SCOPE>', 'area (default), feeder, bus, substation, region, voltage')
      .option('--date <DATE>', 'civil day (default: yesterday)')
      .option('--month <MONTH>', 'a month instead, as 2026-10')
      .option('--below <ID>', 'only what hangs below this node')
  }
  const list = await verb('list', 'losses of a day or a month')
  list
    .option('--limit <N>', 'rows of a page')
    .option('--cursor <TEXT>', 'the page after this one')
    .action(
      context.runs((flags: Flags) => {
        const { scope, date, month, below, limit, cursor } = flags
        const query = queryText({ scope, date, month, below, limit, cursor })
        return online<typeof LossPage>(
          flags,
          context,
          (client) => client.get(`/line-loss${query}`, LossPage),
          async ({ items, next }) =>
            (await table(items)) + (next === null ? '' : `more: --cursor ${next}\n`),
        )
      }),
    )
  const ranking = await verb('ranking', 'the highest or lowest losses')
  ranking
    .option('--by <WHAT>', 'rate (default) or loss')
    .option('--order <ORDER>', 'highest (default) or lowest')
    .option('--limit <N>', 'so many', '20')
    .action(
      context.runs((flags: Flags) => {
        const { scope, date, month, below, by, order, limit } = flags
        const query = queryText({ scope, date, month, below, by, order, limit })
        return online<typeof Ranking>(
          flags,
          context,
          (client) => client.get(`/line-loss/ranking${query}`, Ranking),
          ({ items }) => table(items),
        )
      }),
    )
  addIndicators(
    await verb('indicators', 'how many are computable, qualified, new and cured'),
    context,
  )
  await addDetails(command, context)
}

async function addDetails(command: Command, context: CliContext): Promise<void> {
  const show = await onlineVerb(command, 'show', 'one loss, and the points it is made of')
  show
    .argument('<SCOPE>', 'area, feeder, bus, substation, region or voltage')
    .argument('<ID>', 'of the node; of a voltage level its V')
    .option('--date <DATE>', 'civil day (default: yesterday)')
    .option('--month <MONTH>', 'a month instead, as 2026-10')
    .action(
      context.runs((scope: string, id: string, flags: Flags) => {
        const { date, month } = flags
        const path = `/line-loss/${encodeURIComponent(scope)}/${encodeURIComponent(id)}`
        return online<typeof One>(
          flags,
          context,
          (client) => client.get(`${path}${queryText({ date, month })}`, One),
          showOne,
        )
      }),
    )
  const causes = await onlineVerb(command, 'causes', 'which points explain a change of the loss')
  causes
    .argument('<SCOPE>', 'area, feeder or bus')
    .argument('<ID>', 'of the node')
    .option('--date <DATE>', 'civil day (default: yesterday)')
    .option('--days <N>', 'compare with so many days before (default: 14)')
    .action(
      context.runs((scope: string, id: string, flags: Flags) => {
        const { date, days } = flags
        const path = `/line-loss/${encodeURIComponent(scope)}/${encodeURIComponent(id)}/causes`
        return online<typeof Causes>(
          flags,
          context,
          (client) => client.get(`${path}${queryText({ date, days })}`, Causes),
          ({ items }) =>
            renderTable(
              columnsOf(['point', 'as'], ['kWh', 'usual', 'adds to the loss', 'correlation']),
              items.map((one) => [
                ...[one.usagePoint, one.part, one.energy ?? '–', one.usual ?? '–'],
                ...[one.adds ?? '–', one.correlation ?? '–'],
              ]),
            ),
        )
      }),
    )
  const exceptions = await onlineVerb(command, 'exceptions', 'what is wrong with losses')
  exceptions
    .option('--scope <SCOPE>', 'area, feeder or bus')
    .option('--kind <KIND>', 'only this, as high')
    .option('--all', 'also what is over')
    .option('--limit <N>', 'at most so many', '100')
    .option('--cursor <TEXT>', 'the page after this one')
    .action(
      context.runs((flags: Flags) => {
        const { scope, kind, limit, cursor, all } = flags
        const open = all === true ? undefined : 'true'
        const query = queryText({ scope, kind, open, limit, cursor })
        return online<typeof Exceptions>(
          flags,
          context,
          (client) => client.get(`/line-loss/exceptions${query}`, Exceptions),
          async ({ items, next }) => {
            const rows = items.map((one) => [
              ...[one.scope, one.code, one.kind, one.severity, one.beganOn],
              ...[one.endedOn ?? 'open', String(one.days), managerText(one.manager), one.en],
            ])
            const names = [
              'scope',
              'code',
              'kind',
              'severity',
              'since',
              'until',
              'days',
              'manager',
              'what',
            ]
            const shown = await renderTable(columnsOf(names, []), rows)
            return shown + (next === null ? '' : `more: --cursor ${next}\n`)
          },
        )
      }),
    )
}

async function showOne(one: Static<typeof One>): Promise<string> {
  const points = one.points.map((point) => [
    ...[point.usagePoint, point.meter ?? '–', point.part, point.read ? '' : 'not read'],
    ...[point.forward ?? '–', point.back ?? '–'],
  ])
  const why = one.reasons.map(({ code, en }) => `${code}: ${en}\n`).join('')
  const names = ['point', 'meter', 'as', '']
  const members =
    points.length === 0 ? '' : await renderTable(columnsOf(names, ['in', 'back']), points)
  return `${await table([one])}${why}\n${members}`
}

async function table(items: Static<typeof LossPage>['items']): Promise<string> {
  if (items.length === 0) return 'No loss was computed.\n'
  const rows = items.map((one) => [
    ...[String(one.id), one.code, one.date, one.in, one.out, one.loss ?? '–'],
    ...[one.rate === null ? '–' : percent(one.rate), one.technical ?? '–'],
    ...[`${one.users.read}/${one.users.expected}`, managerText(one.manager)],
    one.reasons.map(({ code }) => code).join(' '),
  ])
  const columns = [
    ...columnsOf(['id', 'code', 'date'], ['in kWh', 'out', 'loss', 'rate', 'technical', 'users']),
    ...columnsOf(['manager', 'not computable because'], []),
  ]
  return await renderTable(columns, rows)
}
