import { type Clock, fail, ok, type Result } from '#src/core'
import type { ArchiveRow, Registry } from '#src/registry'
import { archivedAs } from './compare.ts'
import { markAdopted } from './queries.ts'
import type { Adoption, Also, Commission, CommissionRefusal } from './types.ts'

export interface AdoptOptions {
  readonly registry: Pick<Registry, 'channel' | 'concentrator' | 'importArchive'>
  readonly clock: Clock
  readonly archiveChanged: () => Promise<void>
}

const one = { numerator: 1n, denominator: 1n }

/**
 * Enters new meters of a job in the archive, by the way of every import: all or none, and the same
 * again changes nothing. Returns how many there were.
 */
export async function adopted(
  { registry, clock, archiveChanged }: AdoptOptions,
  job: Commission,
  { addresses, usagePoints, profile }: Adoption,
  also: Also,
): Promise<Result<number, CommissionRefusal>> {
  const wanted = job.meters.filter(({ address, match }) => {
    return match === 'new' && (addresses === null || addresses.includes(address))
  })
  const unknown = addresses?.find((address) => !job.meters.some((one) => one.address === address))
  if (unknown !== undefined) {
    return fail({ kind: 'wrong', message: `${unknown} was not found by this job` })
  }
  const fresh = wanted.filter(({ adoptedAt }) => adoptedAt === null)
  const channel = await registry.channel(job.channelId)
  if (channel === undefined) return fail({ kind: 'no-channel', message: 'the channel is gone' })
  const concentrator =
    job.concentratorId === null ? undefined : await registry.concentrator(job.concentratorId)
  if (fresh.length === 0) return ok(0)
  if (profile === null && fresh.some(({ protocol }) => protocol === 'modbus')) {
    const message = 'Modbus units are read by a register map: name its profile'
    return fail({ kind: 'wrong', message })
  }
  const rows = fresh.map((meter, index): ArchiveRow => {
    const { address, protocol } = archivedAs(meter)
    return {
      line: index + 1,
      concentrator: concentrator?.address ?? null,
      concentratorName: null,
      channel: channel.name,
      channelKind: channel.kind,
      channelSettings: channel.settings,
      meterAddress: address,
      protocol,
      profile: protocol === 'modbus' ? profile : null,
      model: null,
      usagePoint: usagePoints[meter.address] ?? null,
      account: null,
      customer: null,
      customerClass: 'residential',
      transformer: null,
      feeder: null,
      ct: one,
      pt: one,
      validFrom: clock.now(),
    }
  })
  const entered = await registry.importArchive(rows, async (tx) => {
    await markAdopted(
      tx,
      job.id,
      fresh.map(({ address }) => address),
      clock.now(),
    )
    await also(tx)
  })
  if (!entered.ok) {
    const message = entered.error.map((problem) => problem.message).join('; ')
    return fail({ kind: 'wrong', message })
  }
  await archiveChanged()
  return ok(fresh.length)
}
