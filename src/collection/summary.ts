import { type BusinessDate, type CivilTime, idOf } from '#src/core'
import type { Db } from '#src/db'
import { countSlots } from './counting.ts'
import { rateOf } from './rate.ts'
import { noSlots, type SlotCounts, sumOf } from './slot-sums.ts'
import type { CollectionCount, CollectionSummary } from './types.ts'

export async function summaryOf(
  db: Db,
  civil: CivilTime,
  date: BusinessDate,
): Promise<CollectionSummary> {
  const counts = await countSlots(db, civil, { from: date, to: date, by: 'channel' })
  const groups = await channelsOf(db, [...counts.keys()].map(Number))
  return {
    date,
    ...counted([...counts.values()].reduce(sumOf, noSlots)),
    groups: groups.map((group) => ({
      ...group,
      ...counted(counts.get(String(group.channelId)) ?? noSlots),
    })),
  }
}

function counted(counts: SlotCounts): CollectionCount {
  const { due, late, estimated, notExpected } = counts
  const received = counts.received + late
  const missing = counts.givenUp + estimated
  return {
    expected: received + missing + due,
    received,
    late,
    missing,
    estimated,
    notExpected,
    pending: due,
    successRate: rateOf(received, received + missing),
  }
}

async function channelsOf(db: Db, ids: readonly number[]) {
  const rows = await db.query<{
    concentrator_id: number | null
    concentrator: string | null
    channel_id: number
    channel: string
  }>(
    `select co.id as concentrator_id, co.address as concentrator, ch.id as channel_id,
       ch.name as channel
     from channel ch left join concentrator co on co.channel_id = ch.id
     where ch.id = any($1::int[]) order by co.address nulls last, ch.name`,
    [ids],
  )
  return rows.map(({ concentrator_id, channel_id, concentrator, channel }) => ({
    concentratorId: concentrator_id === null ? null : idOf<'concentrator'>(concentrator_id),
    concentrator,
    channelId: idOf<'channel'>(channel_id),
    channel,
  }))
}
