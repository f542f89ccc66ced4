import type { BusinessDate } from '#src/core'

/** What energy is told apart by. `none`: one sum over all. */
export const dimensions = [
  'none',
  'region',
  'substation',
  'bus',
  'feeder',
  'area',
  'trade',
  'tariff',
  'class',
  'role',
  'group',
] as const
export type Dimension = (typeof dimensions)[number]

/** `whole`: from the first to the last day asked for, a period of one's own (自定义时段). */
export const periods = ['day', 'week', 'month', 'quarter', 'year', 'whole'] as const
export type PeriodKind = (typeof periods)[number]

/** Who counts: customers by default, gateways (关口) and sources where they are asked for. */
export const roles = ['receive', 'auxiliary', 'generation', 'supply'] as const
export type PlaceRole = (typeof roles)[number]

export interface EnergyQuery {
  readonly by: Dimension
  readonly period: PeriodKind
  /** Both included. */
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly register: string
  readonly roles: readonly PlaceRole[]
  /** Only what lies at or below this node of the grid. */
  readonly node: number | null
  /** Only usage points of this own group; with `by: 'group'` only that group. */
  readonly group: number | null
}

/** Exact decimals as text, in kWh or kvarh. */
export interface EnergySum {
  /** Code of what it is the sum of; null: usage points of which the archive does not say it. */
  readonly key: string | null
  readonly name: string
  /** Both included; cut to what was asked for. */
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly energy: string
  /** What of it rests on values that no meter said. */
  readonly estimated: string
  /** estimated / energy; null where there is no energy. */
  readonly estimatedShare: string | null
  /** Days of usage points: with energy, of them with an estimate in it, and not whole. */
  readonly pointDays: {
    readonly known: number
    readonly estimated: number
    readonly incomplete: number
    /** Null of registers that not every meter has, and of days that are not over. */
    readonly expected: number | null
    readonly missing: number | null
  }
}

export interface StatisticsRefusal {
  readonly kind: 'not-energy' | 'too-much' | 'wrong-range' | 'no-group' | 'no-node' | 'no-point'
  readonly message: string
}
