import type { Member, MeterVoltages } from './gather-queries.ts'
import type { Suspect, VoltageCurve } from './groups.ts'
import { wires } from './groups.ts'
import { CONFIDENCE_MIN, type Judgement } from './judge.ts'
import type { ProposalEvidence } from './types.ts'

/**
 * How sure a terminal alone makes: power-line carriers reach over to a neighbour's area, so that
 * who reads a meter is good evidence and no proof.
 */
const TERMINAL_CONFIDENCE = 0.7
/** A terminal of the archived area really reads it: the voltage is believed a little less. */
const CONTRADICTED = 0.9

export interface Found {
  readonly pointId: number
  readonly archivedArea: number
  readonly archivedPhase: Member['phase']
  readonly area: number
  readonly phase: Member['phase']
  readonly confidence: number
  readonly evidence: Omit<ProposalEvidence, 'terminals'> & { readonly terminals: readonly number[] }
}

/** The curves of a member: three where its meter has three phases to the neutral. */
export function suspectOf(member: Member, { volts: [a, b, c] }: MeterVoltages): Suspect | null {
  if (member.wiring === '3p3w') return null
  const isThree = b.length > 0 || c.length > 0
  const label = wires.find((wire) => wire === member.phase) ?? null
  const curves: readonly VoltageCurve[] = isThree
    ? [
        { wire: 'A', volts: a },
        { wire: 'B', volts: b },
        { wire: 'C', volts: c },
      ]
    : [{ wire: label, volts: a }]
  return { id: member.pointId, area: member.area, curves }
}

/** What is proposed of a member; null where the archive may stay as it is. */
export function proposalFor(member: Member, judged: Judgement | undefined): Found | null {
  const { area: archivedArea, phase: archivedPhase, heardIn } = member
  const place = placeOf(member, judged)
  const phase = phaseOf(member, judged, place.area)
  const isMoved = place.area !== archivedArea
  const isTurned = phase.phase !== archivedPhase
  if (!isMoved && !isTurned) return null
  const confidence = Math.min(isMoved ? place.confidence : 1, isTurned ? phase.confidence : 1)
  return {
    pointId: member.pointId,
    archivedArea,
    archivedPhase,
    area: place.area,
    phase: phase.phase,
    confidence,
    evidence: {
      voltage:
        judged === undefined
          ? null
          : {
              days: judged.days,
              areaDays: judged.areaDays,
              phaseDays: judged.wireDays,
              correlation: judged.correlation.toFixed(4),
              archived: judged.archived.toFixed(4),
            },
      terminals: heardIn,
    },
  }
}

function placeOf(
  { area: archived, heardIn }: Member,
  judged: Judgement | undefined,
): { readonly area: number; readonly confidence: number } {
  const isSure = judged !== undefined && judged.areaConfidence >= CONFIDENCE_MIN
  if (isSure) {
    const { area, areaConfidence } = judged
    if (heardIn.includes(area)) {
      return { area, confidence: 1 - (1 - areaConfidence) * (1 - TERMINAL_CONFIDENCE) }
    }
    const isContradicted = heardIn.includes(archived)
    return { area, confidence: isContradicted ? areaConfidence * CONTRADICTED : areaConfidence }
  }
  const [heard, ...others] = heardIn
  const isElsewhere = heard !== undefined && others.length === 0 && heard !== archived
  return isElsewhere
    ? { area: heard, confidence: TERMINAL_CONFIDENCE }
    : { area: archived, confidence: 0 }
}

/** A phase is judged among the wires of one area: it stands only if the point hangs there. */
function phaseOf(
  { phase: archived }: Member,
  judged: Judgement | undefined,
  area: number,
): { readonly phase: Member['phase']; readonly confidence: number } {
  const isSure =
    judged !== undefined &&
    judged.wire !== null &&
    judged.area === area &&
    judged.wireConfidence >= CONFIDENCE_MIN
  return isSure
    ? { phase: judged.wire, confidence: judged.wireConfidence }
    : { phase: archived, confidence: 0 }
}
