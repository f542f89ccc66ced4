import type { CustomerProfile } from './customer-classes.ts'

const MILLIWH_PER_KWH = 1_000_000

/** A register with its rates (总、尖、峰、平、谷), in the unit that was asked for. */
export interface Tariffed {
  readonly total: number
  readonly rates: readonly number[]
}

/** Everything the meter counts, at one moment. Per-phase registers are of active energy. */
export interface Registers {
  readonly combined: Tariffed
  readonly import: Tariffed
  readonly export: Tariffed
  /** Combined reactive 1 (quadrants I and IV) and 2 (II and III), the usual setting. */
  readonly reactive: readonly [Tariffed, Tariffed]
  readonly quadrants: readonly [Tariffed, Tariffed, Tariffed, Tariffed]
  readonly apparentImport: Tariffed
  readonly apparentExport: Tariffed
  readonly phaseImport: readonly number[]
  readonly phaseExport: readonly number[]
}

/** How a meter's customer loads the phases and the quadrants; whole thousandths. */
export interface LoadCharacter {
  readonly phasePermille: readonly number[]
  /** Reactive per 1,000 of active energy by rate, negative where it is capacitive. */
  readonly reactivePermille: readonly number[]
  readonly exportReactivePermille: number
}

export function loadCharacter(
  profile: CustomerProfile,
  phases: 1 | 3,
  draw: (low: number, high: number, what: number) => number,
): LoadCharacter {
  const first = Math.round(draw(300, 366, 11))
  const second = Math.round(draw(310, 350, 12))
  return {
    phasePermille: phases === 1 ? [1_000] : [first, second, 1_000 - first - second],
    reactivePermille: profile.reactivePermille.map((permille, rate) =>
      Math.round(permille * draw(0.8, 1.2, 13 + rate)),
    ),
    exportReactivePermille: Math.round(draw(30, 90, 18)),
  }
}

/** What the meter shows when `imported` and `exported` mWh by rate have passed through it. */
export function registersOf(
  imported: readonly number[],
  exported: readonly number[],
  character: LoadCharacter,
  milliWhPerUnit: number,
): Registers {
  const unit = (milliWh: readonly number[]) => tariffed(milliWh, milliWhPerUnit)
  const none = imported.map(() => 0)
  const lagging = imported.map((energy, rate) =>
    permilleOf(energy, Math.max(0, character.reactivePermille[rate] ?? 0)),
  )
  const leading = imported.map((energy, rate) =>
    permilleOf(energy, Math.max(0, -(character.reactivePermille[rate] ?? 0))),
  )
  const exportReactive = exported.map((energy) =>
    permilleOf(energy, character.exportReactivePermille),
  )
  const quadrants = [unit(lagging), unit(exportReactive), unit(none), unit(leading)] as const
  const shown = { import: unit(imported), export: unit(exported) }
  return {
    ...shown,
    combined: sumOf(shown.import, shown.export),
    reactive: [sumOf(quadrants[0], quadrants[3]), sumOf(quadrants[1], quadrants[2])],
    quadrants,
    apparentImport: unit(
      imported.map((energy, rate) =>
        permilleOf(energy, secantPermille(character.reactivePermille[rate] ?? 0)),
      ),
    ),
    apparentExport: unit(
      exported.map((energy) =>
        permilleOf(energy, secantPermille(character.exportReactivePermille)),
      ),
    ),
    phaseImport: byPhase(imported, character, milliWhPerUnit),
    phaseExport: byPhase(exported, character, milliWhPerUnit),
  }
}

/** What a display shows whose digits begin anew at so much (翻转). */
export function rolledOver(
  registers: Registers,
  atKwh: number | undefined,
  milliWhPerUnit: number,
): Registers {
  if (atKwh === undefined) return registers
  const end = (atKwh * MILLIWH_PER_KWH) / milliWhPerUnit
  const shown = ({ total, rates }: Tariffed): Tariffed => {
    return { total: total % end, rates: rates.map((rate) => rate % end) }
  }
  const [combined1, combined2] = registers.reactive
  const [first, second, third, fourth] = registers.quadrants
  return {
    combined: shown(registers.combined),
    import: shown(registers.import),
    export: shown(registers.export),
    reactive: [shown(combined1), shown(combined2)],
    quadrants: [shown(first), shown(second), shown(third), shown(fourth)],
    apparentImport: shown(registers.apparentImport),
    apparentExport: shown(registers.apparentExport),
    phaseImport: registers.phaseImport.map((each) => each % end),
    phaseExport: registers.phaseExport.map((each) => each % end),
  }
}

/** √(P² + Q²) per 1,000 of P. */
export function secantPermille(reactivePermille: number): number {
  return Math.round(Math.sqrt(1_000_000 + reactivePermille * reactivePermille))
}

/** The total is the sum of what the rates show, so that they agree to the last digit. */
function tariffed(milliWh: readonly number[], milliWhPerUnit: number): Tariffed {
  const rates = milliWh.map((energy) => Math.floor(energy / milliWhPerUnit))
  return { rates, total: rates.reduce((sum, rate) => sum + rate, 0) }
}

function sumOf(left: Tariffed, right: Tariffed): Tariffed {
  return {
    total: left.total + right.total,
    rates: left.rates.map((rate, index) => rate + (right.rates[index] ?? 0)),
  }
}

function byPhase(
  milliWh: readonly number[],
  character: LoadCharacter,
  milliWhPerUnit: number,
): readonly number[] {
  const total = milliWh.reduce((sum, energy) => sum + energy, 0)
  return character.phasePermille.map((permille) =>
    Math.floor(permilleOf(total, permille) / milliWhPerUnit),
  )
}

/** Whole thousandths without leaving the safe integers: energies reach 10^13 mWh. */
function permilleOf(energy: number, permille: number): number {
  const thousands = Math.floor(energy / 1_000)
  return thousands * permille + Math.floor(((energy - thousands * 1_000) * permille) / 1_000)
}
