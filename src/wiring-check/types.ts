/** What one measuring element of a meter shows (元件): a voltage and the current it is paired with. */
export interface Element {
  /** In V, A, kW, kvar; the angle in degrees, current behind voltage. Null where nobody said. */
  readonly voltage: number | null
  readonly current: number | null
  readonly active: number | null
  readonly reactive: number | null
  readonly powerFactor: number | null
  readonly angle: number | null
}

/** The total energy as it was read at two moments, in kWh. */
export interface RegisterRun {
  readonly from: { readonly at: number; readonly value: string }
  readonly to: { readonly at: number; readonly value: string }
}

/** Everything a wiring check looks at, as one visit to a meter brought it. */
export interface Snapshot {
  /** Elements 1 to 3: phases A, B and C. */
  readonly elements: readonly [Element, Element, Element]
  readonly activeTotal: number | null
  readonly powerFactorTotal: number | null
  readonly neutralCurrent: number | null
  /** What the meter itself says of the order of its phases; null where it does not. */
  readonly voltageReversed: boolean | null
  readonly currentReversed: boolean | null
  readonly registers: RegisterRun | null
}

export interface WiringOptions {
  /** Voltage of one phase, V; null: the usual one that is nearest to what is measured. */
  readonly nominalVoltage?: number | null
  /** Basic current Ib, A. */
  readonly basicCurrent?: number
  /** The customer may feed in: power towards the grid is no fault then. */
  readonly feedsIn?: boolean
}

/** How the meter is connected: 单相, 三相四线, 三相三线. */
export type WiringSystem = 'single-phase' | 'three-phase-four-wire' | 'three-phase-three-wire'

export const phaseNames = ['A', 'B', 'C'] as const
export type Phase = (typeof phaseNames)[number]

/**
 * One way in which the currents may hang on the elements: of which phase each comes, and whether
 * its transformer is the wrong way round. Null where nothing flows that would tell.
 */
export interface Connection {
  readonly elements: readonly {
    readonly element: Phase
    readonly current: Phase
    readonly reversed: boolean
    readonly known: boolean
  }[]
  /** Angle of the load on each element that follows, in degrees. */
  readonly loadAngles: readonly (number | null)[]
}

export type FindingCode =
  | 'voltage.phase-missing'
  | 'voltage.lost'
  | 'voltage.low'
  | 'voltage.high'
  | 'voltage.neutral-on-phase'
  | 'voltage.neutral-open'
  | 'voltage.sequence'
  | 'current.lost'
  | 'current.sequence'
  | 'current.reversed'
  | 'current.wrong-phase'
  | 'current.ambiguous'
  | 'current.unexplained'
  | 'current.too-small'
  | 'current.neutral'
  | 'power.feeds-in'
  | 'power.inconsistent'
  | 'power.sum'
  | 'register.stuck'
  | 'register.running-away'
  | 'register.fell'
  | 'nothing-measured'

export type Severity = 'fault' | 'remark' | 'note'

export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly phases: readonly Phase[]
  /** The numbers that show it. */
  readonly evidence: string
}

/** `ambiguous`: several connections explain what was measured, and not all of them are right. */
export type WiringVerdict = 'right' | 'remarks' | 'wrong' | 'ambiguous' | 'unknown'

export interface WiringReport {
  readonly system: WiringSystem | null
  readonly verdict: WiringVerdict
  readonly findings: readonly Finding[]
  /** Every connection that explains the angles, the simplest first. */
  readonly connections: readonly Connection[]
}
