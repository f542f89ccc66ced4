import {
  insertChannels,
  selectKnownChannels,
  selectKnownConcentrators,
  updateChannelSettings,
  upsertConcentrators,
} from './archive-queries.ts'
import { type Nodes, nodeKey } from './import-grid.ts'
import { difference, type Ids, type ImportWork, idIn, note, problem } from './import-work.ts'
import type { ArchiveRow, ChannelSettings } from './types.ts'

export async function writeChannels(work: ImportWork): Promise<Ids> {
  const known = await selectKnownChannels(work.tx)
  const byName = new Map(known.map((channel) => [channel.name, channel]))
  const identities = new Map(
    known.flatMap(({ name, kind, settings }) =>
      kind === 'dialin' ? [[settings.identity, name]] : [],
    ),
  )
  const fresh = new Map<string, ArchiveRow>()
  const altered = new Map<number, ArchiveRow>()
  for (const row of work.rows) {
    const channel = byName.get(row.channel)
    const holder = identities.get(row.channelSettings.identity)
    if (row.channelKind === 'dialin' && holder !== undefined && holder !== row.channel) {
      problem(work, row, 'channel', row.channel, `channel ${holder} has this identity already`)
    } else if (channel === undefined) {
      if (!fresh.has(row.channel)) fresh.set(row.channel, row)
    } else if (channel.kind !== row.channelKind) {
      const message = `channel ${row.channel} exists and is of kind ${channel.kind}`
      problem(work, row, 'channel_kind', row.channelKind, message)
    } else if (sorted(channel.settings) !== sorted(row.channelSettings)) {
      if (!altered.has(channel.id)) noteSettings(work, row, channel.settings)
      altered.set(channel.id, row)
      work.changed.add(row)
    }
  }
  if (work.problems.length > 0) return new Map()
  if (altered.size > 0) {
    const changes = [...altered].map(([id, row]) => ({ id, settings: row.channelSettings }))
    await updateChannelSettings(work.tx, changes)
  }
  for (const row of fresh.values()) {
    const after = { kind: row.channelKind, ...row.channelSettings }
    note(work, row, { subject: 'channel', key: row.channel, action: 'added', after })
  }
  const inserted = await insertChannels(
    work.tx,
    [...fresh.values()].map((row) => ({
      name: row.channel,
      kind: row.channelKind,
      settings: row.channelSettings,
    })),
  )
  return new Map([...known, ...inserted].map(({ name, id }) => [name, id]))
}

function noteSettings(work: ImportWork, row: ArchiveRow, settings: ChannelSettings): void {
  const next = row.channelSettings
  const gone = Object.keys(settings).filter((name) => !(name in next))
  const after = { ...next, ...Object.fromEntries(gone.map((name) => [name, null])) }
  const differs = difference(settings, after)
  note(work, row, { subject: 'channel', key: row.channel, action: 'changed', ...differs })
}

const sorted = (settings: object): string => JSON.stringify(Object.entries(settings).sort())

export async function writeConcentrators(
  work: ImportWork,
  channels: Ids,
  nodes: Nodes,
): Promise<void> {
  const known = await selectKnownConcentrators(work.tx)
  const byAddress = new Map(known.map((row) => [row.address, row]))
  const byChannel = new Map(known.map((row) => [row.channel_id, row.address]))
  const writes = new Map<string, Omit<(typeof known)[number], 'id'>>()
  for (const row of work.rows) {
    if (row.concentrator === null) continue
    const stored = writes.get(row.concentrator) ?? byAddress.get(row.concentrator)
    const channelId = idIn(channels, row.channel)
    const occupant = byChannel.get(channelId)
    if (occupant !== undefined && occupant !== row.concentrator) {
      const message = `channel ${row.channel} belongs to concentrator ${occupant}`
      problem(work, row, 'concentrator', row.concentrator, message)
      continue
    }
    const area = row.transformer && nodes.get(nodeKey({ kind: 'area', code: row.transformer }))
    const transformerId = area ? area.place_id : null
    const next = {
      address: row.concentrator,
      name: row.concentratorName ?? stored?.name ?? '',
      maker: row.concentratorMaker ?? stored?.maker ?? null,
      channel_id: channelId,
      // A concentrator stands in one area; the first meter's is taken where nothing is known.
      transformer_id: stored?.transformer_id ?? transformerId,
    }
    const same =
      stored !== undefined &&
      stored.name === next.name &&
      stored.maker === next.maker &&
      stored.channel_id === next.channel_id &&
      stored.transformer_id === next.transformer_id
    if (same) continue
    const isKnown = byAddress.has(row.concentrator)
    const isTold = writes.has(row.concentrator)
    writes.set(row.concentrator, next)
    if (stored !== undefined) work.changed.add(row)
    // Later rows say more of what an earlier one entered; it is entered once.
    if (isTold && !isKnown) continue
    const { name, maker } = next
    const after = { name, maker, channel: row.channel }
    note(work, row, {
      subject: 'concentrator',
      key: row.concentrator,
      action: isKnown ? 'changed' : 'added',
      before: stored && isKnown ? { name: stored.name, maker: stored.maker } : null,
      after,
    })
  }
  if (work.problems.length === 0 && writes.size > 0) {
    await upsertConcentrators(work.tx, [...writes.values()])
  }
}
