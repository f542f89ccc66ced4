import { fail } from '#src/core'
import type { Grid } from '#src/grid'
import type { ArchiveChecks } from '#src/grid/checks'
import type { Duties } from '#src/grid/duty'
import type { Loading } from '#src/grid/loading'
import type { Proposals } from '#src/grid/proposals'

const grid: Grid = {
  nodes: async () => [],
  node: async () => null,
  points: async () => null,
  trace: async () => null,
  map: async () => ({ type: 'FeatureCollection', features: [], truncated: false }),
  affected: async () => ({ nodes: [], points: [], pointCount: 0, accounts: 0 }),
}

const gridDuties: Duties = {
  at: async () => [],
  history: async () => null,
  set: async () => fail({ kind: 'no-node', message: 'there is no such node' }),
  end: async () => fail({ kind: 'no-node', message: 'there is no such node' }),
  enter: async () => fail([{ line: 2, column: null, message: 'there is no such node' }]),
}

const gridLoading: Loading = {
  nodes: async () => [],
  contracts: async () => [],
  check: async () => null,
  rate: async () => fail({ kind: 'no-node', message: 'there is no such node' }),
}

const archiveChecks: Omit<ArchiveChecks, 'daily'> = {
  look: async () => ({ score: null, rules: [] }),
  score: async () => ({ date: null, score: null, rules: [] }),
  areas: async () => [],
  area: async () => null,
  gaps: async () => [],
  scoreDays: async () => [],
  changeDays: async () => [],
  compare: async () => ({ accounts: 0, differences: 0 }),
  differences: async () => [],
  comparisonDays: async () => [],
}

const none = fail({ kind: 'not-found', message: 'there is no such proposal' } as const)
const gridProposals: Omit<Proposals, 'nightly' | 'get'> = {
  search: async () => fail({ kind: 'no-node', message: 'there is no such node' }),
  list: async () => [],
  adopt: async () => none,
  dismiss: async () => none,
}

/** No grid at all. */
export const idleGridWork = { grid, gridDuties, gridLoading, archiveChecks, gridProposals }
