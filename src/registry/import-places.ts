import { assert, type Instant } from '#src/core'
import { ratioText } from './archive-details.ts'
import { historiesOf, needsLater } from './dated.ts'
import { showRegisters } from './import-registers.ts'
import { difference, type ImportWork, note, problem } from './import-work.ts'
import {
  closeInstallations,
  insertInstallations,
  type KnownInstallation,
  selectKnownInstallations,
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
  const ofMeter = historiesOf(known, ({ meter_id }) => String(meter_id), work.now)
  const ofPoint = historiesOf(known, ({ usage_point_id }) => String(usage_point_id), work.now)
  const standing = new Map<number, number>()
  const ends = new Map<number, Instant>()
  const inserts: Omit<KnownInstallation, 'id'>[] = []
  const begun = new Map<ArchiveRow, { readonly pointId: number; readonly at: Instant }>()
  for (const row of work.rows) {
    const meterId = meters.get(row)
    if (row.usagePoint === null || meterId === undefined) continue
    const usagePointId = usagePoints.get(row.usagePoint)
    assert(usagePointId !== undefined, 'usage points are written before meters are placed')
    const histories = [
      ofMeter(String(meterId), row.validFrom),
      ofPoint(String(usagePointId), row.validFrom),
    ] as const
    const [{ open: current }, { open: there }] = histories
    if (current?.usage_point_id === usagePointId && sameRatios(current, row)) {
      standing.set(meterId, current.id)
      begun.set(row, { pointId: usagePointId, at: current.valid_from })
      continue
    }
    const replaced = [current, there].filter((place) => place !== undefined)
    const held = replaced.find((place) => place.valid_from >= row.validFrom)
    const isTaken = histories.some(({ ended }) => ended !== undefined && ended > row.validFrom)
    if (held !== undefined || isTaken) {
      problem(work, row, 'valid_from', null, needsLater)
      continue
    }
    for (const place of replaced) ends.set(place.id, row.validFrom)
    begun.set(row, { pointId: usagePointId, at: row.validFrom })
    const next = histories.flatMap((one) => one.next ?? []).toSorted((a, b) => a - b)[0]
    inserts.push({
      meter_id: meterId,
      usage_point_id: usagePointId,
      ct_numerator: row.ct.numerator,
      ct_denominator: row.ct.denominator,
      pt_numerator: row.pt.numerator,
      pt_denominator: row.pt.denominator,
      valid_from: row.validFrom,
      valid_to: next ?? null,
    })
    work.changed.add(row)
    noteInstalled(work, row, current, there)
  }
  const endOf = ({ id, valid_to }: KnownInstallation) => ends.get(id) ?? valid_to
  const before = work.rows.some(({ closing }) => closing)
    ? Map.groupBy(known, (one) => `${one.usage_point_id} ${endOf(one)}`)
    : new Map<string, KnownInstallation[]>()
  const followed = (row: ArchiveRow) => {
    const { pointId, at } = begun.get(row) ?? {}
    return before.get(`${pointId} ${at}`)?.[0]?.id
  }
  for (const row of work.rows) {
    if (!row.closing || !begun.has(row) || followed(row) !== undefined) continue
    problem(work, row, 'closing', null, `no meter hung at ${row.usagePoint} until then`)
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
    ...standing,
    ...inserted.map(({ meter_id, id }) => [meter_id, id] as const),
  ])
  await showRegisters(work, 'opening', (row) => installations.get(meters.get(row) ?? 0))
  await showRegisters(work, 'closing', followed)
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

function sameRatios(place: KnownInstallation, row: ArchiveRow): boolean {
  return (
    sameRatio(ratio(place.ct_numerator, place.ct_denominator), row.ct) &&
    sameRatio(ratio(place.pt_numerator, place.pt_denominator), row.pt)
  )
}
