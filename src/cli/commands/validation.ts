import { readFile } from 'node:fs/promises'
import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { addEnergy } from './validation-energy.ts'
import { addFigures } from './validation-figures.ts'
import { addQueue } from './validation-queue.ts'
import { addRules } from './validation-rules.ts'

const examples = `
Examples:
  hes validation ls --severity high
  hes validation ls --from 2026-11-01 --limit 5000 --output queue.xlsx
  hes validation energy UP-0001 --date 2026-11-21
  hes validation claim 17 18
  hes validation accept 17 --reason "a new heat pump"
  hes validation reject 18 --reason "display misread"
  hes validation edit 42 --at 2026-11-01 --value 1234.56 --reason "read on site"
  hes validation approve 7
  hes validation readings handheld.csv --format handheld-zh
  hes validation proposals
  hes validation figures --from 2026-11-01 --to 2026-12-01
  hes validation rules --code spike
  hes validation rule high --class industrial --set times=8 --reason "batch works"
  hes validation rule high --class industrial --end --reason "as all others"
`

const Decided = Type.Object({ done: Type.Array(Type.Integer()), left: Type.Array(Type.Integer()) })
const Value = Type.Object({
  id: Type.String(),
  meter: Type.Object({ address: Type.String() }),
  register: Type.String(),
  at: Type.String(),
  value: Type.String(),
  kind: Type.String(),
  state: Type.String(),
  madeBy: Type.String(),
})
const Values = Type.Object({ items: Type.Array(Value) })
const Brought = Type.Object({
  items: Type.Array(
    Type.Object({
      line: Type.Integer(),
      outcome: Type.String(),
      reasons: Type.Array(Type.String()),
    }),
  ),
  wrong: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() })),
})

type Flags = OnlineFlags & Readonly<Record<string, string | true | undefined>>

export async function buildValidation(command: Command, context: CliContext): Promise<void> {
  command
    .description('What is thought of values, and what stands in for missing ones.')
    .addHelpText('after', examples)
  await addQueue(command, context)
  await addEnergy(command, context)
  for (const [verb, summary] of deciding) {
    const made = await onlineVerb(command, verb, summary)
    made
      .argument('<ID...>', 'their numbers')
      .option('--reason <TEXT>', 'why')
      .action(
        context.runs((ids: readonly string[], flags: Flags) =>
          online<typeof Decided>(
            flags,
            context,
            (client) =>
              client.post(
                '/validation/findings/decisions',
                { ids: ids.map(Number), decision: verb, reason: flags.reason },
                Decided,
              ),
            decided,
          ),
        ),
      )
  }
  await buildValues(command, context)
  await addRules(command, context)
  await addFigures(command, context)
}

async function buildValues(command: Command, context: CliContext): Promise<void> {
  const values = await onlineVerb(command, 'values', 'estimates, edits and readings people brought')
  values
    .option('--state <STATE>', 'proposed, in-force, superseded, refused')
    .option('--kind <KIND>', 'estimated, edited, handheld, self, manual')
    .option('--meter <ID>', 'of one meter')
    .action(
      context.runs((flags: Flags) =>
        online<typeof Values>(
          flags,
          context,
          (client) => client.get(`/validation/values?${queryOf(flags, valued)}`, Values),
          ({ items }) => items.map(sentence).join('') || 'No such value.\n',
        ),
      ),
    )
  const edit = await onlineVerb(command, 'edit', 'write another value; another person approves it')
  edit
    .argument('<METER>', 'its number')
    .requiredOption('--at <MOMENT>', 'ISO 8601, or a date: its first moment')
    .requiredOption('--value <VALUE>', 'as on the display')
    .requiredOption('--reason <TEXT>', 'why')
    .option('--register <OBIS>', 'which register', '1.8.0')
    .action(
      context.runs((meter: string, { at, value, reason, register, ...flags }: Flags) =>
        online<typeof Value>(
          flags,
          context,
          (client) => {
            const body = { meter: Number(meter), at, value, reason, register }
            return client.post('/validation/edits', body, Value)
          },
          sentence,
        ),
      ),
    )
  for (const verb of ['approve', 'refuse'] as const) {
    const made = await onlineVerb(command, verb, `${verb} an edit of somebody else`)
    made
      .argument('<ID>', 'of the value')
      .option('--reason <TEXT>', 'why')
      .action(
        context.runs((id: string, { reason, ...flags }: Flags) =>
          online<typeof Value>(
            flags,
            context,
            (client) =>
              client.post(`/validation/edits/${encodeURIComponent(id)}/${verb}`, { reason }, Value),
            sentence,
          ),
        ),
      )
  }
  const readings = await onlineVerb(command, 'readings', 'bring the file of a handheld')
  readings
    .argument('<FILE>', 'CSV, in UTF-8 or GBK')
    .option('--format <NAME>', 'which heading stands for what', 'standard')
    .action(context.runs((path: string, flags: Flags) => bringFile(path, flags, context)))
}

async function bringFile(path: string, flags: Flags, context: CliContext) {
  const file = await readFile(path).catch(() => undefined)
  if (file === undefined) {
    context.io.stderr.write(`hes: ${path} cannot be read\n`)
    return exitCodes.notFound
  }
  return await online<typeof Brought>(
    flags,
    context,
    (client) =>
      client.postCsv(`/validation/handheld-files?${queryOf(flags, ['format'])}`, file, Brought),
    ({ items, wrong }) => {
      const count = (outcome: string) => items.filter((one) => one.outcome === outcome).length
      const lines = [
        ...wrong.map(({ line, reason }) => `  line ${line}: ${reason}\n`),
        ...items
          .filter(({ outcome }) => outcome !== 'accepted')
          .map(
            ({ line, outcome, reasons }) => `  line ${line}: ${outcome}, ${reasons.join(', ')}\n`,
          ),
      ]
      return `${count('accepted')} accepted, ${count('queued')} in the queue, ${
        count('refused') + wrong.length
      } refused\n${lines.join('')}`
    },
  )
}

const valued = ['state', 'kind', 'meter'] as const
const deciding = [
  ['claim', 'take findings on'],
  ['release', 'give findings back'],
  ['accept', 'the values are right'],
  ['reject', 'the values are wrong and do not count'],
  ['estimate', 'the values are wrong, and estimates stand in for them'],
] as const

function queryOf(flags: Flags, names: readonly string[]): string {
  const query = new URLSearchParams()
  for (const name of names) {
    const value = flags[name]
    if (typeof value === 'string') query.set(name, value)
  }
  return query.toString()
}

const decided = ({ done, left }: Static<typeof Decided>): string =>
  `${done.length} done${left.length === 0 ? '' : `, left: ${left.join(', ')} (not open)`}\n`

const sentence = ({ id, meter, register, at, value, kind, state, madeBy }: Static<typeof Value>) =>
  `Value ${id}: ${register} of ${meter.address} at ${at} is ${value} (${kind} by ${madeBy}, ${state})\n`
