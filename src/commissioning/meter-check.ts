import type { NewReadRequest, ReadItem, ReadRequest, ReadRequestId } from '#src/collection'
import { type Clock, instant, minutes, seconds, sleep } from '#src/core'
import type { Readings } from '#src/readings'
import type { MeterRecord } from '#src/registry'
import {
  checkWiring,
  snapshotOf,
  type WiringOptions,
  type WiringReport,
  wiringItems,
} from '#src/wiring-check'

export interface MeterCheckOptions {
  readonly clock: Clock
  readonly readings: Pick<Readings, 'list'>
  readonly reads: {
    request(read: NewReadRequest): Promise<ReadRequest>
    get(id: ReadRequestId): Promise<ReadRequest | undefined>
  }
}

/** A wiring check of one meter through the head-end, by an on-demand read. */
export interface MeterCheck {
  readonly readId: ReadRequestId
  /** Null while the meter has not answered; the read goes on and may be asked for again. */
  readonly report: WiringReport | null
  readonly measured: readonly {
    readonly register: string
    readonly value: string
    readonly unit: string
  }[]
  /** Why the meter gave nothing; null where it gave something. */
  readonly failure: { readonly code: string; readonly message: string } | null
}

/** How far back the register is looked up that it is compared with: the power is only of now. */
const REGISTER_RUN_MAX = minutes(60)
const LOOK_EVERY = seconds(1)

export type CheckMeter = (
  meter: MeterRecord,
  readId: ReadRequestId,
  requestedBy: string,
  wiring: WiringOptions,
  waitSeconds: number,
  signal: AbortSignal,
) => Promise<MeterCheck>

export function createMeterCheck({ clock, readings, reads }: MeterCheckOptions): CheckMeter {
  return async (meter, readId, requestedBy, wiring, waitSeconds, signal) => {
    const requestedAt = clock.now()
    const items = wiringItems(meter.protocol)
    let read = await reads.request({
      id: readId,
      requestedBy,
      requestedAt,
      meterIds: [meter.id],
      items,
    })
    const until = requestedAt + waitSeconds * 1_000
    while (read.finishedAt === null && clock.now() < until) {
      if (!(await sleep(clock, LOOK_EVERY, signal))) break
      read = (await reads.get(readId)) ?? read
    }
    if (read.finishedAt === null) return { readId, report: null, measured: [], failure: null }
    const answered = read.items.flatMap(({ readings: values }) => values)
    const measured = answered.flatMap(({ register, value, unit }) =>
      register === null || value === null ? [] : [{ register, value, unit }],
    )
    if (measured.length === 0)
      return { readId, report: null, measured, failure: reasonOf(read.items) }
    const textOf = (register: string) =>
      measured.find((one) => one.register === register)?.value ?? null
    const registers = await registerRun(meter, textOf('1.8.0'), read)
    const report = checkWiring(snapshotOf(textOf, registers), wiring)
    return { readId, report, measured, failure: null }
  }

  /** The register as it was stored before, not long ago, and as it is now. */
  async function registerRun(meter: MeterRecord, now: string | null, read: ReadRequest) {
    const at = read.items.find(({ state }) => state === 'answered')?.answeredAt ?? null
    if (now === null || at === null) return null
    const page = await readings.list(meter.id, {
      register: '1.8.0',
      dataClass: 'current',
      from: instant(at - REGISTER_RUN_MAX),
      to: read.requestedAt,
      limit: 1,
    })
    const [before] = page.ok ? page.value.items : []
    if (before === undefined) return null
    return { from: { at: before.at, value: before.value }, to: { at, value: now } }
  }
}

function reasonOf(items: readonly ReadItem[]) {
  const known = items.find(({ reason }) => reason !== null && reason.code !== 'read.unsupported')
  return known?.reason ?? { code: 'read.no-value', message: 'the meter gave no value' }
}
