import type { Feed } from '#drivers/channel'
import type { Acquisition } from '#src/acquisition'
import type { Dependency } from '#src/api'
import type { Database } from '#src/db'
import type { OpenOutbox } from './outbox.ts'

/** What the head-end cannot do without, as `/readyz` asks it. */
export function dependenciesOf(
  db: Database,
  feed: Feed,
  acquisition: Acquisition,
  outbox: Pick<OpenOutbox, 'status'>,
): readonly Dependency[] {
  return [
    {
      name: 'database',
      async check() {
        await db.query('SELECT 1 AS alive')
        return { ok: true, detail: db.kind }
      },
    },
    {
      name: 'outbox',
      async check() {
        const { waiting, oldest, trouble } = outbox.status()
        const since = waiting === 0 ? '' : `, the oldest for ${Math.round(oldest / 1_000)} s`
        const detail = trouble ?? `${waiting} deliveries on their way to the database${since}`
        return { ok: trouble === null, detail }
      },
    },
    {
      name: 'broker',
      async check() {
        const ok = feed.connected
        return { ok, detail: ok ? feed.name : `${feed.name} is not connected` }
      },
    },
    {
      name: 'acquisition',
      async check() {
        const { channels, channelsOnline, metersSilent } = acquisition.status()
        const detail = `${channelsOnline} of ${channels} channels online, ${metersSilent} meters silent`
        return { ok: true, detail }
      },
    },
  ]
}
