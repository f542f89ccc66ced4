import type { Static } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import {
  Capacity,
  Comparisons,
  LoadingPage,
  NodePage,
  Proposal,
  ProposalPage,
  Score,
  Searched,
  Trace,
} from '../grid-answers.ts'
import { showCapacity, showLoading, showProposals, showScore, showTrace } from '../grid-view.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { treeText } from '../tree-text.ts'
import { addDuties } from './grid-duty.ts'
import { addMaps } from './grid-map.ts'

const examples = `
Examples:
  hes grid tree --at 2026-05-01
  hes grid tree --under feeder:F1
  hes grid trace area:T1 --down
  hes grid trace point:P11 --up --at 2026-05-01T12:00:00+08:00
  hes grid affected --bbox 121.4,31.1,121.6,31.3 --at 2026-05-01
  hes grid geojson --bbox 121.4,31.1,121.6,31.3 > grid.geojson
  hes grid headroom feeder:F1 --kva 160
  hes grid loading --state overloaded
  hes grid manager ls --without
  hes grid score
  hes grid differences
  hes grid search feeder:F1
  hes grid adopt 12 --since 2026-11-01

The grid of any instant: what hangs on what, who is without supply, what is free,
who is responsible, whether the archive is whole, and who hangs elsewhere than it says.
`

interface AtFlags extends OnlineFlags {
  readonly at?: string
}
interface PeriodFlags extends OnlineFlags {
  readonly from?: string
  readonly to?: string
}
const PAGE = '1000'
const enc = encodeURIComponent

export async function buildGrid(command: Command, context: CliContext): Promise<void> {
  command
    .description('The grid: its tree, traces, maps, what is free, who hangs where.')
    .addHelpText('after', examples)
  await readingVerbs(command, context)
  await addMaps(command, context)
  await addDuties(command, context)
  await loadingVerbs(command, context)
  await archiveVerbs(command, context)
  await proposalVerbs(command, context)
}

async function readingVerbs(command: Command, context: CliContext): Promise<void> {
  const tree = await onlineVerb(command, 'tree', 'nodes as a tree, as of a time')
  tree
    .option('--at <TIME>', 'a date or a moment; else now')
    .option('--under <KIND:CODE>', 'only what is at or below it')
    .action(
      context.runs((flags: AtFlags & { readonly under?: string }) =>
        online<typeof NodePage>(
          flags,
          context,
          (client) => wholeTree(client, defined({ at: flags.at, under: flags.under })),
          ({ items }) => treeText(items),
        ),
      ),
    )
  const trace = await onlineVerb(command, 'trace', 'what feeds a place, or who would be without')
  trace
    .argument('<KIND:CODE>', 'a node such as area:T1, or a usage point as point:P11')
    .option('--up', 'what feeds it')
    .option('--down', 'who would be without supply')
    .option('--at <TIME>', 'a date or a moment; else now')
    .action(
      context.runs((from: string, flags: AtFlags & { readonly up?: true }) => {
        const direction = flags.up ? 'up' : 'down'
        const query = queryOf({ from, direction, at: flags.at, limit: PAGE })
        const ask = `/grid/trace?${query}`
        return online<typeof Trace>(flags, context, (client) => client.get(ask, Trace), showTrace)
      }),
    )
}

/** Every page of it. */
async function wholeTree(client: HeadEndClient, asked: Record<string, string>) {
  const items: Static<typeof NodePage>['items'] = []
  let cursor: string | null = null
  do {
    const query = queryOf({ ...asked, limit: PAGE, cursor: cursor ?? undefined })
    const page = await client.get(`/grid?${query}`, NodePage)
    if (!page.ok) return page
    items.push(...page.value.items)
    cursor = page.value.next
  } while (cursor !== null)
  return { ok: true, value: { items, next: null } } as const
}

async function loadingVerbs(command: Command, context: CliContext): Promise<void> {
  const headroom = await onlineVerb(command, 'headroom', 'what is free at a node and above it')
  headroom
    .argument('<KIND:CODE>', 'a node such as area:T1')
    .option('--kva <N>', 'whether so much more fits')
    .option('--from <DATE>', 'first day; else three months')
    .option('--to <DATE>', 'last day; else yesterday')
    .action(
      context.runs((node: string, flags: PeriodFlags & { readonly kva?: string }) => {
        const query = queryOf({ kva: flags.kva, from: flags.from, to: flags.to })
        const ask = `/grid/${pathOf(node)}/headroom?${query}`
        return online<typeof Capacity>(
          flags,
          context,
          (client) => client.get(ask, Capacity),
          showCapacity,
        )
      }),
    )
  const loading = await onlineVerb(command, 'loading', 'peaks against what may be carried')
  loading
    .option('--kind <KIND>', 'area, feeder, bus, substation', 'area')
    .option('--state <STATE>', 'overloaded, heavy, usual, light, unknown')
    .option('--from <DATE>', 'first day; else three months')
    .option('--to <DATE>', 'last day; else yesterday')
    .action(
      context.runs((flags: PeriodFlags & { readonly kind: string; readonly state?: string }) => {
        const { kind, state, from, to } = flags
        const query = queryOf({ kind, state, from, to, limit: PAGE })
        return online<typeof LoadingPage>(
          flags,
          context,
          (client) => client.get(`/grid/loading?${query}`, LoadingPage),
          ({ items }) => showLoading(items),
        )
      }),
    )
}

async function archiveVerbs(command: Command, context: CliContext): Promise<void> {
  const score = await onlineVerb(command, 'score', 'how complete the archive is, by rule')
  score.option('--area <CODE>', 'only of a transformer area').action(
    context.runs((flags: OnlineFlags & { readonly area?: string }) => {
      const ask = `/archive/score?${queryOf({ area: flags.area })}`
      return online<typeof Score>(flags, context, (client) => client.get(ask, Score), showScore)
    }),
  )
  const compared = await onlineVerb(
    command,
    'differences',
    'differences with the marketing system by day',
  )
  compared.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Comparisons>(
        flags,
        context,
        (client) => client.get('/archive/comparisons', Comparisons),
        ({ items }) => items.map(comparisonLine).join('') || 'Nothing was compared yet.\n',
      ),
    ),
  )
}

function comparisonLine({ date, accounts, differences }: Static<typeof Comparisons>['items'][0]) {
  const count = differences.reduce((sum, one) => sum + one.differences, 0)
  const parts = differences.map((one) => `${one.field} ${one.kind} ${one.differences}`)
  const line = `${date}  ${count} differences, ${accounts} accounts  ${parts.join(', ')}`
  return `${line.trimEnd()}\n`
}

async function proposalVerbs(command: Command, context: CliContext): Promise<void> {
  const proposals = await onlineVerb(command, 'proposals', 'who hangs elsewhere than is archived')
  proposals
    .option('--state <STATE>', 'open, adopted, dismissed, withdrawn', 'open')
    .option('--area <CODE>', 'of or to that transformer area')
    .action(
      context.runs((flags: OnlineFlags & { readonly state: string; readonly area?: string }) => {
        const query = queryOf({ state: flags.state, area: flags.area, limit: PAGE })
        return online<typeof ProposalPage>(
          flags,
          context,
          (client) => client.get(`/grid/proposals?${query}`, ProposalPage),
          ({ items }) => showProposals(items),
        )
      }),
    )
  const search = await onlineVerb(command, 'search', 'look at voltages and terminals now')
  search
    .argument('<KIND:CODE>', 'a node such as feeder:F1')
    .option('--days <N>', 'of voltage', '14')
    .action(
      context.runs((under: string, flags: OnlineFlags & { readonly days: string }) =>
        online<typeof Searched>(
          flags,
          context,
          (client) =>
            client.post('/grid/proposals/search', { under, days: Number(flags.days) }, Searched),
          ({ areas, points, judged, confirmed, open }) =>
            `${areas} areas, ${points} usage points: ${judged} judged, ${confirmed} confirmed, ${open} proposals open\n`,
        ),
      ),
    )
  const adopt = await onlineVerb(command, 'adopt', 'let the archive say what is proposed')
  adopt
    .argument('<ID>', 'of the proposal')
    .option('--since <TIME>', 'a date or a moment; else for as long as it was wrong')
    .action(
      context.runs((id: string, flags: OnlineFlags & { readonly since?: string }) =>
        online<typeof Proposal>(
          flags,
          context,
          (client) =>
            client.post(
              `/grid/proposals/${enc(id)}/adopt`,
              defined({ since: flags.since }),
              Proposal,
            ),
          (proposal) => showProposals([proposal]),
        ),
      ),
    )
  const dismiss = await onlineVerb(command, 'dismiss', 'the archive is right')
  dismiss
    .argument('<ID>', 'of the proposal')
    .requiredOption('--reason <TEXT>', 'why')
    .action(
      context.runs((id: string, flags: OnlineFlags & { readonly reason: string }) =>
        online<typeof Proposal>(
          flags,
          context,
          (client) =>
            client.post(`/grid/proposals/${enc(id)}/dismiss`, { reason: flags.reason }, Proposal),
          (proposal) => showProposals([proposal]),
        ),
      ),
    )
}

/** `area:T1` as `area/T1`. */
function pathOf(node: string): string {
  const colon = node.indexOf(':')
  return `${enc(node.slice(0, colon))}/${enc(node.slice(colon + 1))}`
}

function defined(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}

const queryOf = (given: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(defined(given)).toString()
