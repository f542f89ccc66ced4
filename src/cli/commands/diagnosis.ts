import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes diagnosis show
  hes diagnosis show --date 2026-11-22 --by concentrator
  hes diagnosis findings --cause wrong-protocol
  hes diagnosis control

Of each meter of which something of a day is missing, why, and what to do.
`

const Group = Type.Object({
  name: Type.Union([Type.String(), Type.Null()]),
  cause: Type.String(),
  class: Type.String(),
  meters: Type.Integer(),
  slots: Type.Integer(),
  todo: Type.String(),
})
const Groups = Type.Object({ date: Type.String(), items: Type.Array(Group) })
const Control = Type.Object({
  items: Type.Array(
    Type.Object({
      cause: Type.String(),
      devices: Type.Integer(),
      orders: Type.Integer(),
      todo: Type.String(),
    }),
  ),
})
const Finding = Type.Object({
  address: Type.String(),
  concentrator: Type.Union([Type.String(), Type.Null()]),
  cause: Type.String(),
  confidence: Type.Integer(),
  missingSlots: Type.Integer(),
  since: Type.String(),
  says: Type.String(),
})
const Page = Type.Object({
  items: Type.Array(Finding),
  next: Type.Union([Type.String(), Type.Null()]),
})

interface DayFlags extends OnlineFlags {
  readonly date?: string
}

export async function buildDiagnosis(command: Command, context: CliContext): Promise<void> {
  command.description('Why something is missing, and what to do.').addHelpText('after', examples)
  const show = await onlineVerb(command, 'show', 'causes of a day, counted')
  show
    .option('--date <YYYY-MM-DD>', 'business date; today if absent')
    .option('--by <WHAT>', 'cause, concentrator, area, maker or protocol', 'cause')
    .action(
      context.runs((flags: DayFlags & { readonly by: string }) =>
        online<typeof Groups>(
          flags,
          context,
          (client) => client.get(`/diagnosis?${queryOf(flags, { by: flags.by })}`, Groups),
          groups,
        ),
      ),
    )
  const control = await onlineVerb(command, 'control', 'faults of control by what came of orders')
  control.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Control>(
        flags,
        context,
        (client) => client.get('/diagnosis/control', Control),
        ({ items }) =>
          items.length === 0
            ? 'No order shows a fault.\n'
            : items
                .map(({ cause, devices, orders, todo }) => {
                  return `${cause}: ${devices} devices, ${orders} orders. ${todo}\n`
                })
                .join(''),
      ),
    ),
  )
  const findings = await onlineVerb(command, 'findings', 'meters, each with its cause')
  findings
    .option('--date <YYYY-MM-DD>', 'business date; today if absent')
    .option('--cause <CAUSE>', 'only those')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((flags: DayFlags & { readonly cause?: string; readonly limit: string }) => {
        const { cause, limit } = flags
        const query = queryOf(flags, { limit, ...(cause === undefined ? {} : { cause }) })
        return online<typeof Page>(
          flags,
          context,
          (client) => client.get(`/diagnosis/findings?${query}`, Page),
          table,
        )
      }),
    )
}

function queryOf({ date }: DayFlags, more: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ ...(date === undefined ? {} : { date }), ...more }).toString()
}

async function groups({ date, items }: Static<typeof Groups>): Promise<string> {
  if (items.length === 0) return `Nothing of ${date} is missing.\n`
  const columns = ['of', 'cause', 'class', 'meters', 'slots', 'what to do']
  const rows = items.map(({ name, cause, class: faultClass, meters, slots, todo }) => [
    name ?? '',
    cause,
    faultClass,
    String(meters),
    String(slots),
    todo,
  ])
  return renderTable(
    columns.map((title) => ({ title })),
    rows,
  )
}

async function table({ items }: Static<typeof Page>): Promise<string> {
  if (items.length === 0) return 'Nothing is missing.\n'
  const columns = ['meter', 'concentrator', 'cause', 'sure', 'slots', 'since']
  const rows = items.map((one) => [
    one.address,
    one.concentrator ?? '',
    one.cause,
    `${one.confidence} %`,
    String(one.missingSlots),
    one.since,
  ])
  return renderTable(
    columns.map((title) => ({ title })),
    rows,
  )
}
