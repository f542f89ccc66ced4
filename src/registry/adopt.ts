import { type ChannelId, type ConcentratorId, fail, idOf, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { lockArchive, moveRevision } from './archive-queries.ts'
import type { ChannelSettings, NewConcentrator } from './types.ts'

/** A concentrator and the channel on which it calls. */
export async function adoptIn(
  tx: Db,
  { identity, name, transformer, protocol }: NewConcentrator,
): Promise<
  Result<
    { readonly concentratorId: ConcentratorId; readonly channelId: ChannelId },
    'taken' | 'no-transformer'
  >
> {
  await lockArchive(tx)
  const channelName = `dialin-${identity}`
  if (await isTaken(tx, identity, channelName)) return fail('taken')
  const area = transformer === null ? null : await selectTransformer(tx, transformer)
  if (area === undefined) return fail('no-transformer')
  const settings: ChannelSettings = protocol === null ? { identity } : { identity, protocol }
  const [row] = await tx.query<{ id: number; channel_id: number }>(
    `with made as (
       insert into channel (name, kind, settings) values ($1::text, 'dialin', $2::jsonb)
       returning id)
     insert into concentrator (address, name, channel_id, transformer_id)
     select $3::text, $4::text, made.id, $5::int from made returning id, channel_id`,
    [channelName, JSON.stringify(settings), identity, name, area],
  )
  if (row === undefined) return fail('taken')
  await moveRevision(tx)
  return ok({ concentratorId: idOf(row.id), channelId: idOf(row.channel_id) })
}

async function isTaken(tx: Db, identity: string, channelName: string): Promise<boolean> {
  const rows = await tx.query(
    `select from channel where name = $2::text
       or (kind = 'dialin' and settings ->> 'identity' = $1::text)
     union all select from concentrator where address = $1::text`,
    [identity, channelName],
  )
  return rows.length > 0
}

async function selectTransformer(tx: Db, code: string): Promise<number | undefined> {
  const [row] = await tx.query<{ id: number }>(`select id from transformer where code = $1::text`, [
    code,
  ])
  return row?.id
}
