import { idOf } from '#src/core'
import type { Db } from '#src/db'
import { type Cause, causes, textOf } from './causes.ts'
import type { Day } from './evidence-queries.ts'
import { type FindingRow, selectFindings } from './queries.ts'
import type { CasePort } from './types.ts'
import { selectHealed } from './work-queries.ts'

/** Findings that one page offers, and cases that one page looks at. */
const PAGE = 5_000
/** Causes that are of a whole line: one piece of work for all its meters. */
const ofTheLine: readonly string[] = ['communication']
/** What a person cannot do anything about. */
const noWork: readonly Cause[] = ['not-asked', 'database']
const kindOf = (cause: Cause) => `collection.${cause}`

type Finding = Parameters<CasePort['found']>[0][number]

interface WorkOptions {
  readonly db: Db
  readonly cases: CasePort
}

/** Makes work of what was found, and ends that of which the day shows that it is over. */
export async function offerWork({ db, cases }: WorkOptions, day: Day): Promise<number> {
  const offered = new Set<string>()
  for (let after: number | null = 0; after !== null; ) {
    const rows: readonly FindingRow[] = await selectFindings(db, day.date, null, after, PAGE)
    const findings = new Map<string, Finding>()
    for (const row of rows) {
      if (noWork.includes(row.cause)) continue
      const finding = findingOf(row)
      findings.set(finding.key, finding)
      offered.add(finding.key)
    }
    if (findings.size > 0) await cases.found([...findings.values()])
    after = rows.length < PAGE ? null : (rows.at(-1)?.meter_id ?? null)
  }
  for (const cause of causes) await endWork({ db, cases }, day, cause, offered)
  return offered.size
}

/** Work of a cause that is not found any more, and of whose subject something of the day came. */
async function endWork(
  { db, cases }: WorkOptions,
  day: Day,
  cause: Cause,
  offered: ReadonlySet<string>,
): Promise<void> {
  const filter = { kind: kindOf(cause), states: ['open', 'assigned', 'working'] } as const
  for (let before: number | null = null; ; ) {
    const page: Awaited<ReturnType<CasePort['list']>> = await cases.list(filter, before, PAGE)
    const gone = page.filter(({ key }) => !offered.has(key))
    const idsOf = (kind: string) =>
      gone.flatMap(({ subject }) => (subject.kind === kind ? [subject.id] : []))
    const healed = await selectHealed(db, day, idsOf('meter'), idsOf('concentrator'))
    const isHealed = new Set(healed.map(({ kind, id }) => `${kind}/${id}`))
    const evidence = { says: 'What is due comes again', date: day.date }
    await cases.settled(
      gone
        .filter(({ subject }) => isHealed.has(`${subject.kind}/${subject.id}`))
        .map(({ key }) => ({ key, evidence })),
    )
    const last = page.at(-1)
    if (page.length < PAGE || !last) return
    before = last.id
  }
}

function findingOf(row: FindingRow): Finding {
  const { cause, meter_id, concentrator_id, confidence, rule, evidence } = row
  const { class: faultClass, en } = textOf(cause)
  const isOfLine = concentrator_id !== null && ofTheLine.includes(faultClass)
  const subject = isOfLine
    ? ({ kind: 'concentrator', id: idOf<'concentrator'>(concentrator_id) } as const)
    : ({ kind: 'meter', id: meter_id } as const)
  return {
    kind: kindOf(cause),
    key: `${kindOf(cause)}/${subject.kind}/${subject.id}`,
    subject,
    severity: isOfLine ? 'high' : 'medium',
    evidence: { says: en, rule, confidence, ...evidence },
  }
}
