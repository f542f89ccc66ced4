import { fail, hours, type Instant, instant, ok, type Result } from '#src/core'
import type { CaseAct, CaseActor, CaseMove, CaseRefusal, Severity, WorkCase } from './types.ts'

/** How long work may wait, by how bad it is. */
const dueWithin: Readonly<Record<Severity, number>> = {
  critical: hours(4),
  high: hours(24),
  medium: hours(7 * 24),
  low: hours(30 * 24),
}

/** What was dismissed stays so, unless the person says otherwise, for a month. */
const QUIET_USUALLY = hours(30 * 24)

export function dueOf(severity: Severity, now: Instant): Instant {
  return instant(now + dueWithin[severity])
}

/** What a move makes of a case; columns that it does not name stay as they are. */
export interface Moved {
  readonly act: CaseAct
  readonly change: Partial<
    Pick<WorkCase, 'state' | 'severity' | 'dueAt' | 'endedAt' | 'mutedUntil' | 'evidence'>
  > & { readonly assigneeId?: number }
  readonly note: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Whether a person may do this now, and what comes of it. Pure. */
export function moved(
  { state, assignee, severity }: WorkCase,
  move: CaseMove,
  actor: CaseActor,
  now: Instant,
): Result<Moved, CaseRefusal> {
  const isOver = state === 'closed' || state === 'dismissed'
  const done = (act: CaseAct, change: Moved['change'], note = '', detail = {}) =>
    ok({ act, change, note, detail })
  // What is told of a case is worth keeping also when it is over.
  if (isOver && move.kind !== 'note')
    return refused(`it is ${state}; evidence that returns opens it again`)
  switch (move.kind) {
    case 'note':
      return done('noted', {}, move.note)
    case 'assign':
      return done('assigned', { state: 'assigned', assigneeId: move.to }, '', { to: move.to })
    case 'start': {
      const self = actor.userId
      if (self === null) return refused('only a person works on a case')
      if (state === 'working' && assignee?.id === self) return refused('you work on it already')
      return done('started', { state: 'working', assigneeId: self })
    }
    case 'change': {
      const wanted = move.severity ?? severity
      const due = move.dueAt === undefined ? {} : { dueAt: move.dueAt }
      const detail = { severity: wanted, ...due }
      return done('changed', { severity: wanted, ...due }, '', detail)
    }
    case 'close':
      if (Object.keys(move.evidence).length === 0 && move.note === '') {
        return refused('a case is closed by evidence: say what shows that it is over')
      }
      return done('closed', { state: 'closed', endedAt: now }, move.note, move.evidence)
    case 'dismiss': {
      const mutedUntil = instant(now + (move.quietFor ?? QUIET_USUALLY))
      return done('dismissed', { state: 'dismissed', endedAt: now, mutedUntil }, move.note, {
        mutedUntil,
      })
    }
  }
}

function refused(message: string): Result<never, CaseRefusal> {
  return fail({ kind: 'not-now', message })
}
