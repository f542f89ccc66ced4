import { fail, instant, ok } from '#src/core'
import type {
  ArchiveDesk,
  ArchiveImport,
  PointAt,
  PointHistory,
  SetPolicy,
  UsageGroup,
  UsageGroups,
} from '#src/registry'

const one: ArchiveImport = {
  ...{ id: 1, kind: 'archive', state: 'proposed', fileName: 'meters.csv', sha256: '0'.repeat(64) },
  ...{ rows: 1, created: 1, changed: 0, proposedBy: 'tester', proposedAt: instant(0) },
  ...{ appliedBy: null, appliedAt: null, counts: { added: 1 } },
}
const group: UsageGroup = {
  ...{ id: 1, name: 'bakers', note: '', filter: { trade: ['1081'] }, filterFrom: instant(0) },
  ...{ listed: 0, retiredAt: null },
}
const point: PointAt = {
  ...{ code: 'U1', name: '', longitude: null, latitude: null },
  ...{ installations: [], places: [], account: null, contract: null },
}
const policy: SetPolicy = {
  ...{ approval: 'none', aboveRows: 0, proposals: 'none', setBy: null, setAt: null },
}
const none = ok({ items: [], next: null })

const archiveDesk: ArchiveDesk = {
  preview: async () => ({ rows: 1, created: 1, changed: 0, changes: [], findings: [] }),
  propose: async () => one,
  apply: async () => ok({ ...one, state: 'applied' }),
  withdraw: async () => ok({ ...one, state: 'withdrawn' }),
  importNow: async ({ bytes }) =>
    new TextDecoder().decode(bytes).includes('wrong')
      ? fail([{ line: 2, column: 'address', value: 'wrong', message: 'is not an address' }])
      : ok(one),
  imports: async () => none,
  import: async (id) => (id === one.id ? one : undefined),
  changes: async () => none,
  findings: async () => none,
  policy: async () => policy,
  setPolicy: async () => policy,
}
const pointHistory: PointHistory = {
  at: async (code) => (code === point.code ? point : undefined),
  changes: async () => none,
}
const usageGroups: UsageGroups = {
  list: async () => none,
  get: async (id) => (id === group.id ? group : undefined),
  create: async () => ok(group),
  filter: async () => ok(group),
  add: async () => ok(group),
  remove: async () => ok(group),
  retire: async () => ok(group),
  points: async () => none,
}

/** An archive in which nothing happens. */
export const idleArchive = { archiveDesk, pointHistory, usageGroups }
