import { anglesOf } from './connections.ts'
import {
  type Element,
  type Finding,
  type FindingCode,
  type Phase,
  phaseNames,
  type Severity,
  type Snapshot,
  type WiringSystem,
} from './types.ts'

/** What a rule sees. */
export interface Scene {
  readonly system: WiringSystem
  readonly snapshot: Snapshot
  /** Elements that this system has. */
  readonly used: readonly {
    readonly phase: Phase
    readonly element: Element
    readonly index: number
  }[]
  readonly nominal: number
  readonly basicCurrent: number
  readonly feedsIn: boolean
}

type Rule = (scene: Scene) => readonly Finding[]

const found = (
  code: FindingCode,
  severity: Severity,
  phases: readonly Phase[],
  evidence: string,
): Finding => ({ code, severity, phases, evidence })

/** Shares of the nominal voltage and of the basic current by which meters judge themselves too. */
const missingVoltage = 0.6
const lostVoltage = 0.78
const lowVoltage = 0.9
const highVoltage = 1.07
const lineVoltage = { from: 1.5, to: 1.95 } as const
const neutralSpread = 0.3
const noCurrent = 0.005
const otherCurrent = 0.05
const neutralDifference = 0.2
const inconsistent = 0.05
/** Rounding alone may make this much, in kW. */
const ROUNDING_KW = 0.002

const text = (value: number, unit: string, decimals = 1) => `${value.toFixed(decimals)} ${unit}`

/** Rules that look at magnitudes, each for itself. */
export const rules: readonly Rule[] = [
  neutralOnPhase,
  voltages,
  lostCurrents,
  neutralCurrent,
  power,
  powerSum,
  sequences,
]

function isNeutralOnPhase({ system, used, nominal }: Scene): boolean {
  if (system !== 'three-phase-four-wire') return false
  const ratios = used.map(({ element }) => (element.voltage ?? 0) / nominal)
  const onLine = ratios.filter((ratio) => ratio > lineVoltage.from && ratio < lineVoltage.to)
  return onLine.length === 2 && ratios.some((ratio) => ratio > lostVoltage && ratio < 1.2)
}

function isNeutralOpen(scene: Scene): boolean {
  const { system, used, nominal } = scene
  if (system !== 'three-phase-four-wire' || isNeutralOnPhase(scene)) return false
  const ratios = used.map(({ element }) => (element.voltage ?? 0) / nominal)
  return Math.max(...ratios) > 1 + neutralSpread / 2 && Math.min(...ratios) < 1 - neutralSpread / 2
}

function neutralOnPhase(scene: Scene): readonly Finding[] {
  const isOn = isNeutralOnPhase(scene)
  if (!isOn && !isNeutralOpen(scene)) return []
  const evidence = scene.used
    .map(({ phase, element }) => `U${phase} ${text(element.voltage ?? 0, 'V')}`)
    .join(', ')
  if (!isOn) return [found('voltage.neutral-open', 'fault', [...phaseNames], evidence)]
  const odd = scene.used.filter(({ element }) => (element.voltage ?? 0) / scene.nominal < 1.2)
  const phases = odd.map(({ phase }) => phase)
  return [found('voltage.neutral-on-phase', 'fault', phases, evidence)]
}

function voltages(scene: Scene): readonly Finding[] {
  if (isNeutralOnPhase(scene) || isNeutralOpen(scene)) return []
  const { nominal, basicCurrent } = scene
  return scene.used.flatMap(({ phase, element: { voltage, current } }) => {
    if (voltage === null) return []
    const share = voltage / nominal
    const evidence = `U${phase} ${text(voltage, 'V')}, ${Math.round(share * 100)} % of ${nominal} V`
    const flows = (current ?? 0) > noCurrent * basicCurrent
    if (share < lostVoltage && flows) {
      const flowing = `${evidence}; I${phase} ${text(current ?? 0, 'A', 3)}`
      return [found('voltage.lost', 'fault', [phase], flowing)]
    }
    if (share < missingVoltage) return [found('voltage.phase-missing', 'fault', [phase], evidence)]
    if (share < lowVoltage) return [found('voltage.low', 'remark', [phase], evidence)]
    if (share > highVoltage) return [found('voltage.high', 'remark', [phase], evidence)]
    return []
  })
}

function lostCurrents({ used, basicCurrent, nominal }: Scene): readonly Finding[] {
  const most = Math.max(...used.map(({ element }) => element.current ?? 0))
  if (used.length < 2 || most < otherCurrent * basicCurrent) return []
  return used.flatMap(({ phase, element: { voltage, current } }) => {
    if (current === null || current >= noCurrent * basicCurrent) return []
    if ((voltage ?? 0) < 0.7 * nominal) return []
    const evidence = `I${phase} ${text(current, 'A', 3)} while another phase has ${text(most, 'A', 3)}`
    return [found('current.lost', 'remark', [phase], evidence)]
  })
}

/** One phase: what goes comes back. Of three phases nobody knows the vectors. */
function neutralCurrent({ system, used, snapshot, basicCurrent }: Scene): readonly Finding[] {
  const { neutralCurrent: neutral } = snapshot
  const live = used[0]?.element.current
  if (system !== 'single-phase' || neutral === null || live === null || live === undefined)
    return []
  const most = Math.max(neutral, live)
  if (most < otherCurrent * basicCurrent || Math.abs(neutral - live) <= neutralDifference * most) {
    return []
  }
  const evidence = `IA ${text(live, 'A', 3)}, IN ${text(neutral, 'A', 3)}`
  return [found('current.neutral', 'fault', ['A'], evidence)]
}

function power({ used, nominal }: Scene): readonly Finding[] {
  return used.flatMap(({ phase, element }) => {
    const { voltage, current, active, powerFactor } = element
    if (voltage === null || current === null || active === null || powerFactor === null) return []
    const apparent = (voltage * current) / 1_000
    const expected = apparent * Math.abs(powerFactor)
    // The last digit that a meter shows of a current and of a power factor.
    const digits = (nominal * 0.001) / 1_000 + apparent * 0.001
    const limit = inconsistent * apparent + digits + ROUNDING_KW
    if (Math.abs(Math.abs(active) - expected) <= limit) return []
    const evidence = `P${phase} ${text(active, 'kW', 4)}, U·I·PF ${text(expected, 'kW', 4)}`
    return [found('power.inconsistent', 'fault', [phase], evidence)]
  })
}

function powerSum({ used, snapshot: { activeTotal } }: Scene): readonly Finding[] {
  if (activeTotal === null || used.some(({ element }) => element.active === null)) return []
  const sum = used.reduce((total, { element }) => total + (element.active ?? 0), 0)
  // Currents change between two answers: what they carry is the measure of the difference.
  const carried = used.reduce((total, { element }) => total + Math.abs(element.active ?? 0), 0)
  const off = (value: number) => Math.abs(value) > inconsistent * carried + ROUNDING_KW
  // Some meters add up what counts, whichever way it flows.
  if (!off(activeTotal - sum) || !off(activeTotal - carried)) return []
  const evidence = `P ${text(activeTotal, 'kW', 4)}, sum of the phases ${text(sum, 'kW', 4)}`
  return [found('power.sum', 'fault', [], evidence)]
}

function sequences({ system, snapshot }: Scene): readonly Finding[] {
  if (system === 'single-phase') return []
  const said = 'run status word 7 of the meter'
  const all = [...phaseNames]
  return [
    ...(snapshot.voltageReversed ? [found('voltage.sequence', 'fault', all, said)] : []),
    ...(snapshot.currentReversed && snapshot.voltageReversed === false
      ? [found('current.sequence', 'fault', all, said)]
      : []),
  ]
}

/** Phases on which too little flows to tell where their current hangs. */
export function tooSmall({ used, snapshot }: Scene): readonly Finding[] {
  return used.flatMap(({ phase, index, element: { voltage, current } }) => {
    if (voltage === null || current === null || anglesOf(snapshot, index) !== null) return []
    const evidence = `U${phase} ${text(voltage, 'V')}, I${phase} ${text(current, 'A', 3)}`
    return [found('current.too-small', 'note', [phase], evidence)]
  })
}
