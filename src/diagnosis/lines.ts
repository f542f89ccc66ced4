import type { ChannelId } from '#src/core'
import type { Db } from '#src/db'
import { likenessOfCallers } from './callers.ts'
import type { LineEvidence } from './evidence.ts'
import {
  type Day,
  type LineRow,
  type OutageRow,
  selectCallers,
  selectDoubled,
  selectLines,
  selectOutage,
} from './evidence-queries.ts'

const NAMED_BY_A_METER = 0.9
/** Terminals that answer for their meters from what they read by themselves. */
const collecting: readonly string[] = ['gdw376']

/** What is known of every line on which something of the day is missing. */
export async function linesOf(db: Db, day: Day): Promise<ReadonlyMap<ChannelId, LineEvidence>> {
  const [rows, callers, doubled, outage] = await Promise.all([
    selectLines(db, day),
    selectCallers(db, day),
    selectDoubled(db, day),
    selectOutage(db, day),
  ])
  const absent = rows.flatMap(({ identity, protocol, sessions, has_concentrator }) =>
    identity !== null && has_concentrator && sessions === 0 ? [{ identity, protocol }] : [],
  )
  // Who never said who it is, and was named after a meter behind it: the archive knows whose that is.
  const named = new Set(callers.flatMap(({ channel_id }) => channel_id ?? []))
  const unknown = callers.filter(({ channel_id }) => channel_id === null)
  const likeness = likenessOfCallers(absent, unknown, doubled)
  const daySeconds = (day.to - day.from) / 1_000
  return new Map(
    rows.map((row) => [
      row.channel_id,
      lineOf(
        row,
        daySeconds,
        outage,
        named.has(row.channel_id) ? NAMED_BY_A_METER : (likeness.get(row.identity ?? '') ?? 0),
      ),
    ]),
  )
}

function lineOf(
  row: LineRow,
  daySeconds: number,
  outage: OutageRow,
  likenessOfCaller: number,
): LineEvidence {
  return {
    hasConcentrator: row.has_concentrator,
    daySeconds,
    onlineSeconds: Math.round(row.online_seconds),
    sessions: row.sessions,
    shortSessions: row.short_sessions,
    wasOnlineBefore: row.was_online_before,
    isOnline: row.is_online,
    awaySeconds: Math.round(row.away_seconds),
    collects: row.protocol !== null && collecting.includes(row.protocol),
    wasHeard: row.was_heard,
    meters: row.meters,
    received: row.received,
    silentMeters: row.silent_meters,
    damagedMeters: row.damaged_meters,
    refusedMeters: row.refused_meters,
    probedMeters: row.probed_meters,
    otherSpeakers: row.other_speakers,
    strangers: row.strangers,
    guests: row.guests,
    likenessOfCaller,
    clock: row.clock,
    outageSeconds: Math.round(outage.seconds),
    outageAgoSeconds: outage.ago_seconds === null ? null : Math.round(outage.ago_seconds),
  }
}
