import { hexPair } from '#protocols/bytes'
import type { MeterProfile, Plan } from '#protocols/model'
import { apdu } from './apdu.ts'
import { oadOf } from './items.ts'
import { type RecordQuery, recordQueries } from './record-query.ts'
import { type Dlt698Request, defaultClient } from './request.ts'

/** How devices differ from the standard; a profile's name is in the device's archive. */
interface Deviation {
  /** How many attributes may be asked for at once. */
  readonly listMax: number
  /** Codes that such a device keeps elsewhere. */
  readonly elsewhere: Readonly<Record<string, string>>
}

/** Answers of so many energies with their rates stay below 512 bytes, the least APDU of a meter. */
const standard: Deviation = { listMax: 10, elsewhere: {} }
const deviations: Readonly<Record<string, Deviation>> = {
  'no-lists': { ...standard, listMax: 1 },
  // A terminal has its relays as outputs of its own (F205).
  terminal: { ...standard, elsewhere: { '0.0.96.3.10': 'F2050201' } },
}

const numberMax = 63

/**
 * Reads for items, given as codes of the register model, as OADs of eight hex digits, or as records
 * (`recordQueries` says how). Two or more codes of one attribute become a read of all of it; an OAD
 * is read as it is, and so answered under its own id.
 */
export function planReads(items: readonly string[], meter: MeterProfile): Plan<Dlt698Request> {
  const deviation = deviations[meter.profile ?? ''] ?? standard
  const unsupported: string[] = []
  const wanted = new Set<string>()
  const named = new Set<string>()
  const queries: RecordQuery[] = []
  for (const item of items) {
    const records = recordQueries(item)
    const oad = deviation.elsewhere[item] ?? oadOf(item)
    if (records) queries.push(...records)
    else if (oad) wanted.add(oad)
    else if (/^[\da-f]{8}$/i.test(item)) named.add(item.toUpperCase())
    else unsupported.push(item)
  }
  const oads = [...new Set([...mergeElements([...wanted]), ...named])]
  const bodies = [...lists(oads, deviation.listMax), ...queries.map(recordOf)]
  const client = clientOf(meter)
  const { address } = meter
  const requests = bodies.map(
    (make, at): Dlt698Request => ({ kind: 'apdu', address, client, apdu: make(numberOf(at)) }),
  )
  return { requests, unsupported }
}

export function clientOf(meter: MeterProfile): number {
  return meter.access?.client ?? defaultClient
}

/** Numbers 1 to 63 in turn: a late answer has another than the request that waits. */
export function numberOf(index: number): number {
  return (index % numberMax) + 1
}

type Make = (piid: number) => Extract<Dlt698Request, { readonly kind: 'apdu' }>['apdu']

function lists(oads: readonly string[], listMax: number): readonly Make[] {
  const makes: Make[] = []
  for (let from = 0; from < oads.length; from += listMax) {
    const objects = oads.slice(from, from + listMax)
    const [object = ''] = objects
    makes.push((piid) =>
      objects.length === 1
        ? apdu('GetRequestNormal', piid, { object })
        : apdu('GetRequestNormalList', piid, { objects }),
    )
  }
  return makes
}

function recordOf(query: RecordQuery): Make {
  return (piid) => apdu('GetRequestRecord', piid, query)
}

/** All of an attribute in the place of two or more of its elements. */
function mergeElements(oads: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const oad of oads) {
    const attribute = oad.slice(0, 6)
    counts.set(attribute, (counts.get(attribute) ?? 0) + 1)
  }
  const merged = oads.map((oad) =>
    (counts.get(oad.slice(0, 6)) ?? 0) > 1 ? oad.slice(0, 6) + hexPair(0) : oad,
  )
  return [...new Set(merged)]
}
