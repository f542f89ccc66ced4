import { assert } from '#src/core'
import { type ImportWork, known, note } from './import-work.ts'
import { type RegisterEnd, selectShown, writeRegisters } from './installation-queries.ts'
import type { ArchiveRow } from './types.ts'

/**
 * What registers showed when a meter was put up, or what those of the meter before it showed when it
 * was taken down, where rows say so.
 */
export async function showRegisters(
  work: ImportWork,
  end: RegisterEnd,
  idOf: (row: ArchiveRow) => number | undefined,
): Promise<void> {
  const saying = work.rows.filter((row) => row[end] && row.usagePoint !== null)
  if (saying.length === 0) return
  const stored = await selectShown(
    work.tx,
    end,
    saying.map(idOf).filter((id) => id !== undefined),
  )
  const addresses = new Map(stored.map((one) => [one.installation_id, one.address]))
  const shown = new Map(
    stored.map(({ installation_id, register, digits, scale }) => [
      `${installation_id} ${register}`,
      digits === null || scale === null ? null : decimal(digits, scale),
    ]),
  )
  const writes: Parameters<typeof writeRegisters>[2][number][] = []
  for (const row of saying) {
    const installationId = idOf(row)
    assert(installationId !== undefined, 'a meter at a usage point is installed there')
    const was = (register: string) => shown.get(`${installationId} ${register}`) ?? null
    const fresh = (row[end] ?? []).filter(
      ({ register, digits, scale }) => was(register) !== decimal(digits, scale),
    )
    if (fresh.length === 0) continue
    writes.push(...fresh.map((one) => ({ ...one, installationId })))
    work.changed.add(row)
    note(work, row, {
      ...{ subject: 'meter', key: addresses.get(installationId) ?? row.meterAddress },
      usagePoint: row.usagePoint,
      action: fresh.some(({ register }) => was(register) !== null) ? 'corrected' : 'changed',
      before: known(
        Object.fromEntries(fresh.map(({ register }) => [`${end} ${register}`, was(register)])),
      ),
      after: Object.fromEntries(
        fresh.map(({ register, digits, scale }) => [`${end} ${register}`, decimal(digits, scale)]),
      ),
    })
  }
  await writeRegisters(work.tx, end, writes)
}

/** Exact, without zeros that say nothing. */
function decimal(digits: bigint, scale: number): string {
  const text = String(digits).padStart(scale + 1, '0')
  const whole = text.slice(0, text.length - scale)
  const fraction = text.slice(text.length - scale).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
