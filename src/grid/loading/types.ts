import type { BusinessDate, Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { NodeKind, NodeName } from '#src/grid'

/** From where the peak of a node is known. */
export type LoadBasis = 'gateway' | 'users'

/**
 * What a node carried against what it may carry. kW, kVA and kWh are decimals as text; shares have
 * four decimals.
 */
export interface NodeLoading extends NodeName {
  readonly id: number
  readonly name: string
  readonly capacityKva: string | null
  /** The highest quarter, of the gateways' meters or of the sum of the users', the greater one. */
  readonly peakKw: string | null
  readonly peakAt: Instant | null
  readonly basis: LoadBasis | null
  /** Measured over the period where reactive energy is known, else the assumed one. */
  readonly powerFactor: string
  readonly powerFactorMeasured: boolean
  readonly peakKva: string | null
  readonly utilisation: string | null
  readonly state: LoadingState
  readonly coverage: LoadCoverage
}

/** Days of the period with any load, and the share of quarters in which all points told. */
export interface LoadCoverage {
  readonly days: number
  readonly daysKnown: number
  readonly points: number
  readonly pointsTelling: number
  readonly wholeQuarters: string | null
}

export const loadingStates = ['overloaded', 'heavy', 'usual', 'light', 'unknown'] as const
/** overloaded: above 1.2 of the capacity; heavy: above 0.8; light: below 0.2; unknown: no figure. */
export type LoadingState = (typeof loadingStates)[number]

export interface Period {
  /** Both included. */
  readonly from: BusinessDate
  readonly to: BusinessDate
}

export interface CapacityCheck {
  /** From the node up to where nothing is known any more. */
  readonly steps: readonly (NodeLoading & {
    readonly freeKva: string | null
    readonly fits: boolean | null
  })[]
  /** Null where a step has no capacity or no load. */
  readonly fits: boolean | null
}

export const contractStates = ['above', 'usual', 'below', 'unknown'] as const
/** above: the peak is more than the contract's capacity; below: less than 0.2 of it (over-contracted). */
export type ContractState = (typeof contractStates)[number]

export interface ContractLoading {
  readonly id: number
  readonly account: string
  readonly contract: string
  readonly capacityKva: string
  readonly usagePoints: number
  readonly peakKw: string | null
  readonly peakKva: string | null
  readonly utilisation: string | null
  readonly daysKnown: number
  readonly state: ContractState
}

export interface LoadingRefusal {
  readonly kind: 'no-node' | 'clash'
  readonly message: string
}

export interface LoadingPage {
  readonly after: number
  readonly limit: number
}

/** What is free on feeders and transformers, from measured load (供电能力评估). */
export interface Loading {
  nodes(
    kind: NodeKind,
    period: Period,
    state: LoadingState | null,
    page: LoadingPage,
  ): Promise<readonly NodeLoading[]>
  /** Whether so much more can be connected at a node, and on everything above it. */
  check(node: NodeName, period: Period, kva: string): Promise<CapacityCheck | null>
  contracts(
    period: Period,
    state: ContractState | null,
    page: LoadingPage,
  ): Promise<readonly ContractLoading[]>
  /** Enters what a node may carry from an instant on; null: what its transformers' plates say. */
  rate(
    node: NodeName,
    kva: string | null,
    from: Instant,
    by: string,
    also: (tx: Db) => Promise<void>,
  ): Promise<Result<void, LoadingRefusal>>
}
