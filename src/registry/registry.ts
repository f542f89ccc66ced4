import { assert, type Clock, fail, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import { adoptIn } from './adopt.ts'
import { selectRevision } from './archive-queries.ts'
import { turnArchive } from './archive-turn.ts'
import { selectChannel, selectChannels } from './channel-queries.ts'
import { importArchive } from './import.ts'
import {
  selectAccount,
  selectAllMeters,
  selectConcentrator,
  selectConcentratorByAddress,
  selectConcentrators,
  selectInstallations,
  selectMeter,
  selectMeterPage,
  selectMetersByAddress,
  selectMetersByAddresses,
  selectMetersOfChannel,
  updateAllOffline,
  upsertSightings,
} from './queries.ts'
import type { BadCursor, ConcentratorSighting, Page, PageRequest, Registry } from './types.ts'

export function createRegistry(db: Database, clock: Clock): Registry {
  return {
    channels: () => selectChannels(db),
    channel: (id) => selectChannel(db, id),
    allMeters: () => selectAllMeters(db),
    metersOfChannel: (id) => selectMetersOfChannel(db, id),
    meter: (id) => selectMeter(db, id),
    meterByAddress: (protocol, address) => selectMetersByAddress(db, protocol, address),
    metersByAddresses: async (addresses) =>
      addresses.length === 0 ? [] : await selectMetersByAddresses(db, addresses),
    meters: (page, filter = {}) =>
      paged(page, (after, limit) => selectMeterPage(db, after, limit, filter)),
    allConcentrators: () => selectConcentrators(db, 0, null),
    concentrators: (page) => paged(page, (after, limit) => selectConcentrators(db, after, limit)),
    concentrator: (id) => selectConcentrator(db, id),
    concentratorByAddress: (address) => selectConcentratorByAddress(db, address),
    async concentratorsSeen(sightings) {
      if (sightings.length > 0) await upsertSightings(db, lastOfEach(sightings))
    },
    allConcentratorsOffline: () => updateAllOffline(db),
    account: (no) => selectAccount(db, no),
    async accountMeters(no, from, to) {
      const account = await selectAccount(db, no)
      return account === undefined
        ? undefined
        : await selectInstallations(db, { account: account.id }, from, to)
    },
    meterInstallations: (meter, from, to) => selectInstallations(db, { meter }, from, to),
    async revision() {
      const revision = await selectRevision(db)
      assert(revision !== undefined, 'a migration wrote the row of the revision')
      return revision
    },
    adoptIn,
    importArchive: (rows, also = async () => {}) => importArchive(db, rows, clock.now(), also),
    turn: () => turnArchive(db, clock.now()),
  }
}

/** The cursor is the last id of the page before. */
async function paged<T extends { readonly id: number }>(
  { limit, cursor }: PageRequest,
  select: (after: number, limit: number) => Promise<readonly T[]>,
): Promise<Result<Page<T>, BadCursor>> {
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) return fail({ kind: 'bad-cursor' })
  const found = await select(cursor === undefined ? 0 : Number(cursor), limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return ok({ items, next: found.length > limit && last !== undefined ? String(last.id) : null })
}

/** One row a concentrator, the keys of its later sightings over those of the earlier ones. */
function lastOfEach(sightings: readonly ConcentratorSighting[]): ConcentratorSighting[] {
  const merged = new Map<number, ConcentratorSighting>()
  for (const sighting of sightings) {
    merged.set(sighting.id, { ...merged.get(sighting.id), ...sighting })
  }
  return [...merged.values()].sort((a, b) => a.id - b.id)
}
