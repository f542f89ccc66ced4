import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, type ExitCode, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes commission start --concentrator 330100000001 --server http://127.0.0.1:8080
  hes commission start --concentrator 2347-0001 --adopt
  hes commission show --concentrator 330100000001
  hes commission adopt --concentrator 330100000001 --meter 330120000009=P-17
  hes commission report --concentrator 330100000001 --csv > report.csv

start looks for every meter behind the concentrator, compares them with the
archive, reads each for the first time and judges it. adopt enters new meters
in the archive: all, or those named, each with its usage point behind a =.
`

const Text = Type.String()
const orNull = Type.Union([Text, Type.Null()])
const Job = Type.Object({
  id: Type.Integer(),
  concentrator: Type.Union([Type.Integer(), Type.Null()]),
  state: Text,
  progress: Type.Object({ searches: Type.Integer(), done: Type.Integer(), trying: Text }),
  requestedAt: Text,
  failure: orNull,
  verdict: orNull,
})
const Jobs = Type.Object({ items: Type.Array(Job) })
const Told = Type.Composite([
  Job,
  Type.Object({
    counts: Type.Record(Text, Type.Integer()),
    meters: Type.Array(
      Type.Object({
        address: Text,
        protocol: Text,
        place: orNull,
        match: orNull,
        meter: Type.Union([Type.Integer(), Type.Null()]),
        verdict: orNull,
        remarks: Type.Array(
          Type.Object({ code: Text, evidence: Text, en: Text, zh: Text, doEn: Text, doZh: Text }),
        ),
      }),
    ),
  }),
])
type Told = Static<typeof Told>
const Concentrators = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })

interface Flags extends OnlineFlags {
  readonly concentrator: string
}
interface StartFlags extends Flags {
  readonly protocol?: string
  readonly adopt?: true
}
interface AdoptFlags extends Flags {
  readonly meter?: readonly string[]
}
interface ReportFlags extends Flags {
  readonly csv?: true
}

export async function buildCommission(command: Command, context: CliContext): Promise<void> {
  command
    .description('Take a concentrator into use, through a head-end.')
    .addHelpText('after', examples)
  const verb = async (name: string, summary: string) =>
    (await onlineVerb(command, name, summary)).requiredOption(
      '--concentrator <A>',
      'address of the concentrator',
    )
  const start = await verb('start', 'find its meters, compare, read and judge them')
  start
    .option('-p, --protocol <P,…>', 'search for these only, e.g. dlt645-2007,dlt645-1997')
    .option('--adopt', 'enter all that are new in the archive')
    .action(
      context.runs((flags: StartFlags) =>
        told(flags, context, async (client, concentrator) => {
          const protocols = flags.protocol?.split(',')
          const body = {
            concentrator,
            ...(protocols === undefined ? {} : { protocols }),
            ...(flags.adopt ? { adopt: true } : {}),
          }
          return await client.post('/commissioning', body, Told)
        }),
      ),
    )
  const show = await verb('show', 'how the newest one stands')
  show.action(context.runs((flags: Flags) => told(flags, context, newest)))
  const adopt = await verb('adopt', 'enter new meters in the archive and read them')
  adopt
    .option('--meter <ADDRESS[=USAGE-POINT]…>', 'these only; may be given more than once', collect)
    .action(
      context.runs((flags: AdoptFlags) =>
        told(flags, context, async (client, concentrator) => {
          const job = await newest(client, concentrator)
          if (!job.ok) return job
          return await client.post(`/commissioning/${job.value.id}/adopt`, adoption(flags), Told)
        }),
      ),
    )
  const report = await verb('report', 'every meter with what stands against it, and what to do')
  report
    .option('--csv', 'as CSV')
    .action(
      context.runs((flags: ReportFlags) =>
        told(flags, context, newest, flags.csv ? csvOf : reportOf),
      ),
    )
}

const collect = (value: string, before: readonly string[] = []) => [...before, value]

function adoption({ meter }: AdoptFlags) {
  if (meter === undefined) return {}
  const pairs = meter.map((one) => one.split('='))
  const points = pairs.flatMap(([address = '', point]) => (point ? [[address, point]] : []))
  return {
    addresses: pairs.map(([address = '']) => address),
    usagePoints: Object.fromEntries(points),
  }
}

type Ask = (client: HeadEndClient, concentrator: number) => Promise<Result<Told, CliFailure>>

function told(
  flags: Flags,
  context: CliContext,
  ask: Ask,
  show: (job: Told) => string | Promise<string> = table,
): Promise<ExitCode> {
  return online<typeof Told>(
    flags,
    context,
    async (client) => {
      const query = new URLSearchParams({ address: flags.concentrator })
      const found = await client.get(`/concentrators?${query}`, Concentrators)
      if (!found.ok) return found
      const [concentrator] = found.value.items
      if (concentrator === undefined) return fail(unknown(flags.concentrator))
      return await ask(client, concentrator.id)
    },
    show,
  )
}

async function newest(
  client: HeadEndClient,
  concentrator: number,
): Promise<Result<Told, CliFailure>> {
  const jobs = await client.get('/commissioning?limit=1000', Jobs)
  if (!jobs.ok) return jobs
  const job = jobs.value.items.find((one) => one.concentrator === concentrator)
  if (job === undefined) return fail(none)
  const whole = await client.get(`/commissioning/${job.id}`, Told)
  return whole.ok ? ok(whole.value) : whole
}

const unknown = (address: string): CliFailure => ({
  exit: exitCodes.notFound,
  code: 'server.concentrator-not-found',
  message: `the head-end knows no concentrator ${address}`,
  next: 'check the address; hes import archive adds concentrators',
})
const none: CliFailure = {
  exit: exitCodes.notFound,
  code: 'server.commission-not-found',
  message: 'this concentrator was not commissioned yet',
  next: 'begin with hes commission start',
}

const columns = ['ADDRESS', 'PROTOCOL', 'MATCH', 'VERDICT', 'REMARKS'].map((title) => ({ title }))

async function table(job: Told): Promise<string> {
  const rows = job.meters.map(({ address, protocol, match, verdict, remarks }) => [
    address,
    protocol,
    match ?? '',
    verdict ?? '',
    remarks.map(({ code }) => code).join(', '),
  ])
  const list = rows.length === 0 ? '' : await renderTable(columns, rows)
  return `${list}${summary(job)}`
}

function summary({ id, state, progress, counts, failure, verdict }: Told): string {
  const found = Object.entries(counts).map(([match, count]) => `${count} ${match}`)
  const at = progress.trying === '' ? '' : `, at ${progress.trying}`
  const end = verdict === null ? '' : ` Verdict: ${verdict}.`
  const why = failure === null ? '' : ` ${failure}.`
  return `Commissioning ${id}: ${state}${at}; ${found.join(', ') || 'nothing found yet'}.${why}${end}\n`
}

function reportOf(job: Told): string {
  const lines = job.meters.map(({ address, protocol, match, verdict, remarks }) => {
    const told = remarks.map(({ en, zh, evidence, doEn, doZh }) => {
      const shown = evidence === '' ? '' : ` [${evidence}]`
      return `\n  ${en} ${zh}${shown}\n    do: ${doEn} ${doZh}`
    })
    return `${address} ${protocol}: ${match ?? ''}, ${verdict ?? 'not judged'}${told.join('')}\n`
  })
  return `${lines.join('')}${summary(job)}`
}

function csvOf(job: Told): string {
  const header = 'address,protocol,place,match,verdict,remark,evidence,what to do,处理'
  const rows = job.meters.flatMap(({ address, protocol, place, match, verdict, remarks }) => {
    const facts = [address, protocol, place ?? '', match ?? '', verdict ?? '']
    const told = remarks.length === 0 ? [['', '', '', '']] : remarks.map(remarkCells)
    return told.map((cells) => [...facts, ...cells].map(cell).join(','))
  })
  return [header, ...rows, ''].join('\r\n')
}

const remarkCells = ({ en, evidence, doEn, doZh }: Told['meters'][number]['remarks'][number]) => [
  en,
  evidence,
  doEn,
  doZh,
]

/** A cell that begins like a formula is shown as text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
