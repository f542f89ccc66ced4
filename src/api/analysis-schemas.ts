import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import type { QueryAnswer, SavedQuery, WatchLists } from '#src/statistics'
import { CivilDate } from './collection-schemas.ts'
import { closed, Id, oneOf, orNull, Time } from './schemas.ts'
import { CurveItems } from './statistics-schemas.ts'

const Text = Type.String()
const Name = Type.String({ minLength: 1, maxLength: 100 })
const Word = Type.String({ minLength: 1, maxLength: 200 })
const Words = (maxItems: number) => Type.Array(Word, { maxItems })

const definition = {
  source: Word,
  measures: Words(20),
  dimensions: Words(20),
  filters: Type.Array(
    closed({
      dimension: Word,
      is: oneOf(['in', 'not-in', 'prefix']),
      values: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 1_000 }),
    }),
    { maxItems: 30 },
  ),
  having: Type.Array(closed({ measure: Word, is: oneOf(['at-least', 'at-most']), value: Word }), {
    maxItems: 30,
  }),
  order: Type.Array(closed({ by: Word, descending: Type.Boolean() }), { maxItems: 20 }),
}
export const Definition = closed(definition)

export const RunBody = closed({
  ...definition,
  filters: Type.Optional(definition.filters),
  having: Type.Optional(definition.having),
  order: Type.Optional(definition.order),
  dimensions: Type.Optional(definition.dimensions),
  from: CivilDate,
  to: CivilDate,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000 })),
})

export const AnswerView = closed({
  columns: Type.Array(closed({ name: Text, kind: oneOf(['text', 'number']), unit: Text })),
  rows: Type.Array(Type.Array(orNull(Text))),
  isCut: Type.Boolean({ description: 'There are more rows than were asked for.' }),
})

export const answerView = ({ columns, rows, isCut }: QueryAnswer): Static<typeof AnswerView> => ({
  columns: columns.map((column) => ({ ...column })),
  rows: rows.map((row) => [...row]),
  isCut,
})

export const CatalogueView = closed({
  items: Type.Array(
    closed({ source: Text, measures: Type.Array(Text), dimensions: Type.Array(Text) }),
  ),
})

export const NewQuery = closed({ name: Name, shared: Type.Boolean(), definition: Definition })
export const QueryChange = closed({
  name: Type.Optional(Name),
  shared: Type.Optional(Type.Boolean()),
  definition: Type.Optional(Definition),
})

export const SavedView = closed({
  id: Id,
  name: Text,
  owner: Text,
  shared: Type.Boolean(),
  revision: Type.Integer(),
  definition: Definition,
  changedBy: Text,
  changedAt: Time,
})
export const SavedList = closed({ items: Type.Array(SavedView), next: Type.Null() })

export function savedView(civil: CivilTime, query: SavedQuery): Static<typeof SavedView> {
  const { isShared, changedAt, definition: kept, ...rest } = query
  return {
    ...rest,
    shared: isShared,
    changedAt: civil.iso(changedAt),
    definition: {
      source: kept.source,
      measures: [...kept.measures],
      dimensions: [...kept.dimensions],
      filters: kept.filters.map((filter) => ({ ...filter, values: [...filter.values] })),
      having: kept.having.map((one) => ({ ...one })),
      order: kept.order.map((one) => ({ ...one })),
    },
  }
}

const points = Type.Array(Word, { maxItems: 200, description: 'Usage points or account numbers.' })
export const NewList = closed({ name: Name, shared: Type.Boolean(), points })
export const ListChange = closed({
  name: Type.Optional(Name),
  shared: Type.Optional(Type.Boolean()),
  points: Type.Optional(points),
})
export const ListView = closed({
  id: Id,
  name: Text,
  owner: Text,
  shared: Type.Boolean(),
  points: Type.Array(Text),
})
export const Lists = closed({ items: Type.Array(ListView), next: Type.Null() })

const watched = {
  at: Time,
  compared: CivilDate,
  items: Type.Array(
    closed({
      id: Id,
      code: Text,
      name: Text,
      account: orNull(Text),
      customer: orNull(Text),
      capacityKva: orNull(Text),
      meter: orNull(Text),
      meterId: orNull(Id),
      online: Type.Boolean(),
      lastHeard: orNull(Time),
      supply: orNull(Text),
      latest: Type.Array(closed({ register: Text, value: Text, unit: Text, at: Time })),
      today: CurveItems,
      compared: CurveItems,
      days: Type.Array(closed({ date: CivilDate, energy: Text, quality: Text })),
      events: Type.Array(closed({ code: Text, since: Time })),
      findings: Type.Array(
        closed({ source: oneOf(['case', 'validation']), id: Text, kind: Text, since: Time }),
      ),
    }),
  ),
}
export const WatchedView = closed(watched)
export const LookedView = closed({
  ...watched,
  total: Type.Integer({ minimum: 0 }),
  sum: orNull(Id),
})

type Watched = NonNullable<Awaited<ReturnType<WatchLists['view']>>>[number]

export function watchedView(
  civil: CivilTime,
  { isOnline, lastHeardAt, ...point }: Watched,
): Static<typeof WatchedView>['items'][number] {
  const curve = (items: Watched['today']) =>
    items.map(({ at, ...item }) => ({ ...item, at: civil.iso(at) }))
  return {
    ...point,
    online: isOnline,
    lastHeard: lastHeardAt === null ? null : civil.iso(lastHeardAt),
    latest: point.latest.map((one) => ({ ...one, at: civil.iso(one.at) })),
    today: curve(point.today),
    compared: curve(point.compared),
    days: point.days.map((day) => ({ ...day })),
    events: point.events.map((one) => ({ ...one, since: civil.iso(one.since) })),
    findings: point.findings.map((one) => ({ ...one, since: civil.iso(one.since) })),
  }
}
