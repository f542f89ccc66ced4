import { type CivilTime, type Clock, hours, type Instant, instant, type Result } from '#src/core'
import { type Database, persistently } from '#src/db'
import { bring } from './bringing.ts'
import { decideFindings, getFinding, listFindings } from './findings.ts'
import { type HandheldFile, readHandheld } from './handheld.ts'
import { changeLimit, limitOf, listLimits } from './limits.ts'
import type { Photo, PhotoShelf } from './photos.ts'
import { endProposal, figuresOf, listProposals } from './proposals.ts'
import { changeRule, endRule, listRules } from './rules.ts'
import { runValidation } from './run.ts'
import type {
  Also,
  Brought,
  Decided,
  Decision,
  DeskRefusal,
  Figures,
  Finding,
  FindingFilter,
  FindingId,
  FindingPage,
  Limit,
  Proposal,
  Rule,
  RuleChange,
  RuleRefusal,
  RunOutcome,
  Value,
  ValueFilter,
  Written,
} from './types.ts'
import { listValues, proposeEdit, settleValue } from './values.ts'

/** Validation, estimation, editing: what to think of values, and what stands in for missing ones. */
export interface Validation {
  /** Judges and estimates every listed day; idempotent. */
  run(): Promise<RunOutcome>
  /** Those in force, or every version of one code. */
  rules(code: string | null): Promise<readonly Rule[]>
  changeRule(change: RuleChange, by: string, also: Also): Promise<Result<Rule, RuleRefusal>>
  /** Of a class or a group alone: they are judged as all others are from now on. */
  endRule(
    rule: Pick<RuleChange, 'code' | 'customerClass' | 'group'>,
    also: Also,
  ): Promise<Result<Rule, RuleRefusal>>
  limits(): Promise<readonly Limit[]>
  changeLimit(name: string, value: string, by: string, also: Also): Promise<boolean>
  /** The queue: the worst first, then what most energy hangs on. */
  findings(
    filter: FindingFilter,
    cursor: string | undefined,
    limit: number,
  ): Promise<Result<FindingPage, DeskRefusal>>
  finding(id: FindingId): Promise<Finding | undefined>
  decide(
    decided: {
      readonly ids: readonly FindingId[]
      readonly decision: Decision
      readonly reason: string
      readonly by: string
    },
    also: Also,
  ): Promise<Result<Decided, DeskRefusal>>
  /** Values that no meter sent, newest first, before an id. */
  values(filter: ValueFilter, before: bigint | null, limit: number): Promise<readonly Value[]>
  edit(
    edit: Written & { readonly reason: string; readonly by: string },
    also: Also,
  ): Promise<Result<Value, DeskRefusal>>
  settleValue(
    settled: {
      readonly id: bigint
      readonly verdict: 'approve' | 'refuse'
      readonly reason: string
      readonly by: string
    },
    also: Also,
  ): Promise<Result<Value, DeskRefusal>>
  /** Readings that people bring; a customer's may not be old. */
  bring(
    readings: readonly Written[],
    kind: 'handheld' | 'self' | 'manual',
    by: string,
    also: Also,
  ): Promise<readonly Brought[]>
  readHandheld(format: string, text: string): Promise<Result<HandheldFile, DeskRefusal>>
  keepPhoto(bytes: Uint8Array): Promise<Result<Omit<Photo, 'bytes'>, 'not-a-photo' | 'too-large'>>
  photo(hash: string): Promise<Photo | undefined>
  proposals(
    state: Proposal['state'],
    before: number | null,
    limit: number,
  ): Promise<readonly Proposal[]>
  endProposal(id: number, state: 'done' | 'dismissed', by: string, also: Also): Promise<boolean>
  figures(from: Instant, to: Instant): Promise<Figures>
}

export interface ValidationParts {
  readonly db: Database
  readonly civil: CivilTime
  readonly clock: Clock
  readonly photos: PhotoShelf
}

const MEBIBYTE = 2 ** 20

export function createValidation(parts: ValidationParts): Validation {
  const { civil, clock, photos } = parts
  const db = persistently(parts.db)
  return {
    run: () => runValidation(db, civil, clock),
    rules: (code) => listRules(db, code),
    changeRule: (change, by, also) => changeRule(db, clock, change, by, also),
    endRule: (rule, also) => endRule(db, clock, rule, also),
    limits: () => listLimits(db),
    changeLimit: (name, value, by, also) => changeLimit(db, clock, name, value, by, also),
    findings: (filter, cursor, limit) => listFindings(db, filter, cursor, limit),
    finding: (id) => getFinding(db, id),
    decide: (decided, also) => decideFindings(db, civil, clock, decided, also),
    values: (filter, before, limit) => listValues(db, filter, before, limit),
    edit: (edit, also) => proposeEdit(db, civil, clock, edit, also),
    settleValue: (settled, also) => settleValue(db, civil, clock, settled, also),
    async bring(readings, kind, by, also) {
      const days = Number(await limitOf(db, 'self-reading-days'))
      const oldest = kind === 'self' ? instant(clock.now() - hours(24 * days)) : null
      return await bring(db, civil, clock, { readings, kind, by, oldest }, also)
    },
    readHandheld: (format, text) => readHandheld(db, civil, format, text),
    async keepPhoto(bytes) {
      const most = Number(await limitOf(db, 'photo-mib')) * MEBIBYTE
      if (bytes.length > most) return { ok: false, error: 'too-large' }
      return await photos.keep(bytes)
    },
    photo: (hash) => photos.get(hash),
    proposals: (state, before, limit) => listProposals(db, state, before, limit),
    endProposal: (id, state, by, also) => endProposal(db, clock, id, state, by, also),
    figures: (from, to) => figuresOf(db, from, to),
  }
}
