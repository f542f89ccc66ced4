import { type ChannelId, idOf } from '#src/core'
import type { Db } from '#src/db'
import type {
  ChannelKind,
  ChannelRecord,
  ChannelSettings,
  ChannelWay,
  PermitPool,
} from './types.ts'

export interface ChannelRow {
  readonly id: number
  readonly name: string
  readonly kind: ChannelKind
  readonly settings: ChannelSettings
  readonly backup: ChannelWay | null
  readonly pools: readonly PermitPool[]
}

export const channelRecord = (row: ChannelRow): ChannelRecord => ({ ...row, id: idOf(row.id) })

export const channelSelect = `
  select c.id, c.name, c.kind, c.settings,
    (select jsonb_build_object('kind', b.kind, 'settings', b.settings) from channel_backup b
     where b.channel_id = c.id) as backup,
    coalesce((select jsonb_agg(jsonb_build_object('name', p.name, 'visitsMax', p.visits_max)
       order by p.name) from channel_pool m join permit_pool p on p.name = m.pool
     where m.channel_id = c.id), '[]') as pools
  from channel c`

export async function selectChannels(db: Db): Promise<ChannelRecord[]> {
  const rows = await db.query<ChannelRow>(`${channelSelect} order by c.id`)
  return rows.map(channelRecord)
}

export async function selectChannel(db: Db, id: ChannelId): Promise<ChannelRecord | undefined> {
  const rows = await db.query<ChannelRow>(`${channelSelect} where c.id = $1::int`, [id])
  return rows.map(channelRecord)[0]
}
