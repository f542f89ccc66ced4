import { assert, type Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'

export const approvals = ['none', 'second-person'] as const
export type Approval = (typeof approvals)[number]

/** Who may change the archive alone. */
export interface ArchivePolicy {
  /** Of files that change more rows than `aboveRows`. */
  readonly approval: Approval
  readonly aboveRows: number
  /** Of what the head-end proposes: area and phase of usage points. */
  readonly proposals: Approval
}

export type SetPolicy = ArchivePolicy & {
  /** Null where nobody ever set it. */
  readonly setBy: string | null
  readonly setAt: Instant | null
}

export async function selectArchivePolicy(db: Db): Promise<SetPolicy> {
  const [policy] = await db.query<SetPolicy>(
    `select approval, above_rows as "aboveRows", proposals, set_by as "setBy", set_at as "setAt"
     from archive_policy`,
  )
  assert(policy !== undefined, 'a migration wrote the row of the policy')
  return policy
}

export async function updateArchivePolicy(
  tx: Db,
  { approval, aboveRows, proposals }: ArchivePolicy,
  by: string,
  at: Instant,
): Promise<void> {
  await tx.query(
    `update archive_policy set approval = $1::text, above_rows = $2::int, proposals = $3::text,
       set_by = $4::text, set_at = $5::timestamptz`,
    [approval, aboveRows, proposals, by, timestamptz(at)],
  )
}

/** Whether a file that changes so many rows needs somebody else to apply it. */
export const needsSecond = ({ approval, aboveRows }: ArchivePolicy, rows: number): boolean =>
  approval === 'second-person' && rows > aboveRows
