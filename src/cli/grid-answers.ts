import { Type } from '@sinclair/typebox'

/** What the head-end answers about the grid, as far as the command shows it. */
const Text = Type.String()
const orNull = Type.Union([Text, Type.Null()])
const Count = Type.Integer()
const NodeName = Type.Object({ kind: Text, code: Text })

export const NodePage = Type.Object({
  items: Type.Array(
    Type.Object({
      kind: Text,
      code: Text,
      name: Text,
      parent: Type.Union([NodeName, Type.Null()]),
      points: Count,
    }),
  ),
  next: orNull,
})
const whom = {
  items: Type.Array(
    Type.Object({
      code: Text,
      account: orNull,
      meter: orNull,
      places: Type.Array(Type.Object({ node: NodeName, role: Text, phase: orNull })),
    }),
  ),
  next: orNull,
  usagePoints: Count,
  accounts: Count,
}
export const Trace = Type.Object({
  nodes: Type.Array(Type.Object({ kind: Text, code: Text, name: Text, steps: Count })),
  nodeCount: Count,
  ...whom,
})
export const Affected = Type.Object({
  nodes: Type.Array(Type.Object({ kind: Text, code: Text, name: Text })),
  ...whom,
})
export const Collection = Type.Object({
  type: Text,
  features: Type.Array(Type.Unknown()),
  truncated: Type.Boolean(),
})
const loading = {
  kind: Text,
  code: Text,
  capacityKva: orNull,
  peakKw: orNull,
  peakKva: orNull,
  peakAt: orNull,
  utilisation: orNull,
  state: Text,
  coverage: Type.Object({ days: Count, daysKnown: Count, points: Count, pointsTelling: Count }),
}
export const LoadingPage = Type.Object({ items: Type.Array(Type.Object(loading)), next: orNull })
export const Capacity = Type.Object({
  fits: Type.Union([Type.Boolean(), Type.Null()]),
  steps: Type.Array(
    Type.Object({
      ...loading,
      freeKva: orNull,
      fits: Type.Union([Type.Boolean(), Type.Null()]),
    }),
  ),
})
export const Score = Type.Object({
  date: orNull,
  score: orNull,
  rules: Type.Array(Type.Object({ rule: Text, en: Text, checked: Count, failed: Count })),
})
export const Comparisons = Type.Object({
  items: Type.Array(
    Type.Object({
      date: Text,
      accounts: Count,
      differences: Type.Array(Type.Object({ kind: Text, field: Text, differences: Count })),
    }),
  ),
})
const Place = Type.Object({ area: Text, phase: orNull })
export const Proposal = Type.Object({
  id: Count,
  usagePoint: Text,
  meter: orNull,
  archived: Place,
  proposed: Place,
  confidence: Text,
  state: Text,
})
export const ProposalPage = Type.Object({ items: Type.Array(Proposal), next: orNull })
export const Searched = Type.Object({
  areas: Count,
  points: Count,
  judged: Count,
  confirmed: Count,
  open: Count,
})
