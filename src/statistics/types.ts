import type { BusinessDate, Instant } from '#src/core'

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

/** Those that are nodes of the grid. */
export const gridKinds: readonly string[] = ['region', 'substation', 'bus', 'feeder', 'area']

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
  /** Growth against the same time a year ago, or the period before. */
  readonly compare?: 'year' | 'period' | null
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
  /** What it was then, as far as the present is over, and (now - before) / before. */
  readonly before: string | null
  readonly growth: string | null
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

/** What load is told apart by; of own groups it is computed when it is asked for. */
export const loadDimensions = [
  'none',
  'region',
  'substation',
  'bus',
  'feeder',
  'area',
  'trade',
  'tariff',
  'class',
] as const
export type LoadDimension = (typeof loadDimensions)[number]

export interface LoadQuery {
  readonly by: LoadDimension
  readonly period: PeriodKind
  /** Both included. */
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly node: number | null
  /** Growth against the same period a year ago, or the period before. */
  readonly compare: 'year' | 'period' | null
}

/** kW and kWh as exact decimals; ratios to four decimals. */
export interface LoadSum {
  readonly key: string | null
  /** Id of the node of the grid, where it is one. */
  readonly node: number | null
  readonly name: string
  /** Code of the region that this one lies in, whose sum holds it too; they are no sum together. */
  readonly within: string | null
  /** The first and the last day with data. */
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly energy: string
  readonly mean: string
  readonly peak: string
  readonly peakAt: Instant
  readonly least: string
  readonly leastAt: Instant
  /** mean / peak (负荷率). */
  readonly loadFactor: string | null
  /** Peak less valley (峰谷差) of the period, its share of the peak, and the greatest of a day. */
  readonly peakValley: string
  readonly peakValleyRatio: string | null
  readonly peakValleyOfDay: string
  /** The peak by the sum of the usage points' own peaks of that day (同时率). */
  readonly coincidence: string | null
  readonly points: number
  readonly quarters: number
  /** Quarters of which not all usage points told. */
  readonly thinQuarters: number
  readonly before: { readonly energy: string; readonly peak: string } | null
  readonly energyGrowth: string | null
  readonly peakGrowth: string | null
}

/** One usage point's load on one day. */
export interface PointLoad {
  readonly date: BusinessDate
  readonly energy: string
  readonly peak: string
  readonly peakAt: Instant
  readonly least: string
  readonly mean: string
  readonly loadFactor: string | null
  readonly peakValley: string
  /** The mean between two and five in the morning (夜间基荷); null where nothing is known of it. */
  readonly nightBase: string | null
  readonly quarters: number
}

/** A quarter of an hour of a sum, by its end. */
export interface SumCurvePoint {
  readonly at: Instant
  readonly energy: string
  readonly power: string
  /** Usage points that told. */
  readonly points: number
}

export const qualityDimensions = [
  'none',
  'region',
  'substation',
  'bus',
  'feeder',
  'area',
  'point',
] as const
export type QualityDimension = (typeof qualityDimensions)[number]

export interface QualityQuery {
  readonly by: QualityDimension
  readonly period: PeriodKind
  /** Both included. */
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly node: number | null
  readonly point: number | null
  /** Shorter outages do not count. */
  readonly sustainedMinutes: number
  /** Only what has a voltage qualification rate below this decimal. */
  readonly below: string | null
}

/** Ratios to four decimals; null where nothing is known. */
export interface QualitySum {
  /** Null: usage points of which the archive does not say it. */
  readonly key: string | null
  readonly name: string
  readonly from: BusinessDate
  readonly to: BusinessDate
  /** With a meter, on the average of the period's days. */
  readonly usagePoints: string
  readonly voltage: {
    /** Time within the limits by time examined (电压合格率), of all phases together. */
    readonly qualificationRate: string | null
    readonly examinedSeconds: number
    readonly belowSeconds: number
    readonly aboveSeconds: number
    /** In parts of Un. */
    readonly least: string | null
    readonly most: string | null
    /** Greatest deviation of a phase from the mean, and the share of time beyond the limit. */
    readonly imbalance: string | null
    readonly imbalanceShare: string | null
  }
  readonly current: { readonly imbalance: string | null; readonly imbalanceShare: string | null }
  /** From active and reactive energy of both directions. */
  readonly powerFactor: string | null
  readonly outages: {
    /** As meters told them, and those that only show in curves. */
    readonly byEvent: number
    readonly byCurve: number
    /** Of which no end is known; they have no minutes. */
    readonly open: number
    readonly minutes: string
    /** Outages, and their minutes, by usage point. */
    readonly saifi: string | null
    readonly saidiMinutes: string | null
  }
}

export const curveQuantities = [
  'load',
  'energy',
  'power',
  'reactivePower',
  'powerFactor',
  'frequency',
  'voltageA',
  'voltageB',
  'voltageC',
  'currentA',
  'currentB',
  'currentC',
] as const
export type CurveQuantity = (typeof curveQuantities)[number]

export interface CurveQuery {
  /** Codes of usage points. */
  readonly points: readonly string[]
  readonly quantity: CurveQuantity
  /** Of load and energy. */
  readonly register: string
  readonly from: Instant
  readonly to: Instant
}

export interface PointCurve {
  readonly point: string
  readonly items: readonly CurveItem[]
}

export interface CurveItem {
  /** Of load and energy the end of the quarter. */
  readonly at: Instant
  readonly value: string
  readonly quality: string
}
