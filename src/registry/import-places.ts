import { assert, type Instant } from '#src/core'
import { type ImportWork, problem } from './import-work.ts'
import {
  closeInstallations,
  insertInstallations,
  type KnownInstallation,
  selectKnownInstallations,
} from './installation-queries.ts'
import { sameRatio } from './ratio.ts'
import type { ArchiveRow } from './types.ts'

/**
 * Installs the meters at their usage points. A row that repeats what holds changes nothing; one
 * that says otherwise ends what held before at its `valid_from` and must therefore lie later.
 */
export async function placeMeters(
  work: ImportWork,
  meters: ReadonlyMap<ArchiveRow, number>,
  usagePoints: ReadonlyMap<string, number>,
): Promise<void> {
  const known = await selectKnownInstallations(
    work.tx,
    [...meters.values()],
    [...usagePoints.values()],
  )
  const open = known.filter(({ valid_to }) => valid_to === null)
  const byMeter = new Map(open.map((place) => [place.meter_id, place]))
  const byUsagePoint = new Map(open.map((place) => [place.usage_point_id, place]))
  const lastEnd = new Map<string, Instant>()
  for (const { meter_id, usage_point_id, valid_to } of known) {
    if (valid_to === null) continue
    for (const key of [`meter ${meter_id}`, `point ${usage_point_id}`]) {
      const end = lastEnd.get(key)
      if (end === undefined || end < valid_to) lastEnd.set(key, valid_to)
    }
  }
  const ends = new Map<number, Instant>()
  const inserts: Omit<KnownInstallation, 'id' | 'valid_to'>[] = []
  for (const row of work.rows) {
    const meterId = meters.get(row)
    if (row.usagePoint === null || meterId === undefined) continue
    const usagePointId = usagePoints.get(row.usagePoint)
    assert(usagePointId !== undefined, 'usage points are written before meters are placed')
    const current = byMeter.get(meterId)
    if (current?.usage_point_id === usagePointId && sameRatios(current, row)) continue
    const replaced = [current, byUsagePoint.get(usagePointId)].filter(
      (place) => place !== undefined,
    )
    const held = replaced.find((place) => place.valid_from >= row.validFrom)
    const ended = [`meter ${meterId}`, `point ${usagePointId}`].some(
      (key) => (lastEnd.get(key) ?? Number.NEGATIVE_INFINITY) > row.validFrom,
    )
    if (held !== undefined || ended) {
      const message =
        'differs from what the archive says for this time; a change needs a later valid_from'
      problem(work, row, 'valid_from', null, message)
      continue
    }
    for (const place of replaced) ends.set(place.id, row.validFrom)
    inserts.push({
      meter_id: meterId,
      usage_point_id: usagePointId,
      ct_numerator: row.ct.numerator,
      ct_denominator: row.ct.denominator,
      pt_numerator: row.pt.numerator,
      pt_denominator: row.pt.denominator,
      valid_from: row.validFrom,
    })
    work.changed.add(row)
  }
  if (work.problems.length > 0) return
  if (ends.size > 0) {
    await closeInstallations(
      work.tx,
      [...ends].map(([id, validTo]) => ({ id, validTo })),
    )
  }
  if (inserts.length > 0) await insertInstallations(work.tx, inserts)
}

function sameRatios(place: KnownInstallation, row: ArchiveRow): boolean {
  return (
    sameRatio({ numerator: place.ct_numerator, denominator: place.ct_denominator }, row.ct) &&
    sameRatio({ numerator: place.pt_numerator, denominator: place.pt_denominator }, row.pt)
  )
}
