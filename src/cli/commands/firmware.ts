import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes firmware upload fk2.bin --protocol gdw376 --reports V2.0 --maker OHES
  hes firmware campaign 3 --all --canary 5 --batch 200 --hours 22-5 --failures 3
  hes firmware approve 7            (somebody else than who asked)
  hes firmware show 7
  hes firmware pause 7

Each terminal gets the file block by block, behind all else on its channel, and
goes on at the block where it stopped; a stage begins when the one before ended.
`

const TextOrNull = Type.Union([Type.String(), Type.Null()])
const File = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  protocol: Type.String(),
  version: Type.String(),
  size: Type.Integer(),
  sha256: Type.String(),
})
const Files = Type.Object({ items: Type.Array(File) })
const Campaign = Type.Object({
  id: Type.Integer(),
  firmware: Type.Integer(),
  state: Type.String(),
  stage: Type.Integer(),
  requestedBy: Type.String(),
  approvedBy: TextOrNull,
  reason: TextOrNull,
  devices: Type.Record(Type.String(), Type.Integer()),
})
const Device = Type.Object({
  address: Type.String(),
  state: Type.String(),
  block: Type.Integer(),
  blocks: Type.Integer(),
  versionBefore: TextOrNull,
  versionAfter: TextOrNull,
  reason: TextOrNull,
})
const Devices = Type.Object({ items: Type.Array(Device) })
const Told = Type.Composite([Campaign, Type.Object({ list: Type.Array(Device) })])

interface UploadFlags extends OnlineFlags {
  readonly protocol: string
  readonly reports: string
  readonly name?: string
  readonly maker?: string
  readonly model?: string
}

interface CampaignFlags extends OnlineFlags {
  readonly concentrator?: readonly string[]
  readonly group?: string
  readonly all?: true
  readonly canary?: string
  readonly batch?: string
  readonly blockBytes?: string
  readonly hours?: string
  readonly failures?: string
  readonly key?: string
}

export async function buildFirmware(command: Command, context: CliContext): Promise<void> {
  command.description('Firmware of terminals, in stages.').addHelpText('after', examples)
  await addFiles(command, context)
  await addCampaign(command, context)
  const show = await onlineVerb(command, 'show', 'one campaign and its devices')
  show.argument('<ID>', 'number of the campaign').action(
    context.runs((id: string, flags: OnlineFlags) =>
      online<typeof Told>(
        flags,
        context,
        async (one) => {
          const path = `/firmware-campaigns/${encodeURIComponent(id)}`
          const campaign = await one.get(path, Campaign)
          if (!campaign.ok) return campaign
          const devices = await one.get(`${path}/devices?limit=500`, Devices)
          if (!devices.ok) return devices
          return { ok: true, value: { ...campaign.value, list: devices.value.items } }
        },
        told,
      ),
    ),
  )
  const moves = [
    ['approve', 'approve a campaign that somebody else asked for'],
    ['pause', 'send no further block'],
    ['resume', 'go on where it stopped'],
  ] as const
  for (const [move, summary] of moves) {
    const verb = await onlineVerb(command, move, summary)
    verb.argument('<ID>', 'number of the campaign').action(
      context.runs((id: string, flags: OnlineFlags) => {
        const path = `/firmware-campaigns/${encodeURIComponent(id)}/${move}`
        return online<typeof Campaign>(
          flags,
          context,
          (one) => one.post(path, undefined, Campaign),
          line,
        )
      }),
    )
  }
  const cancel = await onlineVerb(command, 'cancel', 'end a campaign')
  cancel
    .argument('<ID>', 'number of the campaign')
    .requiredOption('--reason <TEXT>', 'why, for the record')
    .action(
      context.runs((id: string, flags: OnlineFlags & { readonly reason: string }) => {
        const path = `/firmware-campaigns/${encodeURIComponent(id)}/cancel`
        const { reason } = flags
        return online<typeof Campaign>(
          flags,
          context,
          (one) => one.post(path, { reason }, Campaign),
          line,
        )
      }),
    )
}

async function addFiles(command: Command, context: CliContext): Promise<void> {
  const upload = await onlineVerb(command, 'upload', 'keep a file for terminals')
  upload
    .argument('<FILE>', 'the file as the maker gave it')
    .requiredOption('--protocol <P>', 'gdw376 or dlt698')
    .requiredOption('--reports <V>', 'the version that a terminal reports once it runs it')
    .option('--name <NAME>', 'another name than that of the file')
    .option('--maker <MAKER>', 'only for terminals that say they are of it')
    .option('--model <MODEL>', 'only for terminals of this hardware version')
    .action(
      context.runs((path: string, flags: UploadFlags) => {
        const { protocol, reports: version, name = basename(path), maker, model } = flags
        const query = new URLSearchParams({ name, protocol, version })
        if (maker !== undefined) query.set('maker', maker)
        if (model !== undefined) query.set('model', model)
        return online<typeof File>(
          flags,
          context,
          async (one) => one.postBytes(`/firmware?${query}`, await readFile(path), File),
          ({ id, size, sha256 }) => `Firmware ${id}: ${size} bytes, SHA-256 ${sha256}\n`,
        )
      }),
    )
  const list = await onlineVerb(command, 'ls', 'files, newest first')
  list.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Files>(flags, context, (one) => one.get('/firmware', Files), filesTable),
    ),
  )
}

async function addCampaign(command: Command, context: CliContext): Promise<void> {
  const campaign = await onlineVerb(command, 'campaign', 'ask for an upgrade')
  campaign
    .argument('<FIRMWARE>', 'number of the file')
    .option('--concentrator <ID...>', 'for these')
    .option('--group <NAME>', 'for those of the meters in a group')
    .option('--all', 'for all of the model that the file is for')
    .option('--canary <N>', 'devices of the first stage (5)')
    .option('--batch <N>', 'devices of each stage that follows (100)')
    .option('--block-bytes <N>', 'bytes of a block (512)')
    .option('--hours <FROM-TO>', 'only in these hours of the day, e.g. 22-5')
    .option('--failures <PERCENT>', 'stop when more of the finished ones failed (5)')
    .option('--key <KEY>', 'idempotency key: the same key is the same campaign')
    .action(
      context.runs((firmware: string, flags: CampaignFlags) =>
        online<typeof Campaign>(
          flags,
          context,
          (one) =>
            one.post('/firmware-campaigns', bodyOf(firmware, flags), Campaign, {
              'idempotency-key': flags.key ?? randomUUID(),
            }),
          line,
        ),
      ),
    )
}

function bodyOf(firmware: string, flags: CampaignFlags): object {
  const { concentrator, group, all, canary, batch, blockBytes, hours, failures } = flags
  const [from, to] = hours?.split('-') ?? []
  return {
    firmware: Number(firmware),
    target: {
      ...(concentrator && { concentrators: concentrator.map(Number) }),
      ...(group && { group }),
      ...(all && { all }),
    },
    ...(canary && { canary: Number(canary) }),
    ...(batch && { batch: Number(batch) }),
    ...(blockBytes && { blockBytes: Number(blockBytes) }),
    ...(hours && { fromHour: Number(from), toHour: Number(to) }),
    ...(failures && { failurePercentMax: Number(failures) }),
  }
}

const titled = (titles: readonly string[]) => titles.map((title) => ({ title }))

async function filesTable({ items }: Static<typeof Files>): Promise<string> {
  if (items.length === 0) return 'No file.\n'
  const rows = items.map(({ id, name, protocol, version, size }) => [
    ...[String(id), name, protocol, version, String(size)],
  ])
  return await renderTable(titled(['firmware', 'name', 'protocol', 'version', 'bytes']), rows)
}

function line({ id, state, stage, reason, devices }: Static<typeof Campaign>): string {
  const counts = Object.entries(devices).filter(([, count]) => count > 0)
  const words = counts.map(([name, count]) => `${count} ${name}`).join(', ')
  const why = reason === null ? '' : ` (${reason})`
  return `Campaign ${id}: ${state}${why}, stage ${stage}; ${words}\n`
}

async function told(campaign: Static<typeof Told>): Promise<string> {
  const rows = campaign.list.map((one) => [
    ...[one.address, one.state, `${one.block}/${one.blocks}`],
    ...[one.versionBefore ?? '', one.versionAfter ?? '', one.reason ?? ''],
  ])
  const columns = titled(['concentrator', 'state', 'blocks', 'before', 'after', 'why'])
  return `${line(campaign)}${await renderTable(columns, rows)}`
}
