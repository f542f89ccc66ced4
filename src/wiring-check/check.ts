import { connectionsOf, faultsIn, isWrong } from './connections.ts'
import { registerFindings, runawayFindings } from './registers.ts'
import { rules, type Scene, tooSmall } from './rules.ts'
import {
  type Connection,
  type Element,
  type Finding,
  phaseNames,
  type Snapshot,
  type WiringOptions,
  type WiringReport,
  type WiringSystem,
  type WiringVerdict,
} from './types.ts'

const BASIC_CURRENT_A = 5
/** A meter takes up to twelve times its basic current. */
const CURRENT_MAX = 12
const nominals: readonly number[] = [57.7, 100, 110, 120, 220, 230, 240, 380, 400]
const NOTHING_V = 10

/**
 * Says how a meter is connected, what is wrong with that, and by which numbers. It never claims
 * more than the numbers tell: where several connections explain them, it says so and names each.
 */
export function checkWiring(snapshot: Snapshot, options: WiringOptions = {}): WiringReport {
  const system = systemOf(snapshot)
  if (system === null) {
    const nothing = {
      code: 'nothing-measured',
      severity: 'fault',
      phases: [],
      evidence: '',
    } as const
    return { system, verdict: 'unknown', findings: [nothing], connections: [] }
  }
  const scene = sceneOf(system, snapshot, options)
  const plain = rules.flatMap((rule) => rule(scene))
  const power = snapshot.activeTotal ?? 0
  const counting = [
    ...registerFindings(snapshot.registers, power),
    ...runawayFindings(snapshot.registers, powerMaxOf(scene)),
  ]
  // Angles against a voltage that is not there say nothing.
  const isAngled = !plain.some(({ code, severity }) => {
    return severity === 'fault' && code.startsWith('voltage.') && code !== 'voltage.sequence'
  })
  const connections = isAngled ? connectionsOf(system, snapshot, scene.feedsIn) : []
  const currents = isAngled ? currentFindings(scene, connections) : []
  const findings = [...plain, ...currents, ...counting]
  return { system, verdict: verdictOf(findings, connections), findings, connections }
}

/** Which elements have a voltage says what they are connected to. */
export function systemOf({ elements }: Snapshot): WiringSystem | null {
  const [a, b, c] = elements.map(({ voltage }) => voltage)
  const has = (voltage: number | null | undefined) => (voltage ?? 0) > NOTHING_V
  if (!has(a) && !has(b) && !has(c)) return null
  if (b === null && c === null) return 'single-phase'
  const isLineVoltage = nearest(median([a, c])) === 100 || nearest(median([a, c])) >= 380
  if (has(a) && has(c) && !has(b) && isLineVoltage) return 'three-phase-three-wire'
  return 'three-phase-four-wire'
}

function sceneOf(system: WiringSystem, snapshot: Snapshot, options: WiringOptions): Scene {
  const indices = { 'single-phase': [0], 'three-phase-four-wire': [0, 1, 2] } as const
  const used = (system === 'three-phase-three-wire' ? [0, 2] : indices[system]).flatMap((index) => {
    const element = snapshot.elements[index]
    const phase = phaseNames[index]
    return element === undefined || phase === undefined ? [] : [{ phase, element, index }]
  })
  return {
    system,
    snapshot,
    used,
    nominal: options.nominalVoltage ?? nearest(lowestSound(used.map(({ element }) => element))),
    basicCurrent: options.basicCurrent ?? BASIC_CURRENT_A,
    feedsIn: options.feedsIn ?? false,
  }
}

/** With the neutral on a phase two of three voltages are those between phases. */
function lowestSound(elements: readonly Element[]): number {
  const sound = elements.flatMap(({ voltage }) =>
    voltage !== null && voltage > NOTHING_V ? [voltage] : [],
  )
  const middle = median(sound)
  const least = Math.min(...sound)
  const ratio = middle / least
  return ratio > 1.6 && ratio < 1.85 ? least : middle
}

function median(values: readonly (number | null | undefined)[]): number {
  const known = values.filter((value) => typeof value === 'number').sort((x, y) => x - y)
  return known[Math.floor(known.length / 2)] ?? 0
}

function nearest(voltage: number): number {
  const off = (nominal: number) => Math.abs(Math.log(Math.max(voltage, 1) / nominal))
  return nominals.reduce((best, nominal) => (off(nominal) < off(best) ? nominal : best), 220)
}

function powerMaxOf({ used, nominal, basicCurrent }: Scene): number {
  return (used.length * nominal * basicCurrent * CURRENT_MAX) / 1_000
}

/** What the connections have in common is certain; where they differ, nothing is. */
function currentFindings(scene: Scene, connections: readonly Connection[]): readonly Finding[] {
  const small = tooSmall(scene)
  if (small.length === scene.used.length) return small
  const [simplest] = connections
  if (simplest === undefined) {
    const evidence = anglesText(scene)
    return [...small, { code: 'current.unexplained', severity: 'fault', phases: [], evidence }]
  }
  if (connections.length > 1) {
    const evidence = connections.map(connectionText).join(' · ')
    const severity = faultsIn(simplest) === 0 ? 'remark' : 'fault'
    return [...small, { code: 'current.ambiguous', severity, phases: [], evidence }]
  }
  const findings = faultsOf(simplest, scene)
  return [...small, ...findings, ...(findings.length === 0 ? feedingIn(scene) : [])]
}

function faultsOf(connection: Connection, scene: Scene): readonly Finding[] {
  const evidence = `${anglesText(scene)}; ${connectionText(connection)}`
  const wrong = connection.elements.filter(isWrong)
  const reversed = wrong.filter((one) => one.reversed).map(({ current }) => current)
  const misplaced = wrong.filter(({ element, current }) => element !== current)
  const phases = misplaced.map(({ element }) => element)
  return [
    ...(reversed.length === 0
      ? []
      : [{ code: 'current.reversed', severity: 'fault', phases: reversed, evidence } as const]),
    ...(phases.length === 0
      ? []
      : [{ code: 'current.wrong-phase', severity: 'fault', phases, evidence } as const]),
  ]
}

function feedingIn({ used, feedsIn }: Scene): readonly Finding[] {
  const phases = used.filter(({ element }) => (element.active ?? 0) < 0).map(({ phase }) => phase)
  if (!feedsIn || phases.length === 0) return []
  const evidence = used
    .map(({ phase, element }) => `P${phase} ${(element.active ?? 0).toFixed(4)} kW`)
    .join(', ')
  return [{ code: 'power.feeds-in', severity: 'note', phases, evidence }]
}

function anglesText({ used }: Scene): string {
  return used
    .map(({ phase, element: { active, reactive, angle } }) => {
      const measured =
        active !== null && reactive !== null
          ? (Math.atan2(reactive, active) * 180) / Math.PI
          : angle
      return `φ${phase} ${measured === null ? '?' : `${measured.toFixed(0)}°`}`
    })
    .join(', ')
}

/** `A+ B- C+`: the current on each element, minus where it is the wrong way round. */
export function connectionText({ elements }: Connection): string {
  return elements
    .map(({ current, reversed, known }) => (known ? `${current}${reversed ? '-' : '+'}` : '?'))
    .join(' ')
}

function verdictOf(
  findings: readonly Finding[],
  connections: readonly Connection[],
): WiringVerdict {
  const faults = findings.filter(({ severity }) => severity === 'fault')
  const isAmbiguous = (code: string) => code === 'current.ambiguous'
  if (faults.some(({ code }) => !isAmbiguous(code))) return 'wrong'
  if (findings.some(({ code }) => isAmbiguous(code))) return 'ambiguous'
  if (connections.length === 0 || !connections.some(({ elements }) => elements.some(isKnown))) {
    return 'unknown'
  }
  const isPartly = connections.some(({ elements }) => !elements.every(isKnown))
  return isPartly || findings.some(({ severity }) => severity === 'remark') ? 'remarks' : 'right'
}

const isKnown = ({ known }: Connection['elements'][number]) => known
