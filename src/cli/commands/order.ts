import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes order replace 17 --reason "the seal was broken"
  hes order step 3 --at 2026-11-22T11:30:00+08:00 --new-meter 330120000099 \\
      --closing 1.8.0=123.50 --opening 1.8.0=0.30 --photo seal.jpg
  hes order show 3
  hes order ls --hanging
  hes order retire 17 --reason "the house is gone"
  hes order move 4 --reason lightning

An order goes on by itself, step after step, also through a restart; it waits
where somebody has to say what was done in the field (hes order step).
`

const Order = Type.Object({
  id: Type.Integer(),
  kind: Type.String(),
  state: Type.String(),
  meter: Type.Union([Type.Integer(), Type.Null()]),
  requestedBy: Type.String(),
  requestedAt: Type.String(),
  verdict: Type.Union([Type.String(), Type.Null()]),
})
const Page = Type.Object({ items: Type.Array(Order) })
const Step = Type.Object({
  name: Type.String(),
  state: Type.String(),
  attempts: Type.Integer(),
  reason: Type.Union([Type.String(), Type.Null()]),
})
const Told = Type.Composite([Order, Type.Object({ steps: Type.Array(Step) })])

interface ListFlags extends OnlineFlags {
  readonly state?: string
  readonly hanging?: true
  readonly limit: string
}

interface NewFlags extends OnlineFlags {
  readonly reason: string
  readonly channel?: string
  readonly key?: string
}

interface StepFlags extends OnlineFlags {
  readonly retry?: true
  readonly at?: string
  readonly newMeter?: string
  readonly protocol: string
  readonly behind?: string
  readonly newConcentrator?: string
  readonly ct?: string
  readonly pt?: string
  readonly closing?: readonly string[]
  readonly opening?: readonly string[]
  readonly photo?: readonly string[]
}

export async function buildOrder(command: Command, context: CliContext): Promise<void> {
  command.description('Work in the field, step by step.').addHelpText('after', examples)
  const list = await onlineVerb(command, 'ls', 'orders, newest first')
  list
    .option('--state <STATE>', 'running, waiting, done, failed, cancelled')
    .option('--hanging', 'only those at a step that takes longer than it should')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((flags: ListFlags) => {
        const query = new URLSearchParams({ limit: flags.limit })
        if (flags.state !== undefined) query.set('state', flags.state)
        if (flags.hanging) query.set('hanging', 'true')
        const path = `/field-orders?${query}`
        return online<typeof Page>(flags, context, (one) => one.get(path, Page), table)
      }),
    )
  const show = await onlineVerb(command, 'show', 'one order with its steps')
  show.argument('<ID>', 'its number').action(
    context.runs((id: string, flags: OnlineFlags) => {
      const path = `/field-orders/${encodeURIComponent(id)}`
      return online<typeof Told>(flags, context, (one) => one.get(path, Told), told)
    }),
  )
  await addNew(command, context, 'replace', '<METER>', 'replace a meter', (of) => ({
    meter: Number(of),
  }))
  await addNew(command, context, 'retire', '<METER>', 'take a meter away', (of) => ({
    meter: Number(of),
  }))
  await addNew(command, context, 'move', '<CONCENTRATOR>', 'replace a concentrator', (of) => ({
    concentrator: Number(of),
  }))
  const install = await addNew(
    command,
    context,
    'install',
    '<USAGE-POINT>',
    'put up a meter where none is',
    (of, { channel }) => ({ usagePoint: of, channel: Number(channel) }),
  )
  install.requiredOption('--channel <ID>', 'the channel that it will be asked on')
  await addStep(command, context)
  const assign = await onlineVerb(command, 'assign', 'give the work to a person, who is told')
  assign
    .argument('<ID>', 'number of the order')
    .argument('<USER>', 'number of the person, see hes user ls --json')
    .action(
      context.runs((id: string, user: string, flags: OnlineFlags) => {
        const path = `/field-orders/${encodeURIComponent(id)}/assign`
        const body = { user: Number(user) }
        return online<typeof Order>(flags, context, (one) => one.post(path, body, Order), line)
      }),
    )
}

/** One command for each kind of order. */
async function addNew(
  command: Command,
  context: CliContext,
  kind: string,
  argument: string,
  summary: string,
  specOf: (of: string, flags: NewFlags) => object,
): Promise<Command> {
  const made = await onlineVerb(command, kind, summary)
  return made
    .argument(argument, 'number or code, as the archive has it')
    .requiredOption('--reason <TEXT>', 'why, for the record')
    .option('--key <KEY>', 'idempotency key: the same key is the same order')
    .action(
      context.runs((of: string, flags: NewFlags) => {
        const body = { kind, spec: { ...specOf(of, flags), reason: flags.reason } }
        const headers = { 'idempotency-key': flags.key ?? randomUUID() }
        return online<typeof Order>(
          flags,
          context,
          (one) => one.post('/field-orders', body, Order, headers),
          line,
        )
      }),
    )
}

async function addStep(command: Command, context: CliContext): Promise<void> {
  const step = await onlineVerb(command, 'step', 'say what was done, or try a step again')
  step
    .argument('<ID>', 'number of the order')
    .option('--retry', 'try the step again at which it failed or waits')
    .option('--at <TIME>', 'when it was done, with offset')
    .option('--new-meter <ADDRESS>', 'address of the meter that came')
    .option('--protocol <P>', 'its protocol', 'dlt645-2007')
    .option('--behind <ADDRESS>', 'the number on the meter, where a terminal stands for it')
    .option('--new-concentrator <ADDRESS>', 'the concentrator that came')
    .option('--ct <A/B>', 'ratio of the current transformers, if it changed')
    .option('--pt <A/B>', 'ratio of the voltage transformers, if it changed')
    .option('--closing <REGISTER=VALUE...>', 'what the old meter showed')
    .option('--opening <REGISTER=VALUE...>', 'what the new meter showed')
    .option('--photo <REFERENCE...>', 'photos of both')
    .action(
      context.runs((id: string, flags: StepFlags) => {
        const path = `/field-orders/${encodeURIComponent(id)}`
        return online<typeof Order>(
          flags,
          context,
          (one) =>
            flags.retry
              ? one.post(`${path}/retry`, undefined, Order)
              : one.post(`${path}/report`, reportOf(flags), Order),
          line,
        )
      }),
    )
}

function reportOf(flags: StepFlags): object {
  const { at, newMeter, protocol, behind, newConcentrator, ct, pt, closing, opening } = flags
  return {
    at: at ?? '',
    ...(newMeter && {
      newMeter: { address: newMeter, protocol, ...(behind && { behind }) },
    }),
    ...(newConcentrator && { newConcentrator }),
    ...(ct && { ct }),
    ...(pt && { pt }),
    ...(closing && { closing: closing.map(registerOf) }),
    ...(opening && { opening: opening.map(registerOf) }),
    ...(flags.photo && { photos: flags.photo }),
  }
}

function registerOf(text: string) {
  const [register = '', value = ''] = text.split('=')
  return { register, value }
}

const columns = ['order', 'kind', 'meter', 'state', 'by', 'since', 'verdict'].map((title) => ({
  title,
}))

async function table({ items }: Static<typeof Page>): Promise<string> {
  if (items.length === 0) return 'No such order.\n'
  const rows = items.map(({ id, kind, meter, state, requestedBy, requestedAt, verdict }) => {
    return [String(id), kind, String(meter ?? ''), state, requestedBy, requestedAt, verdict ?? '']
  })
  return await renderTable(columns, rows)
}

function line({ id, kind, state, verdict }: Static<typeof Order>): string {
  return `Order ${id} (${kind}): ${state}${verdict === null ? '' : `; ${verdict}`}\n`
}

function told(one: Static<typeof Told>): string {
  const steps = one.steps.map(({ name, state, attempts, reason }) => {
    const tried = attempts > 1 ? `, ${attempts} times` : ''
    return `  ${name}: ${state}${tried}${reason === null ? '' : ` (${reason})`}`
  })
  return `${line(one)}${steps.join('\n')}\n`
}
