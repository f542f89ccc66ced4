import { writeFile } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const Text = Type.String()
const TextOrNull = Type.Union([Text, Type.Null()])
const Pack = Type.Object({
  suspect: Type.Object({
    usagePoint: Text,
    node: Text,
    score: Text,
    since: Text,
    energy: Text,
    energyLow: Text,
    energyHigh: Text,
    reasons: Type.Record(Text, Type.Unknown()),
  }),
  days: Type.Array(
    Type.Object({
      date: Text,
      energy: TextOrNull,
      areaLoss: TextOrNull,
      areaLossWithout: TextOrNull,
    }),
  ),
  peers: Type.Array(
    Type.Object({
      usagePoint: Text,
      isSuspect: Type.Boolean(),
      before: TextOrNull,
      since: TextOrNull,
      change: TextOrNull,
    }),
  ),
  history: Type.Array(Type.Object({ what: Text, name: Text, from: Text, to: TextOrNull })),
  method: Type.Array(Text),
})
const Saved = Type.Object({ file: Text })

interface Flags extends OnlineFlags {
  readonly output?: string
}

export async function addPack(command: Command, context: CliContext): Promise<void> {
  const pack = await onlineVerb(command, 'pack', 'the evidence against a usage point')
  pack
    .argument('<ID>', 'of the usage point')
    .option('--output <FILE>', 'a file ending in .csv or .xlsx, a row for each fact')
    .action(
      context.runs((id: string, flags: Flags) => {
        const path = `/theft-suspects/${encodeURIComponent(id)}`
        if (flags.output !== undefined) {
          const file = flags.output
          return online<typeof Saved>(
            flags,
            context,
            (client) => saved(client, path, file),
            () => `The evidence is in ${file}\n`,
          )
        }
        return online<typeof Pack>(flags, context, (client) => client.get(path, Pack), shown)
      }),
    )
}

async function saved(
  client: HeadEndClient,
  path: string,
  file: string,
): Promise<Result<typeof Saved.static, CliFailure>> {
  const [, format] = /\.(csv|xlsx)$/.exec(file) ?? []
  if (format === undefined) {
    const message = `--output ends in .csv or .xlsx, not ${file}`
    return fail({ exit: exitCodes.usage, code: 'export.format', message })
  }
  const bytes = await client.getFile(`${path}/pack.${format}`)
  if (!bytes.ok) return bytes
  await writeFile(file, bytes.value)
  return ok({ file })
}

async function shown({
  suspect: one,
  days,
  peers,
  history,
  method,
}: typeof Pack.static): Promise<string> {
  const right = (titles: readonly string[]) =>
    titles.map((title) => ({ title, align: 'right' as const }))
  const dayTable = await renderTable(
    [{ title: 'day' }, ...right(['kWh', 'area loss', 'without'])],
    days.map((day) => [
      ...[day.date, day.energy ?? '–', day.areaLoss ?? '–', day.areaLossWithout ?? '–'],
    ]),
  )
  const peerTable = await renderTable(
    [{ title: 'neighbour' }, ...right(['before', 'since', 'since / before'])],
    peers.map((peer) => [
      peer.isSuspect ? `${peer.usagePoint} *` : peer.usagePoint,
      ...[peer.before ?? '–', peer.since ?? '–', peer.change ?? '–'],
    ]),
  )
  return (
    `${one.usagePoint} of ${one.node}: score ${one.score}, since ${one.since}, ` +
    `${one.energy} kWh not billed (${one.energyLow} to ${one.energyHigh}).\n` +
    `${method.map((line) => `  ${line}\n`).join('')}  ${JSON.stringify(one.reasons)}\n` +
    history.map((h) => `  ${h.what} ${h.name}: ${h.from} to ${h.to ?? 'now'}\n`).join('') +
    peerTable +
    dayTable
  )
}
