import type { Cause } from './kinds.ts'
import { archiveLine, concentratorOf, type RegionSpec } from './plan.ts'

/** What is true of a meter for a day, whatever any head-end says of it. */
export interface Truth {
  readonly meterAddress: string
  readonly concentrator: string
  /** Could its daily freeze be had in the day, by any head-end? */
  readonly reachable: boolean
  /** Why not. */
  readonly cause: Cause | null
  /** What is wrong with its concentrator or with itself, reachable or not. */
  readonly fault: string | null
}

/** Meter by meter; of a million there is never more than one at a time. */
export function* truthOf(spec: RegionSpec): Generator<Truth> {
  for (let nth = 0; nth < spec.concentrators; nth++) {
    const concentrator = concentratorOf(spec, nth)
    for (const [index, meter] of concentrator.meters().entries()) {
      const { meterAddress } = archiveLine(concentrator, meter, index)
      // What keeps the whole concentrator away is why none of its meters is read.
      const cause = concentrator.kind?.cause ?? meter.kind?.cause ?? null
      const fault = concentrator.kind?.cause
        ? concentrator.kind.name
        : (meter.kind?.name ?? concentrator.kind?.name ?? null)
      yield {
        meterAddress,
        concentrator: concentrator.address,
        reachable: cause === null,
        cause,
        fault,
      }
    }
  }
}

/** The truth as lines of JSON. */
export function* truthLines(spec: RegionSpec): Generator<string> {
  for (const truth of truthOf(spec)) yield `${JSON.stringify(truth)}\n`
}

const columns = [
  'concentrator',
  'concentrator_name',
  'channel',
  'channel_settings',
  'meter_address',
  'protocol',
  'model',
  'usage_point',
  'account',
  'customer',
  'customer_class',
  'transformer',
  'feeder',
] as const

/** The archive of a region as `hes import archive` takes it. */
export function* archiveLines(spec: RegionSpec): Generator<string> {
  yield `${columns.join(',')}\n`
  for (let nth = 0; nth < spec.concentrators; nth++) {
    const concentrator = concentratorOf(spec, nth)
    for (const [index, meter] of concentrator.meters().entries()) {
      const line = archiveLine(concentrator, meter, index)
      const cells: Readonly<Record<(typeof columns)[number], string>> = {
        concentrator: line.concentrator ?? '',
        concentrator_name: line.concentratorName ?? '',
        channel: line.channel,
        channel_settings: `identity=${concentrator.address}`,
        meter_address: line.meterAddress,
        protocol: line.protocol,
        model: line.model ?? '',
        usage_point: line.usagePoint,
        account: line.account ?? '',
        customer: line.customer ?? '',
        customer_class: line.customerClass,
        transformer: line.transformer,
        feeder: line.feeder,
      }
      yield `${columns.map((column) => cells[column]).join(',')}\n`
    }
  }
}
