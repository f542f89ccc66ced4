import type { BusinessDate, Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { AreaManager } from '#src/grid/duty'
import type { LossCause } from './attribution-queries.ts'
import type { ExceptionFilter, LossException } from './exception-queries.ts'
import type { LossIndicators, ManagerIndicators } from './indicator-queries.ts'
import type { LossRank } from './list-queries.ts'
import type { NetworkEntry, NetworkRefusal } from './networks.ts'
import type { LossPeriod } from './parts.ts'
import type { LossPolicy } from './policy-queries.ts'
import type { LossReason } from './reasons.ts'

export const lossScopes = ['area', 'feeder', 'bus', 'substation', 'region', 'voltage'] as const
export type LossScope = (typeof lossScopes)[number]

/** How many there should be, and of how many the energy is known. */
export interface ReadCount {
  readonly expected: number
  readonly read: number
}

/** What went in and came out of a scope in a civil day or month. Energy in 10^-6 kWh. */
export interface Loss {
  readonly scope: LossScope
  /** The node; of a voltage level its nominal voltage in V. */
  readonly id: number
  readonly code: string
  readonly name: string
  readonly period: LossPeriod
  readonly startsOn: BusinessDate
  readonly input: bigint
  readonly output: bigint
  readonly supply: bigint
  readonly reverse: bigint
  readonly generation: bigint
  readonly passed: bigint
  readonly returned: bigint
  readonly sale: bigint
  readonly auxiliary: bigint
  /** Before meters on the low side of customers' transformers; a part of `sale`. */
  readonly transformerSale: bigint
  readonly estimated: bigint
  /** Null where it is not computable: see `reasons`. */
  readonly loss: bigint | null
  /** Of one, six decimals; null also where nothing went in. */
  readonly rate: string | null
  /** What lines and transformers lose by the laws of physics; null while data are missing. */
  readonly technical: bigint | null
  /** Of transformers alone. */
  readonly transformers: bigint | null
  readonly denominator: 'net' | 'gross'
  readonly users: ReadCount
  readonly gateways: ReadCount
  readonly sources: ReadCount
  readonly reasons: readonly LossReason[]
  readonly computedAt: Instant
  /** Who was responsible at the end of the period. */
  readonly manager: AreaManager | null
}

export type LossPart = 'gateway' | 'passed' | 'user' | 'source' | 'auxiliary'

/** A usage point of a node in a period, and what it had to say. */
export interface LossMember {
  readonly usagePointId: number
  readonly usagePoint: string
  readonly meter: string | null
  readonly part: LossPart
  readonly forward: bigint | null
  readonly back: bigint | null
  readonly quality: number | null
  readonly read: boolean
}

export interface LossFilter {
  readonly scope: LossScope
  readonly period: LossPeriod
  readonly startsOn: BusinessDate
  readonly computable?: boolean
  /** Only what hung below this node at the end of the period. */
  readonly below?: number
}

export interface LineLoss {
  /** Follows what changed; see `follow`. */
  follow(now: Instant): Promise<number>
  /** Enters the lines of an area or a feeder as they are from a moment on; days since then follow. */
  enterNetwork(
    nodeId: number,
    entry: NetworkEntry,
    from: Instant,
    also: (tx: Db) => Promise<void>,
  ): Promise<Result<undefined, NetworkRefusal>>
  /** By id, after an id. */
  list(filter: LossFilter, after: number, limit: number): Promise<readonly Loss[]>
  /** Those with the highest or the lowest rate or loss. */
  ranking(
    filter: LossFilter,
    by: LossRank,
    order: 'highest' | 'lowest',
    limit: number,
  ): Promise<readonly Loss[]>
  get(
    scope: LossScope,
    id: number,
    period: LossPeriod,
    date: BusinessDate,
  ): Promise<Loss | undefined>
  /** The scope's losses of some time, the oldest first. */
  history(
    scope: LossScope,
    id: number,
    period: LossPeriod,
    from: BusinessDate,
    to: BusinessDate,
  ): Promise<readonly Loss[]>
  policies(): Promise<readonly LossPolicy[]>
  /** From a day on; what was computed since is computed again. */
  setPolicy(policy: LossPolicy, also: (tx: Db) => Promise<void>): Promise<void>
  /** What is or was wrong, newest first, before a number. */
  exceptions(
    filter: ExceptionFilter,
    before: number | null,
    limit: number,
  ): Promise<readonly LossException[]>
  /** How many are computable and within their band, became wrong, and are right again. */
  indicators(filter: Omit<LossFilter, 'computable'>): Promise<LossIndicators>
  /** The same of all, and by who was responsible at the end of the period. */
  indicatorsByManager(filter: Omit<LossFilter, 'computable'>): Promise<{
    readonly total: LossIndicators
    readonly items: readonly ManagerIndicators[]
  }>
  /** Which points changed most against so many days before, and what that adds to the loss. */
  causes(
    scope: LossScope,
    id: number,
    date: BusinessDate,
    days: number,
    limit: number,
  ): Promise<readonly LossCause[]>
  /** Points of an area, feeder or bus, what was not read first. */
  members(
    id: number,
    period: LossPeriod,
    date: BusinessDate,
    limit: number,
  ): Promise<readonly LossMember[]>
}
