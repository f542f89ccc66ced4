import { type Static, Type } from '@sinclair/typebox'
import { renderTable } from './table.ts'

const Text = Type.String()
const orNull = Type.Union([Text, Type.Null()])
export const Rules = Type.Object({
  items: Type.Array(
    Type.Object({
      protocol: Text,
      prefix: Text,
      name: Text,
      effect: Text,
      people: Type.Integer(),
    }),
  ),
  next: Type.Null(),
})
export const Setting = Type.Object({ meter: Type.Integer(), item: Text, value: Text })
export const Write = Type.Object({
  id: Type.Integer(),
  run: Type.Union([Type.Integer(), Type.Null()]),
  address: Text,
  item: Text,
  wanted: Text,
  state: Text,
  peopleNeeded: Type.Integer(),
  approvers: Type.Array(Text),
  before: orNull,
  after: orNull,
  reason: orNull,
  reasonCode: orNull,
  endedAt: orNull,
})
export type Write = Static<typeof Write>
export const Page = Type.Object({ items: Type.Array(Write), next: orNull })
export const Made = Type.Object({
  run: Type.Union([Type.Integer(), Type.Null()]),
  writes: Type.Integer(),
  first: Write,
})
export const Decided = Type.Object({ writes: Type.Integer() })
export const Run = Type.Object({
  id: Type.Integer(),
  name: Text,
  state: Text,
  counts: Type.Object(
    { proposed: Type.Integer(), done: Type.Integer() },
    { additionalProperties: Type.Integer() },
  ),
  reason: orNull,
})
export type Run = Static<typeof Run>
export const Runs = Type.Object({ items: Type.Array(Run), next: orNull })

const titles = (...names: readonly string[]) => names.map((title) => ({ title }))

export async function rulesTable({ items }: Static<typeof Rules>): Promise<string> {
  if (items.length === 0) return 'Nothing may be written.\n'
  const rows = items.map(({ protocol, prefix, name, people }) => [
    protocol,
    prefix,
    name,
    people > 1 ? 'two people' : '',
  ])
  return await renderTable(titles('protocol', 'begins', 'setting', 'takes'), rows)
}

export async function writeTable(items: readonly Write[]): Promise<string> {
  if (items.length === 0) return 'No such write.\n'
  const rows = items.map((one) => [
    String(one.id),
    one.address,
    one.item,
    one.wanted,
    one.state,
    one.before ?? '',
    one.after ?? '',
    `${one.approvers.length} of ${one.peopleNeeded}`,
    one.reason ?? '',
  ])
  const names = ['id', 'meter', 'item', 'wanted', 'state', 'before', 'after', 'people', 'why']
  return await renderTable(titles(...names), rows)
}

export async function runTable(items: readonly Run[]): Promise<string> {
  if (items.length === 0) return 'No such run.\n'
  const rows = items.map(({ id, name, state, counts, reason }) => [
    String(id),
    name,
    state,
    Object.entries(counts)
      .flatMap(([of, count]) => (count > 0 ? [`${count} ${of}`] : []))
      .join(', '),
    reason ?? '',
  ])
  return await renderTable(titles('id', 'name', 'state', 'writes', 'why'), rows)
}
