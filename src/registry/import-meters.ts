import { meterKey } from './archive-conflicts.ts'
import { insertMeters, selectKnownMeters, updateMeters } from './archive-queries.ts'
import { distinct, type Ids, type ImportWork, idIn } from './import-work.ts'
import type { ArchiveRow } from './types.ts'

export async function writeMeters(
  work: ImportWork,
  channels: Ids,
): Promise<ReadonlyMap<ArchiveRow, number>> {
  const known = await selectKnownMeters(work.tx, distinct(work.rows.map((row) => row.meterAddress)))
  const byKey = new Map(
    known.map((meter) => [meterKey(meter.protocol, meter.address, meter.channel), meter]),
  )
  const ids = new Map<ArchiveRow, number>()
  const fresh: ArchiveRow[] = []
  const changes: Parameters<typeof updateMeters>[1][number][] = []
  for (const row of work.rows) {
    const meter = byKey.get(meterKey(row.protocol, row.meterAddress, row.channel))
    if (meter === undefined) {
      fresh.push(row)
      continue
    }
    ids.set(row, meter.id)
    const channel_id = idIn(channels, row.channel)
    const { profile, model } = row
    const maker = row.maker ?? meter.maker
    const same =
      meter.channel_id === channel_id &&
      meter.profile === profile &&
      meter.model === model &&
      meter.maker === maker
    if (same) continue
    changes.push({ id: meter.id, profile, model, maker, channel_id })
    work.changed.add(row)
  }
  if (changes.length > 0) await updateMeters(work.tx, changes)
  const inserted = await insertMeters(
    work.tx,
    fresh.map((row) => ({
      address: row.meterAddress,
      protocol: row.protocol,
      profile: row.profile,
      model: row.model,
      maker: row.maker ?? null,
      channel_id: idIn(channels, row.channel),
    })),
  )
  const idOfKey = new Map(
    inserted.map((row) => [`${row.protocol} ${row.address} ${row.channel_id}`, row.id]),
  )
  for (const row of fresh) {
    const key = `${row.protocol} ${row.meterAddress} ${idIn(channels, row.channel)}`
    ids.set(row, idIn(idOfKey, key))
    work.created.add(row)
  }
  return ids
}
