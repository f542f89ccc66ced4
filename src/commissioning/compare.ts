import type { ProtocolName } from '#protocols/model'
import type { MeterId } from '#src/core'
import type { MeterRecord } from '#src/registry'
import type { Match } from './types.ts'

export interface FoundMeter {
  readonly address: string
  readonly protocol: ProtocolName
  readonly place: string
}

export interface Compared extends FoundMeter {
  readonly match: Match
  readonly meterId: MeterId | null
}

type Known = Pick<MeterRecord, 'id' | 'address' | 'protocol' | 'channelId'>

/**
 * What was found beside what the archive says. A meter behind a 376.1 terminal may stand in the
 * archive by its own address or by the terminal's place for it (`2347-0001/3`).
 */
export function compare(
  found: readonly FoundMeter[],
  archive: readonly Known[],
  channelId: number,
): readonly Compared[] {
  const here = archive.filter((meter) => meter.channelId === channelId)
  const times = Map.groupBy(found, ({ address }) => address)
  const seen = new Set<MeterId>()
  const compared = found.map((one): Compared => {
    const meter = knownAs(one, here)
    if (meter !== undefined) seen.add(meter.id)
    const others = times.get(one.address) ?? []
    if (others.length > 1) return { ...one, match: 'duplicate', meterId: meter?.id ?? null }
    if (meter !== undefined) return { ...one, match: 'known', meterId: meter.id }
    const elsewhere = one.protocol === 'modbus' ? undefined : knownAs(one, archive)
    if (elsewhere !== undefined) return { ...one, match: 'moved', meterId: elsewhere.id }
    return { ...one, match: 'new', meterId: null }
  })
  const missing = here.filter(({ id }) => !seen.has(id))
  return [
    ...compared,
    ...missing.map(({ id, address, protocol }): Compared => {
      return { address, protocol, place: '', match: 'missing', meterId: id }
    }),
  ]
}

/** The same address in another edition is the same meter, wrongly entered. */
function knownAs({ address, place }: FoundMeter, archive: readonly Known[]): Known | undefined {
  return archive.find((meter) => meter.address === address || meter.address === place)
}

/** As the archive has it: a metering point of a 376.1 terminal is read by the terminal. */
export function archivedAs({ address, protocol, place }: FoundMeter) {
  const isPoint = /^[\dA-F]{4}-[\dA-F]{4}\/\d+$/.test(place)
  return isPoint ? { address: place, protocol: 'gdw376' as const } : { address, protocol }
}
