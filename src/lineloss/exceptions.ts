import type { CaseSubject, Cases, Finding } from '#src/cases'
import { type BusinessDate, type CivilTime, idOf } from '#src/core'
import type { Database } from '#src/db'
import {
  type CaseRow,
  exceptionsForWork,
  exceptionsOver,
  markCases,
  settleExceptions,
} from './exception-queries.ts'
import { spansOf } from './spans.ts'

/**
 * Looks at the losses of a day, or of a month that is over: what is wrong with them is noted, and
 * becomes work once it has stood long enough; the work ends when the loss is right again.
 */
export async function reviewLosses(
  db: Database,
  cases: Cases,
  civil: CivilTime,
  period: 'day' | 'month',
  startsOn: BusinessDate,
): Promise<void> {
  const [span] = spansOf(civil, period, [startsOn])
  if (span === undefined) return
  // A month is seen at its end.
  const seenOn = civil.addDays(civil.dateOf(span.end), -1)
  await db.transaction(async (tx) => {
    await settleExceptions(tx, period, span, seenOn)
    const standing = (await exceptionsForWork(tx, seenOn, civil.zone)).flatMap(findingOf)
    await cases.found(
      standing.map(({ finding }) => finding),
      tx,
    )
    const over = await exceptionsOver(tx)
    await cases.settled(
      over.map((row) => ({ key: keyOf(row), evidence: { rightAgainOn: row.endedOn } })),
      tx,
    )
    await markCases(
      tx,
      standing.map(({ id }) => id),
      true,
    )
    await markCases(
      tx,
      over.map(({ id }) => id),
      false,
    )
  })
}

const keyOf = ({ scope, code, kind }: Pick<CaseRow, 'scope' | 'code' | 'kind'>) =>
  `line-loss:${scope}:${code}:${kind}`

function findingOf(row: CaseRow): { readonly id: number; readonly finding: Finding }[] {
  const subject = subjectOf(row)
  if (subject === null) return []
  const { scope, scopeId, code, kind, severity, beganOn, lastOn, days, detail, manager } = row
  const evidence = { scope, node: scopeId, code, beganOn, lastOn, days, manager, ...detail }
  return [
    {
      id: row.id,
      finding: { kind: `line-loss.${kind}`, key: keyOf(row), subject, severity, evidence },
    },
  ]
}

/** An area is itself the subject, a feeder or a bus the meter at its head. */
function subjectOf({ areaId, gatewayId }: CaseRow): CaseSubject | null {
  if (areaId !== null) return { kind: 'area', id: idOf(areaId) }
  return gatewayId === null ? null : { kind: 'usage-point', id: idOf(gatewayId) }
}
