import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'
import { addPack } from './anomaly-pack.ts'
import { addPrices } from './anomaly-prices.ts'

const examples = `
Examples:
  hes anomaly list --score-min 60
  hes anomaly show 17
  hes anomaly confirm 17
  hes anomaly dismiss 17 --reason "empty flat" --quiet-days 60
  hes anomaly ticket 17
  hes anomaly rules
  hes anomaly suspects --score-min 50
  hes anomaly pack 231 --output evidence.xlsx
  hes anomaly prices
  hes anomaly price 0.61 --tariff home --from 2026-12-01

What looks wrong with usage points, the most energy at stake first, and who may
explain the loss of an area.
`

const Text = Type.String()
const TextOrNull = Type.Union([Text, Type.Null()])
const finding = {
  id: Type.Integer(),
  rule: Text,
  severity: Text,
  usagePoint: Text,
  score: Type.Integer(),
  state: Text,
  beganOn: Text,
  lastOn: Text,
  energy: Text,
  worth: Text,
  caseId: Type.Union([Type.Integer(), Type.Null()]),
  evidence: Type.Record(Text, Type.Unknown()),
}
const Finding = Type.Object(finding)
const Findings = Type.Object({ items: Type.Array(Finding), next: TextOrNull })
const Shown = Type.Object({
  ...finding,
  daysAround: Type.Array(Type.Object({ date: Text, energy: TextOrNull, areaLoss: TextOrNull })),
})
const Rules = Type.Object({
  items: Type.Array(
    Type.Object({
      code: Text,
      version: Type.Integer(),
      shape: Text,
      customerClass: TextOrNull,
      severity: Text,
      enabled: Type.Boolean(),
      parameters: Type.Record(Text, Type.Unknown()),
    }),
  ),
})
const suspect = {
  usagePointId: Type.Integer(),
  usagePoint: Text,
  node: Text,
  score: Text,
  manner: Text,
  since: Text,
  energy: Text,
  energyLow: Text,
  energyHigh: Text,
  worth: Text,
}
const Suspects = Type.Object({ items: Type.Array(Type.Object(suspect)), next: TextOrNull })
interface Flags extends OnlineFlags {
  readonly state?: string
  readonly rule?: string
  readonly usagePoint?: string
  readonly below?: string
  readonly node?: string
  readonly scoreMin?: string
  readonly limit?: string
  readonly cursor?: string
  readonly reason?: string
  readonly quietDays?: string
}

export async function buildAnomaly(command: Command, context: CliContext): Promise<void> {
  command
    .description('What looks wrong with usage points, and who may explain a loss.')
    .addHelpText('after', examples)
  const list = await onlineVerb(command, 'list', 'findings, the most at stake first')
  list
    .option('--state <STATE>', 'open, confirmed, dismissed or cleared')
    .option('--rule <CODE>', 'only of this rule')
    .option('--usage-point <ID>', 'only of this usage point')
    .option('--below <ID>', 'only below this node of the grid')
    .option('--score-min <N>', 'from this score on')
    .option('--limit <N>', 'rows of a page')
    .option('--cursor <TEXT>', 'the page after this one')
    .action(
      context.runs((flags: Flags) => {
        const { state, rule, usagePoint, below, scoreMin, limit, cursor } = flags
        const query = queryText({ state, rule, usagePoint, below, scoreMin, limit, cursor })
        return online<typeof Findings>(
          flags,
          context,
          (client) => client.get(`/anomalies${query}`, Findings),
          async ({ items, next }) => {
            const rows = items.map((one) => [
              ...[String(one.id), one.rule, one.usagePoint, one.severity, one.state, one.beganOn],
              ...[one.lastOn, String(one.score), one.energy, one.worth],
            ])
            const names = ['id', 'rule', 'usage point', 'severity', 'state', 'since', 'until']
            const shown = await table(names, ['score', 'kWh', 'worth'], rows)
            return shown + more(next)
          },
        )
      }),
    )
  const show = await onlineVerb(command, 'show', 'one finding with its evidence')
  show.argument('<ID>', 'its number').action(
    context.runs((id: string, flags: Flags) =>
      online<typeof Shown>(
        flags,
        context,
        (client) => client.get(`/anomalies/${encodeURIComponent(id)}`, Shown),
        async (one) =>
          `${sentence(one)}  ${JSON.stringify(one.evidence)}\n${await days(one.daysAround)}`,
      ),
    ),
  )
  await addDecisions(command, context)
  await addSuspects(command, context)
}

async function addDecisions(command: Command, context: CliContext): Promise<void> {
  const patch = (id: string, body: unknown, flags: Flags) =>
    online<typeof Finding>(
      flags,
      context,
      (client) => client.patch(`/anomalies/${encodeURIComponent(id)}`, body, Finding),
      sentence,
    )
  const confirm = await onlineVerb(command, 'confirm', 'it is so')
  confirm
    .argument('<ID>', 'its number')
    .option('--reason <TEXT>', 'how it is known')
    .action(
      context.runs((id: string, flags: Flags) =>
        patch(id, { act: 'confirm', ...(flags.reason ? { reason: flags.reason } : {}) }, flags),
      ),
    )
  const dismiss = await onlineVerb(command, 'dismiss', 'it is nothing, and stays quiet for a while')
  dismiss
    .argument('<ID>', 'its number')
    .requiredOption('--reason <TEXT>', 'why')
    .option('--quiet-days <N>', 'so long', '30')
    .action(
      context.runs((id: string, flags: Flags) => {
        const { reason, quietDays } = flags
        return patch(id, { act: 'dismiss', reason, quietDays: Number(quietDays) }, flags)
      }),
    )
  const ticket = await onlineVerb(command, 'ticket', 'make work of it')
  ticket
    .argument('<ID>', 'its number')
    .action(context.runs((id: string, flags: Flags) => patch(id, { act: 'ticket' }, flags)))
  const rules = await onlineVerb(command, 'rules', 'the rules in force, with their numbers')
  rules.action(
    context.runs((flags: Flags) =>
      online<typeof Rules>(
        flags,
        context,
        (client) => client.get('/anomalies/rules', Rules),
        ({ items }) =>
          table(
            ['rule', 'version', 'shape', 'for', 'severity', '', 'numbers'],
            [],
            items.map((one) => [
              ...[one.code, String(one.version), one.shape, one.customerClass ?? 'all'],
              ...[one.severity, one.enabled ? '' : 'off', JSON.stringify(one.parameters)],
            ]),
          ),
      ),
    ),
  )
}

async function addSuspects(command: Command, context: CliContext): Promise<void> {
  const suspects = await onlineVerb(command, 'suspects', 'who may explain the loss of an area')
  suspects
    .option('--node <ID>', 'only of this area')
    .option('--score-min <N>', 'from this score on')
    .option('--limit <N>', 'rows of a page', '20')
    .option('--cursor <TEXT>', 'the page after this one')
    .action(
      context.runs((flags: Flags) => {
        const { node, scoreMin, limit, cursor } = flags
        const query = queryText({ node, scoreMin, limit, cursor })
        return online<typeof Suspects>(
          flags,
          context,
          (client) => client.get(`/theft-suspects${query}`, Suspects),
          async ({ items, next }) => {
            const rows = items.map((one) => [
              ...[String(one.usagePointId), one.usagePoint, one.node, one.manner, one.since],
              ...[one.score, one.energy, `${one.energyLow} to ${one.energyHigh}`, one.worth],
            ])
            const names = ['id', 'usage point', 'area', 'manner', 'since']
            const shown = await table(names, ['score', 'kWh', 'range', 'worth'], rows)
            return shown + more(next)
          },
        )
      }),
    )
  await addPack(command, context)
  await addPrices(command, context)
}

const sentence = (one: typeof Finding.static) =>
  `Anomaly ${one.id} (${one.rule}, ${one.usagePoint}): score ${one.score}, ${one.state}, ` +
  `${one.beganOn} to ${one.lastOn}, ${one.energy} kWh at stake` +
  `${one.caseId === null ? '' : `, case ${one.caseId}`}\n`

const days = (around: typeof Shown.static.daysAround) =>
  table(
    ['day'],
    ['kWh', 'area loss'],
    around.map((one) => [one.date, one.energy ?? '–', one.areaLoss ?? '–']),
  )

const more = (next: string | null) => (next === null ? '' : `more: --cursor ${next}\n`)

const table = (left: readonly string[], right: readonly string[], rows: string[][]) =>
  renderTable(
    [
      ...left.map((title) => ({ title })),
      ...right.map((title) => ({ title, align: 'right' as const })),
    ],
    rows,
  )
