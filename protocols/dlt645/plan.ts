import type { MeterProfile, Plan } from '#protocols/model'
import { blocksOf, dataIdsOf } from './items.ts'
import type { Dlt645Request } from './request.ts'

/** How meters of a maker differ from the standard; a profile's name is in the meter's archive. */
interface Deviation {
  /** False where a meter refuses identifiers with FF and each item is read alone. */
  readonly blocks: boolean
}

const standard: Deviation = { blocks: true }
const deviations: Readonly<Record<string, Deviation>> = {
  'no-blocks': { blocks: false },
}

/**
 * Reads for items, given as codes of the register model or as identifiers of eight hex digits.
 * Two or more members of one block (数据块) become a read of the block, which may bring more than
 * was asked for. An identifier that the table lacks is read all the same: a read changes nothing.
 * `06040002:8` reads the newest eight records of a load profile.
 */
export function planReads(items: readonly string[], meter: MeterProfile): Plan<Dlt645Request> {
  const { address } = meter
  const wanted = new Set<string>()
  const unsupported: string[] = []
  const profiles: Dlt645Request[] = []
  for (const item of items) {
    const profile = recordsOf(item)
    if (profile) {
      const { dataId, records } = profile
      profiles.push({ kind: 'read', address, dataId, load: { records, from: null } })
      continue
    }
    const dataIds = dataIdsFor(item)
    if (dataIds.length === 0) unsupported.push(item)
    for (const dataId of dataIds) wanted.add(dataId)
  }
  const { blocks } = deviations[meter.profile ?? ''] ?? standard
  const merged = blocks ? mergeNeighbours(wanted) : [...wanted]
  const reads = merged.map(
    (dataId): Dlt645Request => ({ kind: 'read', address, dataId, load: null }),
  )
  return { requests: [...reads, ...profiles], unsupported }
}

/** `06040002:8`: the newest eight records of a load profile; null for any other item. */
function recordsOf(item: string): { readonly dataId: string; readonly records: number } | null {
  const match = /^(060[0-6]000[02]):([1-9]\d?)$/i.exec(item)
  return match?.[1] ? { dataId: match[1].toUpperCase(), records: Number(match[2]) } : null
}

function dataIdsFor(item: string): readonly string[] {
  return /^[0-9a-f]{8}$/i.test(item) ? [item.toUpperCase()] : dataIdsOf(item)
}

/** Puts the block that covers most of what is left in the place of its members, again and again. */
function mergeNeighbours(wanted: ReadonlySet<string>): readonly string[] {
  const left = new Set(wanted)
  const merged: string[] = []
  for (const dataId of wanted) {
    if (!left.has(dataId)) continue
    const covered = bestCover(dataId, left)
    merged.push(covered.block)
    for (const member of covered.members) left.delete(member)
  }
  return merged
}

function bestCover(dataId: string, left: ReadonlySet<string>) {
  let best = { block: dataId, members: [dataId] }
  for (const block of blocksOf(dataId)) {
    const members = block.fields.map((field) => field.dataId).filter((id) => left.has(id))
    if (members.length > best.members.length) best = { block: block.dataId, members }
  }
  return best
}
