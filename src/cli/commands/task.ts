import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes task ls
  hes task show 3
  hes task add --name "hall curve" --protocol modbus --class current \\
    --items 1.8.0,16.7.0 --cycle 300 --group hall
  hes task set 3 --window 7200 --priority 15
  hes task disable 3

A task is read of every meter of its protocol, or of a group. A running head-end
follows a change at once, also one made through another.
`

const Task = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  nameZh: Type.String(),
  protocol: Type.String(),
  dataClass: Type.String(),
  items: Type.Array(Type.String()),
  cycleSeconds: Type.Integer(),
  offsetSeconds: Type.Integer(),
  priority: Type.Integer(),
  enabled: Type.Boolean(),
  group: Type.Union([Type.String(), Type.Null()]),
  timelySeconds: Type.Integer(),
  meters: Type.Integer(),
})
type Task = Static<typeof Task>
const Tasks = Type.Object({ items: Type.Array(Task) })

interface Flags extends OnlineFlags {
  readonly name?: string
  readonly nameZh?: string
  readonly protocol?: string
  readonly class?: string
  readonly items?: string
  readonly cycle?: string
  readonly offset?: string
  readonly priority?: string
  readonly group?: string
  readonly window?: string
  readonly from?: string
  readonly to?: string
  readonly catchUp?: string
  readonly catchUpItems?: string
  readonly catchUpSlots?: string
}

export async function buildTask(command: Command, context: CliContext): Promise<void> {
  command
    .description('What is read of which meters, how often, and until when it is in time.')
    .addHelpText('after', examples)
  const verb = (name: string, summary: string) => onlineVerb(command, name, summary)
  const one = (ask: (client: HeadEndClient) => Promise<Result<Task, CliFailure>>, flags: Flags) =>
    online<typeof Task>(flags, context, ask, sentences)

  const list = await verb('ls', 'every task, the most urgent first')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Tasks>(
        flags,
        context,
        (client) => client.get('/collection/tasks', Tasks),
        table,
      ),
    ),
  )
  const show = await verb('show', 'one task')
  show
    .argument('<ID>')
    .action(
      context.runs((id: string, flags: Flags) =>
        one((client) => client.get(path(id), Task), flags),
      ),
    )
  const add = fields(await verb('add', 'make a task'))
  add.action(
    context.runs((flags: Flags) =>
      one(
        (client) => changing(flags, (body) => client.post('/collection/tasks', body, Task)),
        flags,
      ),
    ),
  )
  const set = fields(await verb('set', 'change a task'))
  set
    .argument('<ID>')
    .action(
      context.runs((id: string, flags: Flags) =>
        one((client) => changing(flags, (body) => client.patch(path(id), body, Task)), flags),
      ),
    )
  for (const [name, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    const made = await verb(name, enabled ? 'let a task be read again' : 'read a task no more')
    made
      .argument('<ID>')
      .action(
        context.runs((id: string, flags: Flags) =>
          one((client) => client.patch(path(id), { enabled }, Task), flags),
        ),
      )
  }
}

const path = (id: string) => `/collection/tasks/${encodeURIComponent(id)}`

function fields(command: Command): Command {
  return command
    .option('--name <TEXT>', 'what it is called')
    .option('--name-zh <TEXT>', 'the same in Chinese')
    .option('--protocol <P>', 'of the meters it is for')
    .option('--class <CLASS>', 'current, interval, daily or monthly')
    .option('--items <I,…>', 'what is read; the first is what a slot is for')
    .option('--cycle <SECONDS>', 'one slot so often; a day or more is one a day')
    .option('--offset <SECONDS>', 'after midnight and after each cycle')
    .option('--priority <N>', 'lower goes first')
    .option('--group <NAME>', 'only meters of this group; all takes every meter again')
    .option('--window <SECONDS>', 'in time so long after the slot began')
    .option('--from <DATE>', 'first day on which it holds')
    .option('--to <DATE>', 'first day on which it does not hold any more')
    .option('--catch-up <SECONDS>', 'how long devices hold the values')
    .option('--catch-up-items <I,…>', 'how the past is asked for')
    .option('--catch-up-slots <N>', 'neighbouring slots that one visit may fetch')
}

/** The flags as the API takes them; a figure that is none is told before anything is sent. */
async function changing(
  flags: Flags,
  send: (body: object) => Promise<Result<Task, CliFailure>>,
): Promise<Result<Task, CliFailure>> {
  const figures = {
    cycleSeconds: flags.cycle,
    offsetSeconds: flags.offset,
    priority: flags.priority,
    windowSeconds: flags.window,
    catchUpSeconds: flags.catchUp,
    catchUpSlots: flags.catchUpSlots,
  }
  const numbers: Record<string, number> = {}
  for (const [name, text] of Object.entries(figures)) {
    if (text === undefined) continue
    if (!/^\d+$/.test(text)) {
      const message = `${name} is no whole number: ${text}`
      return fail({ exit: exitCodes.usage, code: 'task.no-number', message })
    }
    numbers[name] = Number(text)
  }
  const list = (text: string | undefined) => text?.split(',').map((item) => item.trim())
  const given = {
    name: flags.name,
    nameZh: flags.nameZh,
    protocol: flags.protocol,
    dataClass: flags.class,
    items: list(flags.items),
    group: flags.group === 'all' ? null : flags.group,
    validFrom: flags.from,
    validTo: flags.to,
    catchUpItems: list(flags.catchUpItems),
    ...numbers,
  }
  return await send(given)
}

async function table({ items }: Static<typeof Tasks>): Promise<string> {
  const rows = items.map((task) => [
    ...[String(task.id), task.name, task.protocol, task.dataClass, String(task.cycleSeconds)],
    ...[String(task.timelySeconds), String(task.priority), task.group ?? 'all'],
    ...[String(task.meters), task.enabled ? 'yes' : 'no'],
  ])
  return await renderTable(
    [
      'id',
      'name',
      'protocol',
      'class',
      'cycle s',
      'window s',
      'priority',
      'group',
      'meters',
      'on',
    ].map((title) => ({ title })),
    rows,
  )
}

function sentences(task: Task): string {
  return Object.entries(task)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : value}\n`)
    .join('')
}
