import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail } from '#src/core'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'
import { addMeterCheck } from './meter-check.ts'

const Event = Type.Object({
  id: Type.String(),
  device: Type.String(),
  code: Type.String(),
  name: Type.String(),
  severity: Type.String(),
  phase: Type.Union([Type.String(), Type.Null()]),
  at: Type.String(),
  clearedAt: Type.Union([Type.String(), Type.Null()]),
  open: Type.Boolean(),
  source: Type.String(),
  eventId: Type.String(),
})
const Page = Type.Object({
  items: Type.Array(Event),
  next: Type.Union([Type.String(), Type.Null()]),
})
const Frames = Type.Object({
  items: Type.Array(
    Type.Object({
      at: Type.String(),
      edge: Type.String(),
      direction: Type.String(),
      hex: Type.String(),
      cut: Type.Boolean(),
    }),
  ),
})
const Meters = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })

interface ListFlags extends OnlineFlags {
  readonly device?: string
  readonly code?: string
  readonly open?: true
  readonly from?: string
  readonly to?: string
  readonly limit?: string
}

export async function buildDeviceEvents(command: Command, context: CliContext): Promise<void> {
  command.description('What devices say happened.').addHelpText(
    'after',
    `
Examples:
  hes device-events ls --open
  hes device-events ls --device 4401-0105 --code power-failure
  hes device-events ls --from 2026-11-01T00:00:00+08:00 --json
  hes device-events frames 42
`,
  )
  const list = filtered(await onlineVerb(command, 'ls', 'events, newest first'))
  list
    .option('--device <ADDRESS>', 'of one meter or concentrator')
    .action(
      context.runs((flags: ListFlags) =>
        online<typeof Page>(
          flags,
          context,
          (client) => client.get(`/device-events?${queryOf(flags)}`, Page),
          table,
        ),
      ),
    )
  const frames = await onlineVerb(command, 'frames', 'the frames that told an event')
  frames.argument('<ID>', 'of the event, see ls --json').action(
    context.runs((id: string, flags: OnlineFlags) => {
      const path = `/device-events/${encodeURIComponent(id)}/frames`
      return online<typeof Frames>(flags, context, (client) => client.get(path, Frames), told)
    }),
  )
}

function told({ items }: Static<typeof Frames>): string {
  if (items.length === 0) return 'No frames are kept of it.\n'
  return items
    .map(({ at, edge, direction, hex, cut }) => {
      return `${at}  ${edge}  ${direction.padEnd(8)}  ${hex}${cut ? ' …' : ''}\n`
    })
    .join('')
}

export async function buildMeter(command: Command, context: CliContext): Promise<void> {
  command.description('What is known of one meter.').addHelpText(
    'after',
    `
Examples:
  hes meter events 000012345678
  hes meter events 000012345678 --code cover-open --json
  hes meter check 000012345678
`,
  )
  await addMeterCheck(command, context)
  const events = filtered(await onlineVerb(command, 'events', 'what it says happened'))
  events
    .argument('<METER>', 'its address')
    .action(
      context.runs((address: string, flags: ListFlags) =>
        online<typeof Page>(flags, context, (client) => ofMeter(client, address, flags), table),
      ),
    )
}

async function ofMeter(client: HeadEndClient, address: string, flags: ListFlags) {
  const found = await client.get(`/meters?address=${encodeURIComponent(address)}`, Meters)
  if (!found.ok) return found
  const [meter] = found.value.items
  if (meter) return await client.get(`/meters/${meter.id}/events?${queryOf(flags)}`, Page)
  return fail({
    exit: exitCodes.failed,
    code: 'meter.not-found',
    message: `no meter has the address ${address}`,
    next: 'look it up with GET /meters, or import it',
  })
}

function filtered(command: Command): Command {
  return command
    .option('--code <CODE>', 'e.g. cover-open')
    .option('--open', 'only those that go on')
    .option('--from <TIME>', 'ISO 8601 with an offset')
    .option('--to <TIME>', 'ISO 8601 with an offset')
    .option('--limit <N>', 'at most so many', '100')
}

function queryOf({ device, code, open, from, to, limit }: ListFlags): URLSearchParams {
  const query = new URLSearchParams({ limit: limit ?? '100' })
  const given = { device, code, from, to, ...(open ? { open: 'true' } : {}) }
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, value)
  return query
}

const columns = ['when', 'until', 'device', 'what', 'phase', 'severity', 'id'].map((title) => ({
  title,
}))

async function table({ items, next }: Static<typeof Page>): Promise<string> {
  if (items.length === 0) return 'No such event.\n'
  const rows = items.map(({ at, clearedAt, open, device, name, phase, severity, eventId }) => [
    at,
    clearedAt ?? (open ? 'goes on' : ''),
    device,
    name,
    phase ?? '',
    severity,
    eventId,
  ])
  const more = next === null ? '' : 'There are more: narrow it down, or raise --limit.\n'
  return `${await renderTable(columns, rows)}${more}`
}
