import { writeFile } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import { type Sheet, sheetFile } from '#src/sheets'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const MaybeText = Type.Union([Type.String(), Type.Null()])
const Finding = Type.Object({
  id: Type.Integer(),
  meter: Type.Object({ address: Type.String() }),
  usagePoint: MaybeText,
  register: Type.String(),
  date: Type.String(),
  at: MaybeText,
  code: Type.String(),
  version: Type.Integer(),
  act: Type.String(),
  severity: Type.String(),
  energy: Type.String(),
  worth: Type.String(),
  state: Type.String(),
  claimedBy: MaybeText,
  decidedBy: MaybeText,
  reason: Type.String(),
  evidence: Type.Record(Type.String(), Type.Unknown()),
})
const Findings = Type.Object({ items: Type.Array(Finding), next: MaybeText })
const Proposal = Type.Object({
  id: Type.Integer(),
  usagePoint: Type.String(),
  account: MaybeText,
  month: Type.String(),
  reason: Type.String(),
  state: Type.String(),
  madeAt: Type.String(),
})
const Proposals = Type.Object({ items: Type.Array(Proposal) })
const Ended = Type.Object({ id: Type.Integer(), state: Type.String() })

interface QueueFlags extends OnlineFlags {
  readonly state?: string
  readonly code?: string
  readonly severity?: string
  readonly usagePoint?: string
  readonly from?: string
  readonly to?: string
  readonly limit: string
  readonly output?: string
}

/** The queue of findings, on the screen or as a file, and what should be computed again. */
export async function addQueue(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'ls', 'the queue: the worst first')
  list
    .option('--state <STATE>', 'open, accepted, rejected, corrected, settled')
    .option('--code <CODE>', 'of one rule, e.g. spike')
    .option('--severity <SEVERITY>', 'at least low, medium, high, critical')
    .option('--usage-point <CODE>', 'of one usage point')
    .option('--from <DATE>', 'of days from this one on')
    .option('--to <DATE>', 'and until this one')
    .option('--limit <N>', 'at most so many', '100')
    .option('--output <FILE>', 'into a file ending in .csv or .xlsx, with all that is known')
    .action(
      context.runs((flags: QueueFlags) =>
        online<typeof Findings>(
          flags,
          context,
          (client) => ask(client, flags),
          ({ items }) => written(items, flags.output),
        ),
      ),
    )
  const proposals = await onlineVerb(command, 'proposals', 'bills that rest on a changed value')
  proposals
    .option('--state <STATE>', 'open, done, dismissed')
    .action(
      context.runs(({ state, ...flags }: OnlineFlags & { readonly state?: string }) =>
        online<typeof Proposals>(
          flags,
          context,
          (client) => client.get(`/validation/proposals${queryText({ state })}`, Proposals),
          proposalsTable,
        ),
      ),
    )
  for (const [verb, state, summary] of [
    ['done', 'done', 'a proposed bill was computed again'],
    ['dismiss', 'dismissed', 'a proposed bill need not be computed again'],
  ] as const) {
    const made = await onlineVerb(command, verb, summary)
    made.argument('<PROPOSAL>', 'its number').action(
      context.runs((id: string, flags: OnlineFlags) =>
        online<typeof Ended>(
          flags,
          context,
          (client) => {
            const path = `/validation/proposals/${encodeURIComponent(id)}/end`
            return client.post(path, { state }, Ended)
          },
          (ended) => `Proposal ${ended.id} is ${ended.state}\n`,
        ),
      ),
    )
  }
}

const PAGE_MAX = 1_000

async function ask(
  client: HeadEndClient,
  { state, code, severity, usagePoint, from, to, limit, output }: QueueFlags,
): Promise<Result<Static<typeof Findings>, CliFailure>> {
  const most = /^[1-9]\d{0,5}$/.test(limit) ? Number(limit) : undefined
  if (most === undefined) {
    const message = `--limit is a number, not ${limit}`
    return fail({ exit: exitCodes.usage, code: 'queue.limit', message })
  }
  if (output !== undefined && !/\.(csv|xlsx)$/.test(output)) {
    const message = `--output ends in .csv or .xlsx, not ${output}`
    return fail({ exit: exitCodes.usage, code: 'export.format', message })
  }
  const items: Static<typeof Finding>[] = []
  let cursor: string | undefined
  do {
    const page = String(Math.min(PAGE_MAX, most - items.length))
    const asked = queryText({ state, code, severity, usagePoint, from, to, limit: page, cursor })
    const answer = await client.get(`/validation/findings${asked}`, Findings)
    if (!answer.ok) return answer
    items.push(...answer.value.items)
    cursor = answer.value.next ?? undefined
  } while (cursor !== undefined && items.length < most)
  return ok({ items, next: cursor ?? null })
}

async function written(
  items: Static<typeof Findings>['items'],
  output: string | undefined,
): Promise<string> {
  if (output === undefined) return await findingsTable(items)
  await writeFile(
    output,
    await sheetFile(sheetOf(items), output.endsWith('.xlsx') ? 'xlsx' : 'csv'),
  )
  return `${items.length} findings are in ${output}\n`
}

const text = (title: string) => ({ title, kind: 'text' as const })
const number = (title: string) => ({ title, kind: 'number' as const })

const sheetOf = (items: Static<typeof Findings>['items']): Sheet => ({
  name: 'findings',
  columns: [
    ...['finding', 'severity', 'rule', 'version', 'does', 'meter', 'usage point'].map(text),
    ...['register', 'day', 'at'].map(text),
    ...['energy', 'worth'].map(number),
    ...['state', 'whose', 'decided by', 'reason', 'evidence'].map(text),
  ],
  rows: items.map((one) => [
    ...[String(one.id), one.severity, one.code, String(one.version), one.act, one.meter.address],
    ...[one.usagePoint ?? '', one.register, one.date, one.at ?? '', one.energy, one.worth],
    ...[one.state, one.claimedBy ?? '', one.decidedBy ?? '', one.reason],
    JSON.stringify(one.evidence),
  ]),
})

const columns = (...titles: readonly string[]) => titles.map((title) => ({ title }))

async function findingsTable(items: Static<typeof Findings>['items']): Promise<string> {
  if (items.length === 0) return 'No such finding.\n'
  return await renderTable(
    columns('finding', 'severity', 'what', 'meter', 'register', 'day', 'kWh', 'worth', 'whose'),
    items.map((one) => [
      String(one.id),
      one.severity,
      one.code,
      one.meter.address,
      one.register,
      one.date,
      one.energy,
      one.worth,
      one.claimedBy ?? '',
    ]),
  )
}

async function proposalsTable({ items }: Static<typeof Proposals>): Promise<string> {
  if (items.length === 0) return 'No such proposal.\n'
  return await renderTable(
    columns('proposal', 'usage point', 'account', 'month', 'because of', 'made', 'state'),
    items.map((one) => [
      String(one.id),
      one.usagePoint,
      one.account ?? '',
      one.month,
      one.reason,
      one.madeAt,
      one.state,
    ]),
  )
}
