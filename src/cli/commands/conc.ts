import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import {
  Concentrator,
  Concentrators,
  Connections,
  Device,
  Devices,
  Frames,
  type Shown,
} from '../conc-shapes.ts'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes conc ls
  hes conc show 3301-0A01
  hes conc quarantine
  hes conc adopt 17 --name "Garden Road" --transformer T-0042
  hes conc block 18
  hes conc frames 3301-0A01 --on 60
  hes conc frames 3301-0A01 --meter 330120000001 --decode

A device that calls and is not in the archive waits in quarantine until it is
adopted or blocked.
`

interface AdoptFlags extends OnlineFlags {
  readonly name?: string
  readonly transformer?: string
  readonly protocol?: string
}

interface FrameFlags extends OnlineFlags {
  readonly on?: string
  readonly off?: true
  readonly from?: string
  readonly to?: string
  readonly direction?: string
  readonly contains?: string
  readonly meter?: string
  readonly decode?: true
  readonly limit: string
}

export async function buildConc(command: Command, context: CliContext): Promise<void> {
  command
    .description('Concentrators: who is there, who waits to be let in, and what they say.')
    .addHelpText('after', examples)
  await buildListing(command, context)
  const adopt = await onlineVerb(
    command,
    'adopt',
    'enter a device of the quarantine in the archive',
  )
  adopt
    .argument('<ID>', 'its number in the quarantine')
    .option('--name <NAME>', 'what people call it')
    .option('--transformer <CODE>', 'its transformer area, as the archive has it')
    .option('--protocol <P>', 'let it in only when it logs in by this one')
    .action(
      context.runs((id: string, flags: AdoptFlags) =>
        online<typeof Concentrator>(
          flags,
          context,
          (client) => client.post(`/quarantine/${enc(id)}/adopt`, adoptionOf(flags), Concentrator),
          ({ address, id: number }) => `${address} is concentrator ${number}\n`,
        ),
      ),
    )
  const block = await onlineVerb(command, 'block', 'refuse a device of the quarantine from now on')
  block.argument('<ID>', 'its number in the quarantine').action(
    context.runs((id: string, flags: OnlineFlags) =>
      online<typeof Device>(
        flags,
        context,
        (client) => client.post(`/quarantine/${enc(id)}/block`, {}, Device),
        ({ identity }) => `${identity} is let in no more\n`,
      ),
    ),
  )
  await buildFrames(command, context)
}

async function buildListing(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'ls', 'concentrators and whether they are online')
  list.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Concentrators>(
        flags,
        context,
        (client) => client.get('/concentrators?limit=1000', Concentrators),
        ({ items }) =>
          table(
            ['address', 'name', 'area', 'online', 'last heard', 'from', 'meters'],
            items.map((one) => [
              one.address,
              one.name,
              one.transformer ?? '',
              one.online ? 'yes' : 'no',
              one.lastHeartbeat ?? 'never',
              one.remoteAddress ?? '',
              String(one.meters),
            ]),
          ),
      ),
    ),
  )
  const show = await onlineVerb(command, 'show', 'one of them, and when it was online')
  show
    .argument('<ADDRESS>', 'of the concentrator')
    .action(
      context.runs((address: string, flags: OnlineFlags) =>
        online<typeof Shown>(flags, context, (client) => shownOf(client, address), told),
      ),
    )
  const quarantine = await onlineVerb(command, 'quarantine', 'devices that were not let in')
  quarantine.option('--state <STATE>', 'waiting, adopted or blocked', 'waiting').action(
    context.runs((flags: OnlineFlags & { readonly state: string }) =>
      online<typeof Devices>(
        flags,
        context,
        (client) => client.get(`/quarantine?limit=1000&state=${enc(flags.state)}`, Devices),
        ({ items }) =>
          table(
            ['number', 'identity', 'why', 'rule', 'from', 'last seen', 'calls'],
            items.map((one) => [
              String(one.id),
              one.identity,
              one.reason,
              one.rule,
              one.remoteAddress,
              one.lastSeenAt,
              String(one.calls),
            ]),
          ),
      ),
    ),
  )
}

async function buildFrames(command: Command, context: CliContext): Promise<void> {
  const frames = await onlineVerb(command, 'frames', 'write its frames down, or search them')
  frames
    .argument('<ADDRESS>', 'of the concentrator')
    .option('--on <MINUTES>', 'write them down from now on, for so long')
    .option('--off', 'write them down no more')
    .option('--from <TIME>', 'not older than this')
    .option('--to <TIME>', 'older than this')
    .option('--direction <D>', 'sent or received')
    .option('--contains <HEX>', 'with these bytes')
    .option('--meter <ADDRESS>', 'with this meter address')
    .option('--decode', 'explain each')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((address: string, flags: FrameFlags) =>
        online<typeof Frames>(
          flags,
          context,
          (client) => framesOf(client, address, flags),
          ({ until, items }) =>
            `${until === null ? 'not written down' : `written down until ${until}`}\n` +
            items.map(lineOf).join(''),
        ),
      ),
    )
}

const enc = encodeURIComponent

function adoptionOf({ name, transformer, protocol }: AdoptFlags) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(transformer === undefined ? {} : { transformer }),
    ...(protocol === undefined ? {} : { protocol }),
  }
}

async function find(
  client: HeadEndClient,
  address: string,
): Promise<Result<Static<typeof Concentrator>, CliFailure>> {
  const found = await client.get(`/concentrators?address=${enc(address)}`, Concentrators)
  if (!found.ok) return found
  const [one] = found.value.items
  const message = `the archive has no concentrator ${address}`
  return one ? ok(one) : fail({ exit: exitCodes.notFound, code: 'concentrator.unknown', message })
}

async function shownOf(
  client: HeadEndClient,
  address: string,
): Promise<Result<Static<typeof Shown>, CliFailure>> {
  const found = await find(client, address)
  if (!found.ok) return found
  const path = `/concentrators/${found.value.id}/connections`
  const connections = await client.get(path, Connections)
  if (!connections.ok) return connections
  return ok({ concentrator: found.value, connections: connections.value })
}

async function framesOf(
  client: HeadEndClient,
  address: string,
  { on, off, from, to, direction, contains, meter, decode, limit }: FrameFlags,
): Promise<Result<Static<typeof Frames>, CliFailure>> {
  const found = await find(client, address)
  if (!found.ok) return found
  const path = `/concentrators/${found.value.id}/frame-log`
  if (on !== undefined) {
    const switched = await client.put(path, { minutes: Number(on) }, Type.Unknown())
    if (!switched.ok) return switched
  } else if (off) {
    const switched = await client.delete(path, Type.Unknown())
    if (!switched.ok) return switched
  }
  const given = { from, to, direction, contains, meter, decode: decode && 'true', limit }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given)) if (value) query.set(name, value)
  return client.get(`${path}?${query}`, Frames)
}

const table = (titles: readonly string[], rows: readonly (readonly string[])[]) =>
  renderTable(
    titles.map((title) => ({ title })),
    rows,
  )

async function told({ concentrator, connections }: Static<typeof Shown>): Promise<string> {
  const { address, name, online: isOnline, lastHeartbeat } = concentrator
  const { intervals, flapping } = connections
  const head = `${address} ${name} is ${isOnline ? 'online' : 'offline'}, last heard ${lastHeartbeat ?? 'never'}\n`
  const warning = flapping
    ? `FLAPPING since ${flapping.since}: ${flapping.takeovers} takeovers, from ${flapping.addresses.join(' and ')}\n`
    : ''
  const rows = intervals.map(({ from, to, remoteAddress, endReason }) => [
    from,
    to ?? 'now',
    remoteAddress ?? '',
    endReason ?? '',
  ])
  return head + warning + (await table(['online from', 'to', 'address', 'ended'], rows))
}

function lineOf({ at, direction, hex, decoded }: Static<typeof Frames>['items'][number]): string {
  const explained = decoded === null ? '' : `    ${JSON.stringify(decoded)}\n`
  return `${at} ${direction === 'sent' ? '>' : '<'} ${hex}\n${explained}`
}
