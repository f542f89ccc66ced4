import type { Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { ArchivePolicy, SetPolicy } from './archive-policy.ts'
import type { ArchiveChange } from './import-work.ts'
import type { ArchiveProblem, BadCursor, Page, PageRequest } from './types.ts'

/** A file of the archive, or a batch of the marketing system (营销系统). */
export type ImportKind = 'archive' | 'marketing'

export interface ArchiveFile {
  readonly kind: ImportKind
  readonly name: string
  readonly bytes: Uint8Array
  /** A marketing batch that has every account; absent means it has. */
  readonly complete?: boolean
}

/** Something that a file says and that is not followed, or that it does not say. */
export interface ArchiveFinding {
  readonly kind: 'conflict' | 'unknown' | 'ours-only'
  readonly line: number | null
  readonly field: string | null
  readonly value: string | null
  readonly message: string
}

/** What a file would do. */
export interface ArchivePreview {
  readonly rows: number
  /** Rows that enter something, and rows that change something. */
  readonly created: number
  readonly changed: number
  readonly changes: readonly ArchiveChange[]
  readonly findings: readonly ArchiveFinding[]
}

export interface ArchiveImport {
  readonly id: number
  readonly kind: ImportKind
  readonly state: 'proposed' | 'applied' | 'refused' | 'withdrawn'
  readonly fileName: string
  readonly sha256: string
  readonly rows: number
  readonly created: number
  readonly changed: number
  readonly proposedBy: string
  readonly proposedAt: Instant
  readonly appliedBy: string | null
  readonly appliedAt: Instant | null
  /** How many changes of each action and findings of each kind there are. */
  readonly counts: Readonly<Record<string, number>>
}

export type NotApplied =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-proposed'; readonly state: ArchiveImport['state'] }
  /** The archive is another one in what the file touches: what would be now, and was not shown. */
  | { readonly kind: 'moved'; readonly things: readonly string[] }
  /** The policy wants another person than the one who proposed it. */
  | { readonly kind: 'second-person'; readonly proposedBy: string }

/** The policy wants a file that changes so much to be proposed, and applied by somebody else. */
export interface ApprovalNeeded {
  readonly kind: 'approval'
  readonly rows: number
  readonly aboveRows: number
}

/** Runs in the transaction of what is applied: the audit record. */
export type AlsoApplied = (tx: Db, detail: Readonly<Record<string, unknown>>) => Promise<void>

/** Where files come to change the archive: shown first, applied whole, kept. */
export interface ArchiveDesk {
  /** What the file would do; nothing is stored. */
  preview(file: ArchiveFile): Promise<ArchivePreview>
  /** Keeps the file and what it would do; the archive stays as it is. */
  propose(file: ArchiveFile, by: string, also?: AlsoApplied): Promise<ArchiveImport>
  /** What was shown, or nothing. */
  apply(id: number, by: string, also?: AlsoApplied): Promise<Result<ArchiveImport, NotApplied>>
  withdraw(id: number, by: string, also?: AlsoApplied): Promise<Result<ArchiveImport, NotApplied>>
  /** Proposed and applied at once; with problems, or against the policy, nothing is stored. */
  importNow(
    file: ArchiveFile,
    by: string,
    also?: AlsoApplied,
  ): Promise<Result<ArchiveImport, readonly ArchiveProblem[] | ApprovalNeeded>>
  policy(): Promise<SetPolicy>
  setPolicy(policy: ArchivePolicy, by: string, also?: AlsoApplied): Promise<SetPolicy>
  /** Newest first. */
  imports(page: PageRequest): Promise<Result<Page<ArchiveImport>, BadCursor>>
  import(id: number): Promise<ArchiveImport | undefined>
  changes(id: number, page: PageRequest): Promise<Result<Page<ArchiveChange>, BadCursor>>
  findings(id: number, page: PageRequest): Promise<Result<Page<ArchiveFinding>, BadCursor>>
}
