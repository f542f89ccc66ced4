import type { ChannelId, ConcentratorId, Instant, MeterId } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { RegisterShown } from './archive-details.ts'
import { writeChanges } from './change-log.ts'
import type { ArchiveChange, Shown } from './import-work.ts'
import { writeRegisters } from './installation-queries.ts'

/** What a register showed, as it was read off. */
export interface RegisterText {
  readonly register: string
  readonly value: string
}

/** What registers showed when one meter went and another came, as far as anyone knows. */
export interface RegistersAtChange {
  readonly closing: readonly RegisterText[]
  readonly opening: readonly RegisterText[]
}

/** Behind which concentrator meters hang now. */
export interface MovedMeters {
  readonly concentratorId: ConcentratorId
  readonly channelId: ChannelId
  readonly meters: number
}

interface Change {
  readonly came: MeterId | null
  readonly gone: MeterId | null
  readonly at: Instant
  readonly registers: RegistersAtChange
  readonly by: string
}

/** Writes down, in the transaction of the change, what registers showed at it and that it was. */
export async function recordChange(
  tx: Db,
  { came, gone, at, registers, by }: Change,
): Promise<void> {
  const rows = await tx.query<{
    id: number
    meter_id: number
    address: string
    usage_point: string
    valid_from: Instant
  }>(
    `select i.id, i.meter_id, m.address, p.code as usage_point, i.valid_from
     from installation i join meter m on m.id = i.meter_id
     join usage_point p on p.id = i.usage_point_id
     where (i.meter_id = $1::int and i.valid_from = $3::timestamptz)
       or (i.meter_id = $2::int and i.valid_to = $3::timestamptz)`,
    [came, gone, timestamptz(at)],
  )
  const began = rows.find(({ meter_id }) => meter_id === came)
  const ended = rows.find(({ meter_id }) => meter_id === gone)
  const of = (id: number, values: readonly RegisterText[]) =>
    values.flatMap(shownOf).map((shown) => ({ ...shown, installationId: id }))
  if (ended) await writeRegisters(tx, 'closing', of(ended.id, registers.closing))
  if (began) await writeRegisters(tx, 'opening', of(began.id, registers.opening))
  const change = (
    { address, usage_point }: { readonly address: string; readonly usage_point: string },
    action: 'changed' | 'closed',
    after: Shown,
  ): ArchiveChange => ({
    ...{ line: null, subject: 'meter', key: address, action, validFrom: at, before: null },
    ...{ after, usagePoint: usage_point },
  })
  await writeChanges(
    tx,
    [
      ...(ended ? [change(ended, 'closed', shownAs('closing', registers.closing))] : []),
      ...(began
        ? [
            change(began, 'changed', {
              usage_point: began.usage_point,
              ...shownAs('opening', registers.opening),
            }),
          ]
        : []),
    ],
    { importId: null, by, at: null },
  )
}

const shownAs = (end: 'opening' | 'closing', values: readonly RegisterText[]): Shown =>
  Object.fromEntries(values.map(({ register, value }) => [`${end} ${register}`, value]))

/** Of what a meter says only a number that is not negative stands on a register. */
function shownOf({ register, value }: RegisterText): readonly RegisterShown[] {
  if (!/^\d{1,15}(\.\d{1,6})?$/.test(value)) return []
  const [whole = '', fraction = ''] = value.split('.')
  return [{ register, digits: BigInt(whole + fraction), scale: fraction.length }]
}
