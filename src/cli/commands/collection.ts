import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import type { ExitCode } from '../exit.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes collection summary --date 2026-11-21
  hes collection kpis --from 2026-11-01 --to 2026-11-30 --by concentrator
  hes collection missing --date 2026-11-21 --reason timeout
  hes collection unread --days 3
  hes collection coverage --json
  hes collection backfill --from 2026-11-18 --to 2026-11-20
`

const TextOrNull = Type.Union([Type.String(), Type.Null()])
const counts = {
  expected: Type.Integer(),
  received: Type.Integer(),
  late: Type.Integer(),
  missing: Type.Integer(),
  pending: Type.Integer(),
  successRate: TextOrNull,
}
const Summary = Type.Object({
  date: Type.String(),
  ...counts,
  groups: Type.Array(Type.Object({ concentrator: TextOrNull, channel: Type.String(), ...counts })),
})
const Kpi = Type.Object({
  name: Type.String(),
  formula: Type.String(),
  numerator: Type.Number(),
  denominator: Type.Number(),
  value: TextOrNull,
})
const Kpis = Type.Object({
  from: Type.String(),
  to: Type.String(),
  items: Type.Array(Type.Object({ group: Type.String(), kpis: Type.Array(Kpi) })),
})
const place = { meter: Type.Integer(), usagePoint: TextOrNull, concentrator: TextOrNull }
const Slots = Type.Object({
  items: Type.Array(
    Type.Object({
      ...place,
      address: Type.String(),
      task: Type.String(),
      slot: Type.String(),
      state: Type.String(),
      reason: TextOrNull,
      attempts: Type.Integer(),
    }),
  ),
  next: TextOrNull,
})
const Unread = Type.Object({
  items: Type.Array(
    Type.Object({
      ...place,
      address: Type.String(),
      lastReceived: TextOrNull,
      reason: TextOrNull,
    }),
  ),
  next: TextOrNull,
})
const Coverage = Type.Object({
  kpi: Kpi,
  items: Type.Array(
    Type.Object({
      usagePoint: Type.String(),
      address: TextOrNull,
      concentrator: TextOrNull,
      reason: Type.String(),
    }),
  ),
  next: TextOrNull,
})
const Backfilled = Type.Object({ slots: Type.Integer(), lost: Type.Integer() })

interface Flags extends OnlineFlags {
  readonly date?: string
  readonly from?: string
  readonly to?: string
  readonly by?: string
  readonly state?: string
  readonly reason?: string
  readonly task?: string
  readonly days?: string
  readonly limit?: string
  readonly cursor?: string
}

/** What a verb asks and how its answer looks. */
type Verb = (flags: Flags, context: CliContext) => Promise<ExitCode>

export async function buildCollection(command: Command, context: CliContext): Promise<void> {
  command
    .description('What should have come from the meters, what did, and why the rest did not.')
    .addHelpText('after', examples)
  const verb = async (name: string, summary: string, run: Verb) => {
    const made = await onlineVerb(command, name, summary)
    return made.action(context.runs((flags: Flags) => run(flags, context)))
  }
  const day = ['--date <DATE>', 'civil date, as 2026-11-21 (default: today)'] as const
  const from = ['--from <DATE>', 'first day (default: today)'] as const
  const to = ['--to <DATE>', 'last day (default: that of --from)'] as const

  const summary = await verb('summary', 'the table of a day, by concentrator', showSummary)
  summary.option(...day)
  const kpis = await verb('kpis', 'success, timeliness, online rates, with formulas', showKpis)
  kpis
    .option(...from)
    .option(...to)
    .option(
      '--by <WHAT>',
      'day, concentrator, concentrator-maker, transformer, maker, model, protocol, task, data-class',
    )
  const missing = await verb('missing', 'slots of a day that were given up', showMissing)
  missing
    .option(...day)
    .option('--state <STATE>', 'due, received, late, given-up, not-expected, estimated')
    .option('--reason <CODE>', 'only for this reason, as timeout')
    .option('--task <ID>', 'only of this task')
  const unread = await verb('unread', 'meters of which nothing came for days', showUnread)
  unread.option('--days <N>', 'for so many days (default: 3)')
  const coverage = await verb('coverage', 'usage points without an active terminal', showCoverage)
  for (const list of [missing, unread, coverage]) {
    list
      .option('--limit <N>', 'rows of a page')
      .option('--cursor <TEXT>', 'the page after this one')
  }
  const backfill = await verb('backfill', 'ask again for what was given up', orderBackfill)
  backfill
    .requiredOption(...from)
    .requiredOption(...to)
    .option('--task <ID>', 'only of this task')
}

const showSummary: Verb = (flags, context) =>
  online<typeof Summary>(
    flags,
    context,
    (client) => client.get(`/collection/summary${queryText({ date: flags.date })}`, Summary),
    async (answer) => {
      const row = (name: string, of: Static<typeof Summary> | (typeof answer.groups)[number]) => [
        name,
        ...[of.expected, of.received, of.late, of.missing, of.pending].map(String),
        of.successRate ?? '–',
      ]
      const rows = answer.groups.map((group) => row(group.concentrator ?? group.channel, group))
      return await renderTable(
        columnsOf([answer.date], ['expected', 'received', 'late', 'missing', 'pending', 'rate']),
        [...rows, row('all', answer)],
      )
    },
  )

const showKpis: Verb = (flags, context) => {
  const { from, to, by } = flags
  return online<typeof Kpis>(
    flags,
    context,
    (client) => client.get(`/collection/kpis${queryText({ from, to, by })}`, Kpis),
    async ({ items }) => {
      const rows = items.flatMap(({ group, kpis }) =>
        kpis.map((kpi) => [group === '' ? 'all' : group, ...kpiCells(kpi)]),
      )
      const formulas = new Map(
        items.flatMap(({ kpis }) => kpis.map((kpi) => [kpi.name, kpi.formula] as const)),
      )
      const table = await renderTable(columnsOf(['group', 'figure'], ['value', '=', '/']), rows)
      return `${table}\n${[...formulas].map(([name, text]) => `${name} = ${text}\n`).join('')}`
    },
  )
}

const showMissing: Verb = (flags, context) => {
  const { date, reason, task, limit, cursor, state = 'given-up' } = flags
  const query = queryText({ date, state, reason, task, limit, cursor })
  return online<typeof Slots>(
    flags,
    context,
    (client) => client.get(`/collection/slots${query}`, Slots),
    async ({ items, next }) => {
      const rows = items.map((one) => [
        ...[one.slot, one.address, one.usagePoint ?? '–', one.concentrator ?? '–', one.task],
        ...[one.state, one.reason ?? '–', String(one.attempts)],
      ])
      const names = ['slot', 'meter', 'point', 'concentrator', 'task', 'state', 'reason']
      return (await renderTable(columnsOf(names, ['asked']), rows)) + more(next)
    },
  )
}

const showUnread: Verb = (flags, context) => {
  const { days, limit, cursor } = flags
  return online<typeof Unread>(
    flags,
    context,
    (client) => client.get(`/collection/unread${queryText({ days, limit, cursor })}`, Unread),
    async ({ items, next }) => {
      const rows = items.map((one) => [
        ...[one.address, one.usagePoint ?? '–', one.concentrator ?? '–'],
        ...[one.lastReceived ?? '–', one.reason ?? '–'],
      ])
      const names = ['meter', 'point', 'concentrator', 'last received', 'reason']
      return (await renderTable(columnsOf(names, []), rows)) + more(next)
    },
  )
}

const showCoverage: Verb = (flags, context) => {
  const { limit, cursor } = flags
  return online<typeof Coverage>(
    flags,
    context,
    (client) => client.get(`/collection/coverage${queryText({ limit, cursor })}`, Coverage),
    async ({ kpi, items, next }) => {
      const rows = items.map((one) => [
        ...[one.usagePoint, one.address ?? '–', one.concentrator ?? '–', one.reason],
      ])
      const head = `coverage ${kpiCells(kpi).slice(1).join('  ')}: ${kpi.formula}\n`
      if (rows.length === 0) return head
      const names = ['point', 'meter', 'concentrator', 'reason']
      return `${head}\n${await renderTable(columnsOf(names, []), rows)}${more(next)}`
    },
  )
}

const orderBackfill: Verb = (flags, context) => {
  const { from, to, task } = flags
  const tasks = task === undefined ? {} : { tasks: [Number(task)] }
  return online<typeof Backfilled>(
    flags,
    context,
    (client) => client.post('/collection/backfill', { from, to, ...tasks }, Backfilled),
    ({ slots, lost }) =>
      `${slots} slots are due again; ${lost} more cannot be had from any device any more\n`,
  )
}

const kpiCells = ({ name, value, numerator, denominator }: Static<typeof Kpi>) => [
  ...[name, value ?? '–', String(numerator), String(denominator)],
]

const columnsOf = (left: readonly string[], right: readonly string[]) => [
  ...left.map((title) => ({ title })),
  ...right.map((title) => ({ title, align: 'right' as const })),
]

const more = (next: string | null) => (next === null ? '' : `more: --cursor ${next}\n`)
