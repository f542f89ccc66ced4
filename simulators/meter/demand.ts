import type { MeterTime } from '#protocols/model'
import { SLOT_MS } from './calendar.ts'
import type { Direction } from './site.ts'
import { RATES } from './tariff-periods.ts'

/** A highest demand and when its quarter hour ended by the meter's clock; null: never any. */
export interface DemandMark {
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

interface DemandSource {
  countedAt(direction: Direction, ms: number): number
  rateAt(ms: number): number
  reactivePermilleAt(ms: number): number
  wallAt(ms: number): MeterTime | null
}

const MILLIWH_PER_DECIW_SLOT = 25
const noMark: DemandMark = { deciW: 0, wall: null }

export const noDemand: Demands = {
  import: noMark,
  importRates: Array.from({ length: RATES }, () => noMark),
  export: noMark,
  reactive: noMark,
}

/** Looks at every full quarter hour between two moments. */
export function highestDemand(fromMs: number, toMs: number, source: DemandSource): Demands {
  let highest = noDemand
  let slotMs = Math.ceil(fromMs / SLOT_MS) * SLOT_MS
  let imported = source.countedAt('import', slotMs)
  let exported = source.countedAt('export', slotMs)
  for (; slotMs + SLOT_MS <= toMs; slotMs += SLOT_MS) {
    const endMs = slotMs + SLOT_MS
    const importedNext = source.countedAt('import', endMs)
    const exportedNext = source.countedAt('export', endMs)
    const wall = source.wallAt(endMs)
    const rate = source.rateAt(slotMs)
    const taken = mark(importedNext - imported, wall)
    const reactive = Math.trunc((taken.deciW * Math.abs(source.reactivePermilleAt(slotMs))) / 1_000)
    highest = joinDemands(highest, {
      import: taken,
      importRates: noDemand.importRates.map((none, index) => (index === rate ? taken : none)),
      export: mark(exportedNext - exported, wall),
      reactive: { deciW: reactive, wall },
    })
    imported = importedNext
    exported = exportedNext
  }
  return highest
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

function mark(milliWh: number, wall: MeterTime | null): DemandMark {
  return { deciW: Math.trunc(milliWh / MILLIWH_PER_DECIW_SLOT), wall }
}

function higher(earlier: DemandMark, later: DemandMark): DemandMark {
  return later.deciW > earlier.deciW ? later : earlier
}
