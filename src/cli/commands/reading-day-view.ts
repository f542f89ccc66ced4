import { type Static, Type } from '@sinclair/typebox'
import { renderTable } from '../table.ts'

const Text = Type.String()
const Word = Type.Union([Text, Type.Null()])

export const Route = Type.Object({
  code: Text,
  name: Text,
  group: Text,
  day: Type.Integer(),
  everyMonths: Type.Integer(),
  publishAt: Text,
  startsOn: Text,
  lastDay: Word,
  nextDay: Text,
  retiredAt: Word,
})

export const Batch = Type.Object({
  id: Type.Integer(),
  route: Text,
  date: Text,
  no: Type.Integer(),
  state: Text,
  points: Type.Integer(),
  rows: Type.Integer(),
  totals: Type.Array(
    Type.Object({ register: Text, rows: Type.Integer(), energy: Text, unit: Text }),
  ),
  held: Type.Record(Text, Type.Integer()),
  rejected: Type.Integer(),
  publishedAt: Text,
})

export const Held = Type.Object({
  items: Type.Array(
    Type.Object({
      usagePoint: Type.String(),
      account: Type.Union([Type.String(), Type.Null()]),
      meter: Type.Union([Type.String(), Type.Null()]),
      from: Type.String(),
      to: Type.String(),
      reason: Type.String(),
      detail: Type.String(),
    }),
  ),
})
export const Reconciliation = Type.Object({
  totals: Type.Array(
    Type.Object({
      register: Type.String(),
      rows: Type.Integer(),
      energy: Type.String(),
      unit: Type.String(),
      compared: Type.Integer(),
      sent: Type.String(),
      kept: Type.String(),
    }),
  ),
  differences: Type.Array(
    Type.Object({
      usagePoint: Type.String(),
      account: Type.String(),
      register: Type.String(),
      from: Type.String(),
      to: Type.String(),
      sent: Type.String(),
      kept: Type.Union([Type.String(), Type.Null()]),
      unit: Type.String(),
    }),
  ),
})

type BatchAnswer = Static<typeof Batch>
const right = (title: string) => ({ title, align: 'right' as const })
const left = (title: string) => ({ title, align: 'left' as const })

export async function routeText(routes: readonly Static<typeof Route>[]): Promise<string> {
  const titles = ['route', 'name', 'group', 'day', 'months', 'at', 'last', 'next', '']
  return await renderTable(
    titles.map((title, index) => (index === 3 || index === 4 ? right(title) : left(title))),
    routes.map((route) => [
      ...[route.code, route.name, route.group, String(route.day), String(route.everyMonths)],
      ...[route.publishAt, route.lastDay ?? '–', route.nextDay],
      route.retiredAt === null ? '' : 'retired',
    ]),
  )
}

export async function batchText(batches: readonly BatchAnswer[]): Promise<string> {
  const titles = ['batch', 'route', 'day', 'no', 'state', 'points', 'rows', 'refused', 'energy']
  return await renderTable(
    titles.map((title, index) => ([0, 3, 5, 6, 7].includes(index) ? right(title) : left(title))),
    batches.map((batch) => [
      ...[String(batch.id), batch.route, batch.date, String(batch.no), batch.state],
      ...[String(batch.points), String(batch.rows), String(batch.rejected), energyOf(batch)],
    ]),
  )
}

export const batchLine = (batch: BatchAnswer): string =>
  `batch ${batch.id} of ${batch.route}, ${batch.date} no. ${batch.no}, ${batch.state}: ` +
  `${batch.points} usage points, ${batch.rows} rows, ${energyOf(batch)}` +
  (batch.rejected === 0 ? '' : `; ${batch.rejected} lines refused, due again`)

export function heldText(held: Readonly<Record<string, number>>): string {
  const parts = Object.entries(held).map(([reason, count]) => `${count} ${reason}`)
  return parts.length === 0 ? '' : `\nstayed behind: ${parts.join(', ')}`
}

const energyOf = ({ totals }: BatchAnswer): string =>
  totals.map(({ register, energy, unit }) => `${register} ${energy} ${unit}`).join(', ')

export async function shownHeld({ items }: Static<typeof Held>): Promise<string> {
  if (items.length === 0) return 'nothing stayed behind by the last look\n'
  const titles = ['usage point', 'account', 'meter', 'from', 'to', 'reason', 'detail']
  const rows = items.map((one) => [
    ...[one.usagePoint, one.account ?? '–', one.meter ?? '–', one.from, one.to],
    ...[one.reason, one.detail],
  ])
  return await renderTable(
    titles.map((title) => ({ title, align: 'left' as const })),
    rows,
  )
}

export async function shownCheck({
  totals,
  differences,
}: Static<typeof Reconciliation>): Promise<string> {
  const sums = await renderTable(
    [
      left('register'),
      right('rows'),
      right('sent'),
      right('compared'),
      right('of it'),
      right('kept'),
    ],
    totals.map((one) => [
      ...[one.register, String(one.rows), `${one.energy} ${one.unit}`],
      ...[String(one.compared), one.sent, one.kept],
    ]),
  )
  if (differences.length === 0) return `${sums}no differences\n`
  const rows = differences.map((one) => [
    ...[one.usagePoint, one.account, one.register, one.from, one.to, one.sent],
    one.kept ?? 'not comparable',
  ])
  const titles = ['usage point', 'account', 'register', 'from', 'to'].map(left)
  return `${sums}\n${await renderTable([...titles, right('sent'), right('kept')], rows)}`
}
