import { Type } from '@sinclair/typebox'
import { protocolNames } from '#protocols/model'
import { groupAttributes, groupings, slotStates } from '#src/collection'
import { closed, Id, oneOf, orNull, pageOf } from './schemas.ts'

const Text = Type.String({ minLength: 1, maxLength: 200 })
const Time = Type.String({ format: 'date-time' })
export const CivilDate = Type.String({ format: 'date' })
const Count = Type.Integer({ minimum: 0 })

const dataClasses = ['current', 'interval', 'daily', 'monthly', 'event'] as const

/** What people say of a task; the service judges the figures and names what is wrong. */
export const taskFields = {
  name: Text,
  nameZh: Type.String({ maxLength: 200 }),
  protocol: oneOf(protocolNames),
  dataClass: oneOf(dataClasses),
  items: Type.Array(Text, { maxItems: 200 }),
  cycleSeconds: Type.Integer(),
  offsetSeconds: Type.Integer({ description: 'After civil midnight, and after each cycle.' }),
  priority: Type.Integer({ description: 'Lower goes first.' }),
  enabled: Type.Boolean(),
  group: orNull(
    Type.String({ description: 'Name of a group; null: every meter of the protocol.' }),
  ),
  windowSeconds: orNull(
    Type.Integer({
      description: 'A value is in time so long after the slot began; null: by the data class.',
    }),
  ),
  validFrom: orNull(CivilDate),
  validTo: orNull(
    Type.String({ format: 'date', description: 'The first day on which it does not hold.' }),
  ),
  catchUpSeconds: Type.Integer({ description: 'How long devices hold the values; 0: not at all.' }),
  catchUpItems: Type.Array(Text, { maxItems: 200 }),
  catchUpSlots: Type.Integer({ description: 'Neighbouring slots that one visit may fetch.' }),
}

export const Task = closed({
  id: Id,
  ...taskFields,
  timelySeconds: Type.Integer({ description: 'What the window comes to.' }),
  meters: Count,
})

const Filter = closed(
  Object.fromEntries(
    groupAttributes.map((name) => [name, Type.Optional(Type.Array(Text, { maxItems: 1_000 }))]),
  ),
)

export const groupFields = {
  name: Text,
  filter: Type.Unsafe<Readonly<Record<string, readonly string[]>> | null>(orNull(Filter)),
  meters: Type.Array(Id, { maxItems: 100_000, description: 'Listed beside those that fit.' }),
}

export const MeterGroup = closed({ id: Id, ...groupFields, size: Count })

const counts = {
  due: Count,
  received: Count,
  late: Count,
  givenUp: Count,
  notExpected: Count,
  estimated: Count,
  firstPass: Count,
}

const Kpi = closed({
  name: Type.String(),
  formula: Type.String(),
  numerator: Type.Number(),
  denominator: Type.Number(),
  value: orNull(Type.String({ description: 'Rounded down to four decimals.' })),
})

export const Kpis = closed({
  from: CivilDate,
  to: CivilDate,
  by: oneOf(groupings),
  items: Type.Array(
    closed({ group: Type.String(), counts: closed(counts), kpis: Type.Array(Kpi) }),
  ),
})

const place = {
  meter: Id,
  address: Type.String(),
  usagePoint: orNull(Type.String()),
  concentrator: orNull(Type.String()),
}

export const Slots = pageOf(
  closed({
    ...place,
    task: Type.String(),
    slot: Time,
    due: Time,
    state: oneOf(slotStates),
    reason: orNull(Type.String()),
    attempts: Count,
    answeredAt: orNull(Time),
  }),
)

export const Unread = pageOf(
  closed({ ...place, lastReceived: orNull(Time), reason: orNull(Type.String()) }),
)

export const Coverage = closed({
  kpi: Kpi,
  items: Type.Array(
    closed({
      usagePoint: Type.String(),
      address: orNull(Type.String()),
      concentrator: orNull(Type.String()),
      reason: Type.String(),
    }),
  ),
  next: orNull(Type.String()),
})

export const Backfilled = closed({
  slots: Type.Integer({ description: 'Due again.' }),
  lost: Type.Integer({ description: 'Given up as well, but nobody can be asked for them.' }),
})
