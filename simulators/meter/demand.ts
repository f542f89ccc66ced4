import type { MeterTime } from '#protocols/model'
import { SLOT_MS } from './calendar.ts'
import { RATES } from './tariff-periods.ts'

/** A highest demand and when its quarter hour ended by the meter's clock; null: never any. */
interface DemandMark {
  readonly deciW: number
  readonly wall: MeterTime | null
}

export interface Demands {
  readonly import: DemandMark
  readonly importRates: readonly DemandMark[]
  readonly export: DemandMark
  /** Of combined reactive 1, in 0.1 var. */
  readonly reactive: DemandMark
}

/** Full quarter hours of one day, one after the other. */
export interface DemandSlots {
  readonly startMs: number
  /** Counted by the start of each slot and by the end of the last, in mWh. */
  readonly imported: Float64Array
  readonly exported: Float64Array
  /** Rate index of each slot. */
  readonly rates: Uint8Array
  readonly reactivePermille: readonly number[]
}

const MILLIWH_PER_DECIW_SLOT = 25
const noMark: DemandMark = { deciW: 0, wall: null }

export const noDemand: Demands = {
  import: noMark,
  importRates: Array.from({ length: RATES }, () => noMark),
  export: noMark,
  reactive: noMark,
}

/** The highest of some quarter hours. Bare numbers, because a month has three thousand of them. */
export function highestDemand(slots: DemandSlots, wallAt: (ms: number) => MeterTime): Demands {
  const { imported, exported, rates, reactivePermille } = slots
  const best = { import: noPeak(), export: noPeak(), reactive: noPeak() }
  const bestOfRate = Array.from({ length: RATES }, noPeak)
  for (let slot = 0; slot < rates.length; slot++) {
    const rate = rates[slot] ?? 0
    const taken = deciW((imported[slot + 1] ?? 0) - (imported[slot] ?? 0))
    const given = deciW((exported[slot + 1] ?? 0) - (exported[slot] ?? 0))
    raise(best.import, taken, slot)
    raise(bestOfRate[rate] ?? best.import, taken, slot)
    raise(best.export, given, slot)
    const permille = Math.abs(reactivePermille[rate] ?? 0)
    raise(best.reactive, Math.trunc((taken * permille) / 1_000), slot)
  }
  const mark = ({ deciW, slot }: Peak): DemandMark =>
    deciW === 0 ? noMark : { deciW, wall: wallAt(slots.startMs + (slot + 1) * SLOT_MS) }
  return {
    import: mark(best.import),
    importRates: bestOfRate.map(mark),
    export: mark(best.export),
    reactive: mark(best.reactive),
  }
}

interface Peak {
  deciW: number
  slot: number
}

function noPeak(): Peak {
  return { deciW: 0, slot: 0 }
}

/** Of equals the earlier stays, as a meter keeps it. */
function raise(peak: Peak, value: number, slot: number): void {
  if (value <= peak.deciW) return
  peak.deciW = value
  peak.slot = slot
}

/** The higher of each; of equals the earlier, as a meter keeps it. */
export function joinDemands(earlier: Demands, later: Demands): Demands {
  return {
    import: higher(earlier.import, later.import),
    importRates: earlier.importRates.map((mine, rate) =>
      higher(mine, later.importRates[rate] ?? noMark),
    ),
    export: higher(earlier.export, later.export),
    reactive: higher(earlier.reactive, later.reactive),
  }
}

function deciW(milliWh: number): number {
  return Math.trunc(milliWh / MILLIWH_PER_DECIW_SLOT)
}

function higher(earlier: DemandMark, later: DemandMark): DemandMark {
  return later.deciW > earlier.deciW ? later : earlier
}
