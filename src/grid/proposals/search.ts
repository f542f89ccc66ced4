import { type Duration, type Instant, instant } from '#src/core'
import type { Db } from '#src/db'
import { type Found, proposalFor, suspectOf } from './decide.ts'
import { type Member, selectMembers, selectVoltages } from './gather-queries.ts'
import type { Suspect } from './groups.ts'
import { CONFIDENCE_MIN, judgeVoltages } from './judge.ts'

export const SLOTS_PER_DAY = 96
/** So many curves of a fortnight are some 50 MB, and a few seconds of work. */
export const POINTS_MAX = 4_000
/** Meters whose voltages are fetched at once. */
const BATCH = 200

export interface Searched {
  readonly members: readonly Member[]
  readonly found: readonly Found[]
  readonly judged: number
  readonly confirmed: number
}

/** Null where there are too many of them. */
export async function searchAreas(
  db: Db,
  areas: readonly number[],
  now: Instant,
  span: Duration,
): Promise<Searched | null> {
  const from = instant(now - span)
  const members = await selectMembers(db, areas, now, from)
  if (members.length > POINTS_MAX) return null
  const byMeter = new Map(
    members.flatMap((member) => (member.meterId === null ? [] : [[member.meterId, member]])),
  )
  const suspects: Suspect[] = []
  const meters = [...byMeter.keys()]
  for (let first = 0; first < meters.length; first += BATCH) {
    const some = await selectVoltages(db, meters.slice(first, first + BATCH), from, now)
    for (const voltages of some) {
      const member = byMeter.get(voltages.meterId)
      const suspect = member === undefined ? null : suspectOf(member, voltages)
      if (suspect !== null) suspects.push(suspect)
    }
  }
  const judgements = await judgeVoltages(suspects, SLOTS_PER_DAY, () => db.query('select 1'))
  const judged = new Map(judgements.map((one) => [one.id, one]))
  // A gateway hangs where it is; its voltages are only there to be compared with.
  const users = members.filter(({ role }) => role !== 'supply')
  const found = users.flatMap((member) => proposalFor(member, judged.get(member.pointId)) ?? [])
  const sure = users.filter(
    ({ pointId }) => (judged.get(pointId)?.areaConfidence ?? 0) >= CONFIDENCE_MIN,
  )
  const proposed = new Set(found.map(({ pointId }) => pointId))
  const confirmed = sure.filter(({ pointId }) => !proposed.has(pointId)).length
  return { members: users, found, judged: sure.length, confirmed }
}
