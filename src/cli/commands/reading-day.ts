import { writeFile } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { clientFor, type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { reportFailure } from '../report.ts'
import {
  Batch,
  batchLine,
  batchText,
  Held,
  heldText,
  Reconciliation,
  Route,
  routeText,
  shownCheck,
  shownHeld,
} from './reading-day-view.ts'

const examples = `
Examples:
  hes reading-day set north --group "feeder 10kV-3" --day 5 --from 2026-11-05
  hes reading-day ls
  hes reading-day show north
  hes reading-day run north
  hes reading-day run north --date 2026-11-20
  hes reading-day export 12 --output november.csv
  hes reading-day check 12
  hes reading-day receipt 12 answer.json
  hes reading-day withdraw 12 --reason "wrong ratio of P-7"

Readings for billing, to the marketing system (营销系统), on the reading day (抄表例日)
of each reading route (抄表段). Batches leave by themselves at the route's hour: each
account with the register where the last one ended, the register at the first moment of
the reading day, multiplier and energy. What is not known yet stays behind with its
reason and leaves in a later batch; no moment of a usage point leaves twice.

A receipt is what the marketing system says it took, as JSON:
  {"rows": 3, "totals": [{"register": "1.8.0", "energy": "250.37"}],
   "rejected": [{"line": 2, "reason": "closed account"}]}
`

const Routes = Type.Object({ items: Type.Array(Route) })
const Batches = Type.Object({ items: Type.Array(Batch) })
const Run = Type.Object({
  route: Type.String(),
  date: Type.String(),
  batch: Type.Union([Batch, Type.Null()]),
  held: Type.Record(Type.String(), Type.Integer()),
})
const ROUTES = '/reading-routes'
const BATCHES = '/reading-day-batches'

interface SetFlags extends OnlineFlags {
  readonly group: string
  readonly day: string
  readonly from: string
  readonly name?: string
  readonly every?: string
  readonly at?: string
  readonly waitDays?: string
  readonly registers?: string
  readonly language?: string
}

export async function buildReadingDay(command: Command, context: CliContext): Promise<void> {
  command
    .description('Readings for billing, to the marketing system, on the reading day (抄表例日).')
    .addHelpText('after', examples)
  await addRoutes(command, context)
  await addBatches(command, context)
}

async function addRoutes(command: Command, context: CliContext): Promise<void> {
  const ls = await onlineVerb(command, 'ls', 'reading routes with their days')
  ls.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Routes>(
        flags,
        context,
        (client) => client.get(ROUTES, Routes),
        ({ items }) => routeText(items),
      ),
    ),
  )
  const set = await onlineVerb(command, 'set', 'make a reading route, or change it')
  set
    .argument('<ROUTE>', 'its code (抄表段)')
    .requiredOption('--group <NAME>', 'usage group that it reads (hes usage-group)')
    .requiredOption('--day <N>', 'day of the month, 1 to 31; 31 is always the last')
    .requiredOption('--from <DATE>', 'nothing before this day is sent')
    .option('--every <MONTHS>', '1, 2, 3, 4, 6 or 12 (default: 1)')
    .option('--at <HH:MM>', 'when batches leave (default: 08:00)')
    .option('--wait-days <N>', 'how long a real value is waited for (default: 1)')
    .option('--registers <CODES>', 'with commas (default: 1.8.0 to 1.8.4 and 2.8.0)')
    .option('--name <TEXT>', 'what people call it')
    .option('--language <WORD>', 'of the headings of its files: zh (default) or en')
    .action(context.runs((code: string, flags: SetFlags) => setRoute(code, flags, context)))
  const rm = await onlineVerb(command, 'rm', 'read a route no more; what has left stays')
  rm.argument('<ROUTE>', 'its code').action(
    context.runs((code: string, flags: OnlineFlags) =>
      online<typeof Route>(
        flags,
        context,
        (client) => client.delete(`${ROUTES}/${encodeURIComponent(code)}`, Route),
        () => `route ${code} is read no more\n`,
      ),
    ),
  )
  const run = await onlineVerb(command, 'run', 'send now what is ready and has not left')
  run
    .argument('<ROUTE>', 'its code')
    .option('--date <DATE>', 'up to its first moment (default: the last reading day)')
    .action(
      context.runs((code: string, { date, ...flags }: OnlineFlags & { date?: string }) =>
        online<typeof Run>(
          flags,
          context,
          (client) =>
            client.post(
              `${ROUTES}/${encodeURIComponent(code)}/runs`,
              date === undefined ? {} : { date },
              Run,
            ),
          ({ batch, held }) =>
            `${batch === null ? 'nothing new to send' : batchLine(batch)}${heldText(held)}\n`,
        ),
      ),
    )
  const show = await onlineVerb(command, 'show', 'what stayed behind of a route, and why')
  show
    .argument('<ROUTE>', 'its code')
    .option('--limit <N>', 'at most so many rows', '100')
    .action(
      context.runs((code: string, { limit, ...flags }: OnlineFlags & { limit: string }) =>
        online<typeof Held>(
          flags,
          context,
          (client) =>
            client.get(`${ROUTES}/${encodeURIComponent(code)}/held${queryText({ limit })}`, Held),
          shownHeld,
        ),
      ),
    )
}

async function addBatches(command: Command, context: CliContext): Promise<void> {
  const batches = await onlineVerb(command, 'batches', 'what has left, newest first')
  batches
    .option('--route <CODE>', 'only of one route')
    .option('--limit <N>', 'at most so many', '20')
    .action(
      context.runs(({ route, limit, ...flags }: OnlineFlags & { route?: string; limit: string }) =>
        online<typeof Batches>(
          flags,
          context,
          (client) => client.get(`${BATCHES}${queryText({ route, limit })}`, Batches),
          ({ items }) => batchText(items),
        ),
      ),
    )
  const out = await onlineVerb(command, 'export', 'the file of a batch')
  out
    .argument('<BATCH>', 'its number')
    .option('--output <FILE>', '.csv or .xlsx (default: CSV on stdout)')
    .action(
      context.runs((id: string, flags: OnlineFlags & { output?: string }) =>
        exportBatch(id, flags, context),
      ),
    )
  const check = await onlineVerb(command, 'check', 'what left against the energy that is kept')
  check
    .argument('<BATCH>', 'its number')
    .action(
      context.runs((id: string, flags: OnlineFlags) =>
        online<typeof Reconciliation>(
          flags,
          context,
          (client) => client.get(`${batchPath(id)}/reconciliation`, Reconciliation),
          shownCheck,
        ),
      ),
    )
  const receipt = await onlineVerb(command, 'receipt', 'what the marketing system says it took')
  receipt
    .argument('<BATCH>', 'its number')
    .argument('<FILE>', 'its answer, as JSON')
    .action(
      context.runs((id: string, file: string, flags: OnlineFlags) =>
        sendReceipt(id, file, flags, context),
      ),
    )
  const withdraw = await onlineVerb(command, 'withdraw', 'take back what nobody acknowledged')
  withdraw
    .argument('<BATCH>', 'its number')
    .requiredOption('--reason <TEXT>', 'why')
    .action(
      context.runs((id: string, { reason, ...flags }: OnlineFlags & { reason: string }) =>
        online<typeof Batch>(
          flags,
          context,
          (client) => client.post(`${batchPath(id)}/withdraw`, { reason }, Batch),
          (batch) => `${batchLine(batch)}\n`,
        ),
      ),
    )
}

const batchPath = (id: string) => `${BATCHES}/${encodeURIComponent(id)}`

function setRoute(code: string, flags: SetFlags, context: CliContext): Promise<ExitCode> {
  const { group, day, from, every, at, waitDays, registers, name, language, ...rest } = flags
  const body = {
    ...{ group, day: Number(day), startsOn: from },
    ...(name !== undefined && { name }),
    ...(every !== undefined && { everyMonths: Number(every) }),
    ...(at !== undefined && { publishAt: at }),
    ...(waitDays !== undefined && { waitDays: Number(waitDays) }),
    ...(registers !== undefined && { registers: registers.split(',') }),
    ...(language !== undefined && { language }),
  }
  return online<typeof Route>(
    rest,
    context,
    (client) => client.put(`${ROUTES}/${encodeURIComponent(code)}`, body, Route),
    (route) => routeText([route]),
  )
}

async function exportBatch(
  id: string,
  { output, ...flags }: OnlineFlags & { output?: string },
  { io }: CliContext,
): Promise<ExitCode> {
  const format = output?.toLowerCase().endsWith('.xlsx') ? 'xlsx' : 'csv'
  const client = await clientFor(flags, io)
  if (typeof client === 'number') return client
  const file = await client.getFile(`${batchPath(id)}/rows.${format}`)
  if (!file.ok) return reportFailure(io, file.error)
  if (output === undefined)
    io.stdout.write(new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.value))
  else {
    await writeFile(output, file.value)
    io.stderr.write(`${output}: ${file.value.length} bytes\n`)
  }
  return exitCodes.done
}

async function sendReceipt(
  id: string,
  file: string,
  flags: OnlineFlags,
  context: CliContext,
): Promise<ExitCode> {
  let body: unknown
  try {
    body = JSON.parse(context.io.readFile(file))
  } catch (error) {
    // Whoever gave the file is told what is wrong with it.
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${file} is no JSON file: ${reason}`
    return reportFailure(context.io, { exit: exitCodes.usage, code: 'receipt.file', message })
  }
  return await online<typeof Batch>(
    flags,
    context,
    (client) => client.post(`${batchPath(id)}/receipt`, body, Batch),
    (batch) => `${batchLine(batch)}\n`,
  )
}
