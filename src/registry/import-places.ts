import { assert, type Instant } from '#src/core'
import { ratioText } from './archive-details.ts'
import { historiesOf, needsLater } from './dated.ts'
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
  const ofMeter = historiesOf(known, ({ meter_id }) => String(meter_id), work.now)
  const ofPoint = historiesOf(known, ({ usage_point_id }) => String(usage_point_id), work.now)
  const standing = new Map<number, number>()
  const ends = new Map<number, Instant>()
  const inserts: Omit<KnownInstallation, 'id'>[] = []
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

function sameRatios(place: KnownInstallation, row: ArchiveRow): boolean {
  return (
    sameRatio(ratio(place.ct_numerator, place.ct_denominator), row.ct) &&
    sameRatio(ratio(place.pt_numerator, place.pt_denominator), row.pt)
  )
}
