import { Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import type {
  ArchiveChange,
  ArchiveFinding,
  ArchiveImport,
  LoggedChange,
  PointAt,
  UsageGroup,
} from '#src/registry'
import { closed, nullable, oneOf } from './schemas.ts'

const Text = Type.String()
const Count = Type.Integer()
const Time = nullable(Type.String())
const Maybe = nullable(Type.String())
const Shown = nullable(
  Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  ),
)

export const ArchiveImportView = closed({
  id: Count,
  kind: oneOf(['archive', 'marketing'] as const),
  state: oneOf(['proposed', 'applied', 'refused', 'withdrawn'] as const),
  fileName: Text,
  sha256: Text,
  rows: Count,
  created: Count,
  changed: Count,
  unchanged: Count,
  proposedBy: Text,
  proposedAt: Text,
  appliedBy: Maybe,
  appliedAt: Time,
  counts: Type.Record(Type.String(), Count, {
    description: 'Changes by action (added, changed, corrected, closed), findings by kind.',
  }),
})

export function importView(civil: CivilTime, one: ArchiveImport) {
  const { proposedAt, appliedAt, counts, ...rest } = one
  return {
    ...rest,
    unchanged: one.rows - one.created - one.changed,
    proposedAt: civil.iso(proposedAt),
    appliedAt: appliedAt === null ? null : civil.iso(appliedAt),
    counts: { ...counts },
  }
}

const changeFields = {
  line: nullable(Count),
  subject: Text,
  key: Text,
  action: oneOf(['added', 'changed', 'corrected', 'closed'] as const),
  validFrom: Time,
  before: Shown,
  after: Shown,
  usagePoint: Maybe,
}
export const ArchiveChangeView = closed(changeFields)
export const LoggedChangeView = closed({
  ...changeFields,
  by: Text,
  at: Text,
  importId: nullable(Count),
})

export function changeView(civil: CivilTime, change: ArchiveChange) {
  const { line, subject, key, action, validFrom, before, after, usagePoint } = change
  return {
    ...{ line, subject, key, action, usagePoint },
    validFrom: validFrom === null ? null : civil.iso(validFrom),
    before: before && { ...before },
    after: after && { ...after },
  }
}

export const loggedView = (civil: CivilTime, change: LoggedChange) => ({
  ...changeView(civil, change),
  ...{ by: change.by, at: civil.iso(change.at), importId: change.importId },
})

export const ArchiveFindingView = closed({
  kind: oneOf(['conflict', 'unknown', 'ours-only'] as const),
  line: nullable(Count),
  field: Maybe,
  value: Maybe,
  message: Text,
})
export const findingView = (finding: ArchiveFinding) => ({ ...finding })

const held = { from: Text, to: Time }
export const UsagePointAtView = closed({
  code: Text,
  name: Text,
  at: Text,
  longitude: nullable(Type.Number()),
  latitude: nullable(Type.Number()),
  installations: Type.Array(
    closed({
      ...{ meter: Text, protocol: Text, ct: Text, pt: Text, ...held },
      registers: Type.Array(closed({ register: Text, opening: Maybe, closing: Maybe })),
    }),
  ),
  places: Type.Array(
    closed({
      ...{ kind: Text, node: Text, role: Text, phase: Maybe, ...held },
      above: Type.Array(Text, { description: 'What the node hung on, up to the whole.' }),
    }),
  ),
  account: nullable(closed({ no: Text, customer: Text, class: Text, ...held })),
  contract: nullable(
    closed({
      ...{ no: Text, tariff: Maybe, trade: Maybe, capacityKva: Maybe },
      ...{ generates: Type.Boolean(), ...held },
    }),
  ),
})

export function pointAtView(civil: CivilTime, point: PointAt, at: Parameters<CivilTime['iso']>[0]) {
  const dated = <T extends { readonly from: typeof at; readonly to: typeof at | null }>(
    one: T,
  ) => ({
    ...one,
    from: civil.iso(one.from),
    to: one.to === null ? null : civil.iso(one.to),
  })
  const { installations, places, account, contract, ...rest } = point
  return {
    ...rest,
    at: civil.iso(at),
    installations: installations.map((one) => ({
      ...dated(one),
      registers: one.registers.map((shown) => ({ ...shown })),
    })),
    places: places.map((one) => ({ ...dated(one), above: [...one.above] })),
    account: account && dated(account),
    contract: contract && dated(contract),
  }
}

const Words = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 500 }),
)
const Kva = Type.Optional(Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,3})?$' }))
export const GroupFilterBody = Type.Object(
  {
    ...{ region: Words, substation: Words, bus: Words, feeder: Words, area: Words },
    ...{ role: Words, phase: Words, trade: Words, tariff: Words, class: Words },
    ...{ capacity_min: Kva, capacity_max: Kva },
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description:
      'Who has one word of each attribute that is named; capacity_min inclusive and capacity_max exclusive, kVA of the contract.',
  },
)
export const UsageGroupView = closed({
  id: Count,
  name: Text,
  note: Text,
  filter: nullable(GroupFilterBody),
  filterFrom: Time,
  listed: Type.Integer({ description: 'Usage points listed by hand now.' }),
  retiredAt: Time,
})

export function usageGroupView(civil: CivilTime, group: UsageGroup) {
  const { filter, filterFrom, retiredAt, ...rest } = group
  const written = Object.entries(filter ?? {}).map(([name, said]) => [
    name,
    typeof said === 'string' ? said : [...said],
  ])
  return {
    ...rest,
    filter: filter && Object.fromEntries(written),
    filterFrom: filterFrom === null ? null : civil.iso(filterFrom),
    retiredAt: retiredAt === null ? null : civil.iso(retiredAt),
  }
}
