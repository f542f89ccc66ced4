import path from 'node:path'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { reportFailure } from '../report.ts'
import { renderTable } from '../table.ts'
import { addChecks } from './archive-checks.ts'
import { addPolicy } from './archive-policy.ts'

const examples = `
Examples:
  hes archive propose meters.xlsx
  hes archive propose accounts.csv --kind marketing
  hes archive changes 12
  hes archive findings 12
  hes archive apply 12
  hes archive point P-1 --at 2025-06-30
  hes archive gaps meter-plate --area T-7
  hes archive differences --field meter

A file is kept with what it would do; apply does all of that or nothing, and
refuses once the archive is another one in what the file touches. At the
server's own database hes import does the same at once.
`

const Text = Type.String()
const Maybe = Type.Union([Type.String(), Type.Null()])
const Import = Type.Object({
  ...{ id: Type.Integer(), kind: Text, state: Text, fileName: Text, sha256: Text },
  ...{ rows: Type.Integer(), created: Type.Integer(), changed: Type.Integer() },
  ...{ proposedBy: Text, proposedAt: Text, appliedBy: Maybe, appliedAt: Maybe },
  counts: Type.Record(Type.String(), Type.Integer()),
})
type Import = Static<typeof Import>
const Shown = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])
const Line = Type.Union([Type.Integer(), Type.Null()])
const Change = Type.Object({
  ...{ line: Line, subject: Text, key: Text, action: Text, validFrom: Maybe },
  ...{ before: Shown, after: Shown },
})
const Finding = Type.Object({
  ...{ kind: Text, line: Line, field: Maybe, value: Maybe, message: Text },
})
const Point = Type.Object({
  ...{ code: Text, name: Text, at: Text },
  installations: Type.Array(
    Type.Object({
      ...{ meter: Text, protocol: Text, ct: Text, pt: Text, from: Text, to: Maybe },
      registers: Type.Array(Type.Object({ register: Text, opening: Maybe, closing: Maybe })),
    }),
  ),
  places: Type.Array(
    Type.Object({
      ...{ kind: Text, node: Text, role: Text, phase: Maybe, from: Text, to: Maybe },
      above: Type.Array(Text),
    }),
  ),
  account: Type.Union([Type.Object({ no: Text, customer: Text, class: Text }), Type.Null()]),
  contract: Type.Union([
    Type.Object({ no: Text, tariff: Maybe, trade: Maybe, capacityKva: Maybe }),
    Type.Null(),
  ]),
})
const pageOf = <Item extends TSchema>(item: Item) =>
  Type.Object({ items: Type.Array(item), next: Maybe })
const Imports = pageOf(Import)
const Changes = pageOf(Change)
const Findings = pageOf(Finding)

const PAGE = 1_000
/** What one command prints at most: a hundred thousand rows. */
const PAGES_MAX = 100

interface Flags extends OnlineFlags {
  readonly kind?: string
  readonly partial?: true
  readonly at?: string
}

export async function buildArchive(command: Command, context: CliContext): Promise<void> {
  command
    .description('Files that change the archive, and what it says of a usage point.')
    .addHelpText('after', examples)
  const verb = async (name: string, summary: string) => await onlineVerb(command, name, summary)

  const propose = await verb('propose', 'keep a file and what it would do; change nothing')
  propose
    .argument('<FILE>', 'a .csv file (UTF-8 or GBK) or .xlsx workbook')
    .option('--kind <KIND>', 'archive or marketing', 'archive')
    .option('--partial', 'a batch that does not have every account')
    .action(
      context.runs(async (file: string, flags: Flags) => {
        let bytes: Uint8Array
        try {
          bytes = context.io.readBytes(file)
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error)
          const code = 'archive.unreadable'
          return reportFailure(context.io, { exit: exitCodes.notFound, code, message })
        }
        const query = new URLSearchParams({
          ...{ kind: flags.kind ?? 'archive', name: path.basename(file) },
          ...(flags.partial && { complete: 'false' }),
        })
        return await online<typeof Import>(
          flags,
          context,
          (client) => client.postBytes(`/archive/files?${query}`, bytes, Import),
          sentences,
        )
      }),
    )
  const list = await verb('ls', 'files that changed the archive, or would')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Imports>(
        flags,
        context,
        (client) => client.get(`/archive/imports?limit=${PAGE}`, Imports),
        ({ items }) => imports(items),
      ),
    ),
  )
  const show = await verb('show', 'one file')
  show
    .argument('<ID>', 'its number')
    .action(
      context.runs((id: string, flags: Flags) =>
        online<typeof Import>(flags, context, (client) => client.get(one(id), Import), sentences),
      ),
    )
  const changes = await verb('changes', 'what a file adds, changes and closes')
  changes.argument('<ID>', 'its number').action(
    context.runs((id: string, flags: Flags) =>
      online<typeof Changes>(
        flags,
        context,
        (client) => allOf(client, `${one(id)}/changes`, Changes),
        ({ items }) => changeTable(items),
      ),
    ),
  )
  const findings = await verb('findings', 'conflicts, and accounts that only one side has')
  findings.argument('<ID>', 'its number').action(
    context.runs((id: string, flags: Flags) =>
      online<typeof Findings>(
        flags,
        context,
        (client) => allOf(client, `${one(id)}/findings`, Findings),
        ({ items }) => findingTable(items),
      ),
    ),
  )
  for (const [act, summary] of [
    ['apply', 'do what was proposed, whole or not at all'],
    ['withdraw', 'drop a proposal'],
  ] as const) {
    const decided = await verb(act, summary)
    decided
      .argument('<ID>', 'its number')
      .action(
        context.runs((id: string, flags: Flags) =>
          online<typeof Import>(
            flags,
            context,
            (client) => client.post(`${one(id)}/${act}`, {}, Import),
            sentences,
          ),
        ),
      )
  }
  const point = await verb('point', 'what the archive says of a usage point as of a day')
  point
    .argument('<CODE>', 'its code')
    .option('--at <DAY>', 'as of when; now where it is not said')
    .action(
      context.runs((code: string, flags: Flags) => {
        const at = flags.at === undefined ? '' : `?at=${encodeURIComponent(flags.at)}`
        return online<typeof Point>(
          flags,
          context,
          (client) => client.get(`/usage-points/${encodeURIComponent(code)}${at}`, Point),
          pointText,
        )
      }),
    )
  await addChecks(command, context)
  await addPolicy(command, context)
}

const one = (id: string): string => `/archive/imports/${encodeURIComponent(id)}`

async function allOf<Item extends TSchema>(
  client: HeadEndClient,
  from: string,
  schema: ReturnType<typeof pageOf<Item>>,
): Promise<Result<{ items: Static<Item>[]; next: string | null }, CliFailure>> {
  const items: Static<Item>[] = []
  let next: string | null = null
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const after: string = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
    const found = await client.get(`${from}?limit=${PAGE}${after}`, schema)
    if (!found.ok) return found
    items.push(...found.value.items)
    next = found.value.next
    if (next === null) break
  }
  return ok({ items, next })
}

const tableOf = (titles: readonly string[], rows: readonly (readonly string[])[]) =>
  renderTable(
    titles.map((title) => ({ title })),
    rows.map((row) => [...row]),
  )

const imports = (items: readonly Import[]) =>
  tableOf(
    ['id', 'what', 'state', 'file', 'rows', 'new', 'changed', 'by', 'when'],
    items.map((item) => [
      ...[String(item.id), item.kind, item.state, item.fileName, String(item.rows)],
      ...[String(item.created), String(item.changed), item.appliedBy ?? item.proposedBy],
      item.appliedAt ?? item.proposedAt,
    ]),
  )

const changeTable = (items: readonly Static<typeof Change>[]) =>
  tableOf(
    ['line', 'what', 'how', 'from', 'before', 'after'],
    items.map(({ line, subject, key, action, validFrom, before, after }) => [
      ...[String(line ?? ''), `${subject} ${key}`, action, validFrom ?? ''],
      ...[shownText(before), shownText(after)],
    ]),
  )

const findingTable = (items: readonly Static<typeof Finding>[]) =>
  tableOf(
    ['line', 'finding', 'field', 'value', 'what is wrong'],
    items.map(({ line, kind, field, value, message }) => [
      ...[String(line ?? ''), kind, field ?? '', value ?? '', message],
    ]),
  )

const shownText = (shown: Static<typeof Shown>): string =>
  Object.entries(shown ?? {})
    .map(([name, value]) => `${name}=${value ?? '–'}`)
    .join(' ')

const sentences = (item: Import): string =>
  [
    `id: ${item.id}`,
    `state: ${item.state}`,
    `file: ${item.fileName} (${item.kind}, sha256 ${item.sha256})`,
    `rows: ${item.rows}, ${item.created} new, ${item.changed} changed`,
    ...Object.entries(item.counts).map(([word, count]) => `${word}: ${count}`),
    `proposed: ${item.proposedAt} by ${item.proposedBy}`,
    ...(item.appliedAt === null ? [] : [`applied: ${item.appliedAt} by ${item.appliedBy ?? ''}`]),
    '',
  ].join('\n')

function pointText({
  code,
  name,
  at,
  installations,
  places,
  account,
  contract,
}: Static<typeof Point>) {
  return [
    `usage point: ${code} ${name}`.trimEnd(),
    `as of: ${at}`,
    ...installations.flatMap(({ meter, protocol, ct, pt, from, to, registers }) => [
      `meter: ${meter} (${protocol}) CT ${ct} PT ${pt}, ${from} to ${to ?? 'now'}`,
      ...registers.map(
        ({ register, opening, closing }) => `  ${register}: ${opening ?? '–'} to ${closing ?? '–'}`,
      ),
    ]),
    ...places.map(
      ({ kind, node, role, phase, above }) =>
        `place: ${role} of ${[`${kind} ${node}`, ...above].join(' < ')}${phase === null ? '' : `, phase ${phase}`}`,
    ),
    ...(account ? [`account: ${account.no} ${account.customer} (${account.class})`] : []),
    ...(contract
      ? [`contract: ${contract.no} ${contract.tariff ?? ''} ${contract.trade ?? ''}`.trimEnd()]
      : []),
    '',
  ].join('\n')
}
