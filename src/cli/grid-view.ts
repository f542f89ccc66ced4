import type { Static } from '@sinclair/typebox'
import type { Affected, Capacity, LoadingPage, Proposal, Score, Trace } from './grid-answers.ts'
import { renderTable } from './table.ts'

const columns = (...titles: readonly string[]) => titles.map((title) => ({ title }))
const shown = (value: string | null) => value ?? '-'

export async function showTrace(trace: Static<typeof Trace>): Promise<string> {
  const way = trace.nodes
    .map(({ kind, code, steps }) => `${'  '.repeat(steps)}${kind} ${code}\n`)
    .join('')
  return `${way}${await pointTable(trace)}${trace.nodeCount} nodes, ${countsOf(trace)}\n`
}

/** Equipment that lies there, and who is there or hangs on it. */
export async function showAffected(affected: Static<typeof Affected>): Promise<string> {
  const equipment = affected.nodes.map(({ kind, code }) => `${kind} ${code}\n`).join('')
  return `${equipment}${await pointTable(affected)}${countsOf(affected)}\n`
}

const countsOf = ({ usagePoints, accounts }: Static<typeof Affected | typeof Trace>): string =>
  `${usagePoints} usage points, ${accounts} accounts`

async function pointTable({ items }: Pick<Static<typeof Trace>, 'items'>): Promise<string> {
  const rows = items.map(({ code, account, meter, places }) => [
    code,
    shown(account),
    shown(meter),
    places.map(({ node, role, phase }) => `${role} ${node.code} ${phase ?? ''}`.trim()).join(', '),
  ])
  if (rows.length === 0) return ''
  return await renderTable(columns('POINT', 'ACCOUNT', 'METER', 'COUNTS AS'), rows)
}

type LoadingItem = Static<typeof LoadingPage>['items'][0]

const loadingCells = (one: LoadingItem) => [
  `${one.kind} ${one.code}`,
  shown(one.capacityKva),
  shown(one.peakKva),
  shown(one.peakAt),
  shown(one.utilisation),
  one.state,
  `${one.coverage.daysKnown}/${one.coverage.days} d, ${one.coverage.pointsTelling}/${one.coverage.points} points`,
]
const loadingTitles = ['NODE', 'KVA', 'PEAK KVA', 'AT', 'SHARE', 'STATE', 'KNOWN'] as const

export async function showLoading(items: readonly LoadingItem[]): Promise<string> {
  if (items.length === 0) return 'No such node.\n'
  return await renderTable(columns(...loadingTitles), items.map(loadingCells))
}

export async function showCapacity({ fits, steps }: Static<typeof Capacity>): Promise<string> {
  const rows = steps.map((step) => [...loadingCells(step), shown(step.freeKva)])
  const answer =
    fits === null ? 'Not known: a capacity or a load is missing.' : fits ? 'Fits.' : 'Does not fit.'
  return `${await renderTable(columns(...loadingTitles, 'FREE KVA'), rows)}${answer}\n`
}

export async function showScore({ date, score, rules }: Static<typeof Score>): Promise<string> {
  if (score === null) return 'Nobody looked yet.\n'
  const rows = rules.map(({ rule, failed, checked, en }) => [
    rule,
    String(failed),
    String(checked),
    en,
  ])
  const table = await renderTable(columns('RULE', 'FAILED', 'OF', 'WHAT'), rows)
  return `Archive of ${shown(date)}: ${score} of 100\n${table}`
}

export async function showProposals(items: readonly Static<typeof Proposal>[]): Promise<string> {
  if (items.length === 0) return 'Nobody hangs elsewhere, as far as is known.\n'
  const place = ({ area, phase }: Static<typeof Proposal>['archived']) => `${area} ${phase ?? '?'}`
  const rows = items.map((one) => [
    String(one.id),
    one.usagePoint,
    shown(one.meter),
    place(one.archived),
    place(one.proposed),
    one.confidence,
    one.state,
  ])
  return await renderTable(
    columns('ID', 'POINT', 'METER', 'ARCHIVED', 'PROPOSED', 'SURE', 'STATE'),
    rows,
  )
}
