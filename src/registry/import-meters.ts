import { meterKey } from './archive-conflicts.ts'
import {
  insertMeters,
  type KnownMeter,
  type MeterWrite,
  selectKnownMeters,
  updateMeters,
} from './archive-queries.ts'
import { trimmed } from './import-contracts.ts'
import {
  difference,
  distinct,
  type Ids,
  type ImportWork,
  idIn,
  known,
  note,
} from './import-work.ts'
import type { ArchiveRow } from './types.ts'

export async function writeMeters(
  work: ImportWork,
  channels: Ids,
): Promise<ReadonlyMap<ArchiveRow, number>> {
  const stored = await selectKnownMeters(
    work.tx,
    distinct(work.rows.map((row) => row.meterAddress)),
  )
  const byKey = new Map(
    stored.map((meter) => [meterKey(meter.protocol, meter.address, meter.channel), meter]),
  )
  const ids = new Map<ArchiveRow, number>()
  const fresh: ArchiveRow[] = []
  const changes: MeterWrite[] = []
  for (const row of work.rows) {
    const meter = byKey.get(meterKey(row.protocol, row.meterAddress, row.channel))
    if (meter === undefined) {
      fresh.push(row)
      continue
    }
    ids.set(row, meter.id)
    const next = { ...meterOf(row, meter, idIn(channels, row.channel)), id: meter.id }
    const { before, after } = difference(shown(meter, meter.channel), shown(next, row.channel))
    if (Object.keys(after).length === 0) continue
    changes.push(next)
    work.changed.add(row)
    note(work, row, { ...subject(row), action: 'changed', before, after })
  }
  if (changes.length > 0) await updateMeters(work.tx, changes)
  const written = fresh.map((row) => meterOf(row, undefined, idIn(channels, row.channel)))
  const inserted = await insertMeters(work.tx, written)
  const idOfKey = new Map(
    inserted.map((row) => [`${row.protocol} ${row.address} ${row.channel_id}`, row.id]),
  )
  for (const row of fresh) {
    const key = `${row.protocol} ${row.meterAddress} ${idIn(channels, row.channel)}`
    ids.set(row, idIn(idOfKey, key))
    work.created.add(row)
    const after = known({
      protocol: row.protocol,
      ...shown(meterOf(row, undefined, 0), row.channel),
    })
    note(work, row, { ...subject(row), action: 'added', after })
  }
  return ids
}

const subject = (row: ArchiveRow) =>
  ({ subject: 'meter', key: row.meterAddress, usagePoint: row.usagePoint }) as const

/** Profile and model are as the row says also where it is blank; other blanks say nothing. */
const meterOf = (
  row: ArchiveRow,
  meter: KnownMeter | undefined,
  channelId: number,
): Omit<MeterWrite, 'id'> => ({
  address: row.meterAddress,
  protocol: row.protocol,
  profile: row.profile,
  model: row.model,
  maker: row.maker ?? meter?.maker ?? null,
  channel_id: channelId,
  wiring: row.wiring ?? meter?.wiring ?? null,
  nominal_voltage: trimmed(row.nominalVoltage) ?? meter?.nominal_voltage ?? null,
  basic_current: trimmed(row.basicCurrent) ?? meter?.basic_current ?? null,
  max_current: trimmed(row.maxCurrent) ?? meter?.max_current ?? null,
  register_digits: row.registerDigits ?? meter?.register_digits ?? null,
})

const shown = (meter: Omit<MeterWrite, 'id'>, channel: string) => ({
  channel,
  profile: meter.profile,
  model: meter.model,
  maker: meter.maker,
  wiring: meter.wiring,
  nominal_voltage: meter.nominal_voltage,
  basic_current: meter.basic_current,
  max_current: meter.max_current,
  register_digits: meter.register_digits,
})
