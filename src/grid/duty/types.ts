import type { Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { NodeName } from '#src/grid'

/** What may have somebody who is responsible for it. */
export const dutyKinds = ['area', 'feeder'] as const
export type DutyKind = (typeof dutyKinds)[number]
export interface DutyNode extends NodeName {
  readonly kind: DutyKind
}

/** Who is responsible (台区经理). */
export interface AreaManager {
  readonly name: string
  /** Tells two of one name apart. */
  readonly staffNo: string | null
  readonly phone: string | null
}

/** Who is responsible for a node, and from when to when. */
export interface Duty {
  readonly manager: AreaManager
  readonly from: Instant
  readonly to: Instant | null
}

/** A node and who was responsible for it at a moment. */
export interface NodeDuty {
  readonly id: number
  readonly node: DutyNode
  readonly name: string
  readonly duty: Duty | null
}

export interface DutyFilter {
  readonly kind?: DutyKind
  /** A staff number or a name. */
  readonly manager?: string
  /** Only nodes with somebody, or only those without. */
  readonly held?: boolean
}

export interface DutyPage {
  readonly after: number
  readonly limit: number
}

export interface DutyEntry {
  readonly node: DutyNode
  readonly name: string
  readonly staffNo: string | null
  /** Null: what is known stays. */
  readonly phone: string | null
  readonly from: Instant
  /** Null: until what is entered for later, or on. */
  readonly to: Instant | null
}

/** What a cell of a file must not be. */
export interface DutyFault {
  readonly line: number
  readonly column: string | null
  readonly message: string
}

export interface DutyRefusal {
  readonly kind: 'no-node' | 'person' | 'range' | 'clash'
  readonly message: string
}

/** What was entered or ended, and who was responsible at that moment before. */
export interface DutyChange {
  readonly before: AreaManager | null
}

export interface Duties {
  /** By number, after a number. */
  at(moment: Instant, filter: DutyFilter, page: DutyPage): Promise<readonly NodeDuty[]>
  /** All of a node, the oldest first; null where there is no such node. */
  history(node: DutyNode): Promise<readonly Duty[] | null>
  /** From a moment on; `rename`: the staff number's name was wrong. */
  set(
    entry: DutyEntry,
    rename: boolean,
    by: string,
    also: (tx: Db, change: DutyChange) => Promise<void>,
  ): Promise<Result<void, DutyRefusal>>
  /** Nobody from a moment on, until what is entered for later. */
  end(
    node: DutyNode,
    at: Instant,
    also: (tx: Db, change: DutyChange) => Promise<void>,
  ): Promise<Result<void, DutyRefusal>>
  /** All rows of a file, or none. */
  enter(
    text: string,
    by: string,
    now: Instant,
    also: (tx: Db, entered: number) => Promise<void>,
  ): Promise<Result<number, readonly DutyFault[]>>
}
