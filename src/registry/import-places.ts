import { assert, type Instant } from '#src/core'
import { ratioText } from './archive-details.ts'
import { needsLater } from './dated.ts'
import { difference, known as filled, type ImportWork, note, problem } from './import-work.ts'
import {
  closeInstallations,
  insertInstallations,
  type KnownInstallation,
  selectKnownInstallations,
  selectOpenings,
  writeRegisters,
} from './installation-queries.ts'
import { sameRatio } from './ratio.ts'
import type { ArchiveRow, Ratio } from './types.ts'

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
  const lastEnd = lastEnds(known)
  const ends = new Map<number, Instant>()
  const inserts: Omit<KnownInstallation, 'id' | 'valid_to'>[] = []
  for (const row of work.rows) {
    const meterId = meters.get(row)
    if (row.usagePoint === null || meterId === undefined) continue
    const usagePointId = usagePoints.get(row.usagePoint)
    assert(usagePointId !== undefined, 'usage points are written before meters are placed')
    const current = byMeter.get(meterId)
    if (current?.usage_point_id === usagePointId && sameRatios(current, row)) continue
    const there = byUsagePoint.get(usagePointId)
    const replaced = [current, there].filter((place) => place !== undefined)
    const held = replaced.find((place) => place.valid_from >= row.validFrom)
    const ended = [`meter ${meterId}`, `point ${usagePointId}`].some(
      (key) => (lastEnd.get(key) ?? Number.NEGATIVE_INFINITY) > row.validFrom,
    )
    if (held !== undefined || ended) {
      problem(work, row, 'valid_from', null, needsLater)
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
    noteInstalled(work, row, current, there)
  }
  if (work.problems.length > 0) return
  if (ends.size > 0) {
    await closeInstallations(
      work.tx,
      [...ends].map(([id, validTo]) => ({ id, validTo })),
    )
  }
  const inserted = inserts.length > 0 ? await insertInstallations(work.tx, inserts) : []
  const installations = new Map([
    ...open.filter(({ id }) => !ends.has(id)).map(({ meter_id, id }) => [meter_id, id] as const),
    ...inserted.map(({ meter_id, id }) => [meter_id, id] as const),
  ])
  await openRegisters(work, meters, installations)
}

/** What registers showed at the beginning, where rows say so. */
async function openRegisters(
  work: ImportWork,
  meters: ReadonlyMap<ArchiveRow, number>,
  installations: ReadonlyMap<number, number>,
): Promise<void> {
  const saying = work.rows.filter(({ opening, usagePoint }) => opening && usagePoint !== null)
  if (saying.length === 0) return
  const idOf = (row: ArchiveRow) => installations.get(meters.get(row) ?? 0)
  const stored = await selectOpenings(
    work.tx,
    saying.map(idOf).filter((id) => id !== undefined),
  )
  const shown = new Map(
    stored.map(({ installation_id, register, digits, scale }) => [
      `${installation_id} ${register}`,
      decimal(digits, scale),
    ]),
  )
  const writes: Parameters<typeof writeRegisters>[2][number][] = []
  for (const row of saying) {
    const installationId = idOf(row)
    assert(installationId !== undefined, 'a meter at a usage point is installed there')
    const opening = row.opening ?? []
    const was = (register: string) => shown.get(`${installationId} ${register}`) ?? null
    const fresh = opening.filter(
      ({ register, digits, scale }) => was(register) !== decimal(digits, scale),
    )
    if (fresh.length === 0) continue
    writes.push(...fresh.map((one) => ({ ...one, installationId })))
    work.changed.add(row)
    note(work, row, {
      ...subject(row),
      action: fresh.some(({ register }) => was(register) !== null) ? 'corrected' : 'changed',
      before: filled(
        Object.fromEntries(fresh.map(({ register }) => [`opening ${register}`, was(register)])),
      ),
      after: Object.fromEntries(
        fresh.map(({ register, digits, scale }) => [`opening ${register}`, decimal(digits, scale)]),
      ),
    })
  }
  await writeRegisters(work.tx, 'opening', writes)
}

/** Exact, without zeros that say nothing. */
function decimal(digits: bigint, scale: number): string {
  const text = String(digits).padStart(scale + 1, '0')
  const whole = text.slice(0, text.length - scale)
  const fraction = text.slice(text.length - scale).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

const subject = (row: ArchiveRow) =>
  ({ subject: 'meter', key: row.meterAddress, usagePoint: row.usagePoint }) as const

function noteInstalled(
  work: ImportWork,
  row: ArchiveRow,
  current: KnownInstallation | undefined,
  there: KnownInstallation | undefined,
): void {
  const [ct, pt] = [ratioText(row.ct), ratioText(row.pt)]
  const after = { usage_point: row.usagePoint, ct, pt }
  // What is usual of a new meter at a new place is said where both are added.
  const isPlain = work.created.has(row) && there === undefined && ct === '1' && pt === '1'
  if (isPlain && row.usagePoint !== null && work.newPoints.has(row.usagePoint)) return
  const stays = current !== undefined && current === there
  const differs =
    current && stays
      ? difference({ usage_point: row.usagePoint, ...ratiosOf(current) }, after)
      : { before: current ? ratiosOf(current) : null, after }
  note(work, row, { ...subject(row), ...differs, action: 'changed', validFrom: row.validFrom })
}

const ratiosOf = (place: KnownInstallation) => ({
  ct: ratioText(ratio(place.ct_numerator, place.ct_denominator)),
  pt: ratioText(ratio(place.pt_numerator, place.pt_denominator)),
})

const ratio = (numerator: bigint, denominator: bigint): Ratio => ({ numerator, denominator })

/** When the last of the ended installations of each meter and each usage point ended. */
function lastEnds(known: readonly KnownInstallation[]): ReadonlyMap<string, Instant> {
  const ends = new Map<string, Instant>()
  for (const { meter_id, usage_point_id, valid_to } of known) {
    if (valid_to === null) continue
    for (const key of [`meter ${meter_id}`, `point ${usage_point_id}`]) {
      const end = ends.get(key)
      if (end === undefined || end < valid_to) ends.set(key, valid_to)
    }
  }
  return ends
}

function sameRatios(place: KnownInstallation, row: ArchiveRow): boolean {
  return (
    sameRatio(ratio(place.ct_numerator, place.ct_denominator), row.ct) &&
    sameRatio(ratio(place.pt_numerator, place.pt_denominator), row.pt)
  )
}
