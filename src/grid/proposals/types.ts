import type { Duration, Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { NodeName } from '#src/grid'

export const proposalStates = ['open', 'adopted', 'dismissed', 'withdrawn'] as const
export type ProposalState = (typeof proposalStates)[number]

/** Why it is proposed. */
export interface ProposalEvidence {
  /** Days of voltage, and on how many of them the proposed place was the closer one. */
  readonly voltage: {
    readonly days: number
    readonly areaDays: number
    readonly phaseDays: number
    /** Median of the days' correlation with the proposed place, and with the archived one. */
    readonly correlation: string
    readonly archived: string
  } | null
  /** Areas of the concentrators that read the meter, or heard it on their line. */
  readonly terminals: readonly string[]
}

export interface Proposal {
  readonly id: number
  readonly usagePoint: string
  readonly meter: string | null
  readonly account: string | null
  readonly archived: { readonly area: string; readonly phase: string | null }
  readonly proposed: { readonly area: string; readonly phase: string | null }
  /** 0 to 1, four decimals. */
  readonly confidence: string
  readonly evidence: ProposalEvidence
  readonly state: ProposalState
  readonly foundAt: Instant
  readonly seenAt: Instant
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
  readonly reason: string
  /** Where another person must agree: who asked for it, and since when it is to be so. */
  readonly askedBy: string | null
  readonly askedSince: Instant | null
}

export interface SearchResult {
  readonly areas: number
  readonly points: number
  /** Of which there was voltage enough to say where they hang. */
  readonly judged: number
  /** Of these the archive says the same. */
  readonly confirmed: number
  /** Open after it. */
  readonly open: number
}

export interface ProposalRefusal {
  readonly kind: 'not-found' | 'no-node' | 'not-now' | 'too-much' | 'second-person'
  readonly message: string
}

export interface ProposalFilter {
  readonly state?: ProposalState
  readonly area?: string
}

type Also = (tx: Db) => Promise<void>

/** Where usage points really hang, proposed to people (台区、相别识别). */
export interface Proposals {
  /** Looks at all areas at or below a node, with the voltages of the last days. */
  search(under: NodeName, span: Duration): Promise<Result<SearchResult, ProposalRefusal>>
  list(
    filter: ProposalFilter,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly Proposal[]>
  get(id: number): Promise<Proposal | null>
  /**
   * The archive says what is proposed: from an instant on, or, without one, for as long as it said
   * what was wrong. Where the policy of the archive wants a second person it stays open until
   * somebody else asks for the same.
   */
  adopt(
    id: number,
    since: Instant | null,
    by: string,
    also: Also,
  ): Promise<Result<Proposal, ProposalRefusal>>
  /** The same is not proposed again for half a year. */
  dismiss(
    id: number,
    reason: string,
    by: string,
    also: Also,
  ): Promise<Result<Proposal, ProposalRefusal>>
  /** Each night some feeders, those first that were not looked at for longest. */
  nightly(): Promise<void>
}
