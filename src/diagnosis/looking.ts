import { type BusinessDate, type Clock, hours, instant, type MeterId } from '#src/core'
import type { Database } from '#src/db'
import {
  insertStranger,
  replaceStrangers,
  type SuspectRow,
  selectNeighbours,
  selectSuspects,
  selectUnheard,
  selectUnmeasured,
  selectUnsearched,
  upsertProbe,
} from './probe-queries.ts'
import { silentLineRules } from './rules.ts'
import type { ProbePort } from './types.ts'

/** What was looked at closer is left alone for so long. */
const PROBE_EVERY = hours(20)
/** A line is searched again for a meter that stays silent: an answer may have been lost. */
const SEARCH_EVERY = hours(6)
const SEARCH_AGAIN_AFTER = hours(1)
/** Lines of the same feeder on which a meter is looked for that is silent on its own. */
const NEIGHBOURS_EACH = 3

interface Looking {
  readonly db: Database
  readonly clock: Clock
  readonly port: ProbePort
  /** What is being looked at is left when it aborts, and looked at again another time. */
  readonly signal: AbortSignal
}

/** Asks where silence has several reasons; returns at how many meters and lines it looked. */
export async function lookCloser(
  looking: Looking,
  date: BusinessDate,
  limit: number,
): Promise<number> {
  const { db, clock } = looking
  const before = instant(clock.now() - PROBE_EVERY)
  const suspects = await selectSuspects(db, date, before, silentLineRules, limit)
  const { looked, silent } = await askOtherwise(looking, suspects)
  const lines = await searchLines(looking, date, limit)
  await askNeighbours(looking, silent)
  await measureClocks(looking, date, limit)
  return looked + lines
}

/** Asks meters in other words. Lines do not wait for each other; the meters of one line do. */
async function askOtherwise(
  { db, clock, port, signal }: Looking,
  suspects: readonly SuspectRow[],
): Promise<{ readonly looked: number; readonly silent: readonly MeterId[] }> {
  let looked = 0
  const silent: MeterId[] = []
  const byLine = Map.groupBy(suspects, ({ channel_id }) => channel_id)
  await Promise.all(
    Array.from(byLine.values(), async (meters) => {
      for (const { meter_id } of meters) {
        if (signal.aborted) return
        const speaks = await port.speaks(meter_id)
        if (speaks === 'unasked') continue
        await upsertProbe(db, meter_id, speaks, clock.now())
        if (speaks === null) silent.push(meter_id)
        looked++
      }
    }),
  )
  return { looked, silent }
}

async function searchLines(
  { db, clock, port, signal }: Looking,
  date: BusinessDate,
  limit: number,
): Promise<number> {
  const now = clock.now()
  const searched = {
    whole: instant(now - SEARCH_EVERY),
    part: instant(now - SEARCH_AGAIN_AFTER),
  }
  const unsearched = await selectUnsearched(db, date, searched, silentLineRules, limit)
  const found = await Promise.all(
    unsearched.map(async ({ channel_id, protocol, terminal }) => {
      const line = { channelId: channel_id, protocol, terminal }
      const result = signal.aborted ? null : await port.search(line, signal)
      if (!result || signal.aborted) return 0
      await replaceStrangers(db, channel_id, date, result.heard, result.isWhole, clock.now())
      return 1
    }),
  )
  return found.reduce((all: number, one) => all + one, 0)
}

/** Asks for meters that are silent in all words on the lines next to theirs. */
async function askNeighbours(
  { db, clock, port, signal }: Looking,
  silent: readonly MeterId[],
): Promise<void> {
  if (silent.length === 0) return
  const neighbours = await selectNeighbours(db, silent, NEIGHBOURS_EACH)
  const byMeter = Map.groupBy(neighbours, ({ meter_id }) => meter_id)
  const byLine = Map.groupBy(byMeter.values(), ([first]) => first?.own_channel_id)
  await Promise.all(
    Array.from(byLine.values(), async (meters) => {
      for (const lines of meters) {
        for (const { meter_id, channel_id } of lines) {
          if (signal.aborted) return
          const speaks = await port.speaks(meter_id, channel_id)
          if (speaks === null || speaks === 'unasked') continue
          await insertStranger(db, channel_id, meter_id, clock.now())
          break
        }
      }
    }),
  )
}

async function measureClocks(
  { db, clock, port, signal }: Looking,
  date: BusinessDate,
  limit: number,
): Promise<void> {
  if (signal.aborted) return
  const before = instant(clock.now() - PROBE_EVERY)
  const [unmeasured, unheard] = await Promise.all([
    selectUnmeasured(db, date, before, limit),
    selectUnheard(db, date, before, silentLineRules, limit),
  ])
  const meters = unmeasured.map(({ meter_id }) => meter_id)
  const terminals = new Set([
    ...unmeasured.flatMap(({ concentrator_id }) => concentrator_id ?? []),
    ...unheard,
  ])
  if (meters.length + terminals.size > 0) await port.measureClocks(meters, [...terminals])
}
