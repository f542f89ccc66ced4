import type { MeterProfile, Plan } from '#protocols/model'
import { deviationOf } from './deviations.ts'
import { blocksOf, dataIdsOf } from './items.ts'
import type { Dlt645Request, LoadRange } from './request.ts'

/** What a list of items comes to, whoever is asked. */
interface Reads {
  readonly dataIds: readonly string[]
  readonly records: readonly LoadRead[]
  readonly unsupported: readonly string[]
}

interface LoadRead {
  readonly dataId: string
  readonly load: LoadRange
}

/** Lists that are kept: polls ask for the same few of them, over and over. */
const LISTS_MAX = 256
const readsOfLists = new Map<string, Reads>()

/**
 * Reads for items, given as codes of the register model or as identifiers of eight hex digits.
 * Two or more members of one block (数据块) become a read of the block, which may bring more than
 * was asked for. An identifier that the table lacks is read all the same: a read changes nothing.
 * `06040002:8` reads the newest eight records of a load profile, and
 * `06040001:8@2026-11-21T10:15` eight from that moment of the meter's clock on.
 */
export function planReads(items: readonly string[], meter: MeterProfile): Plan<Dlt645Request> {
  const { address, profile } = meter
  const { dataIds, records, unsupported } = readsOf(items, profile ?? '')
  const requests: Dlt645Request[] = []
  for (const dataId of dataIds) requests.push({ kind: 'read', address, dataId, load: null })
  for (const read of records) requests.push({ kind: 'read', address, ...read })
  return { requests, unsupported }
}

function readsOf(items: readonly string[], profile: string): Reads {
  // A moment is asked for once: its list would only push out those that come again.
  if (items.some((item) => item.includes('@'))) return merge(items, profile)
  const list = profile + JSON.stringify(items)
  const known = readsOfLists.get(list)
  if (known) return known
  if (readsOfLists.size >= LISTS_MAX) readsOfLists.clear()
  const reads = merge(items, profile)
  readsOfLists.set(list, reads)
  return reads
}

function merge(items: readonly string[], profile: string): Reads {
  const wanted = new Set<string>()
  const unsupported: string[] = []
  const records: LoadRead[] = []
  for (const item of items) {
    const load = recordsOf(item)
    if (load) {
      records.push(load)
      continue
    }
    const dataIds = dataIdsFor(item)
    if (dataIds.length === 0) unsupported.push(item)
    for (const dataId of dataIds) wanted.add(dataId)
  }
  const { blocks } = deviationOf(profile)
  return { dataIds: blocks ? mergeNeighbours(wanted) : [...wanted], records, unsupported }
}

const latestRecords = /^(060[0-6]000[02]):([1-9]\d?)$/i
const recordsFrom = /^(060[0-6]0001):([1-9]\d?)@(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)$/i

/** The read of a load profile that an item asks for; null for any other item. */
function recordsOf(item: string): LoadRead | null {
  const latest = latestRecords.exec(item)
  if (latest?.[1]) {
    return {
      dataId: latest[1].toUpperCase(),
      load: { records: Number(latest[2]), from: null },
    }
  }
  const found = recordsFrom.exec(item)
  if (!found?.[1]) return null
  const [records = 1, year = 0, month = 0, day = 0, hour = 0, minute = 0] = found
    .slice(2)
    .map(Number)
  const from = { year, month, day, hour, minute, second: 0 }
  return { dataId: found[1].toUpperCase(), load: { records, from } }
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
