import { type CivilTime, hours, type Instant, instant } from '#src/core'
import { cuts, type FrameAct } from './acts.ts'
import { type Cut, exceeded } from './budgets.ts'
import { type Permit, permitLifeMax } from './permit.ts'

/** Why a frame was kept off the wire. Codes are stable. */
export interface GateReason {
  readonly code: GateCode
  readonly message: string
}

export type GateCode =
  | 'gate.unknown'
  | 'gate.several'
  | 'gate.unclear'
  | 'gate.group'
  | 'gate.no-permit'
  | 'gate.forged'
  | 'gate.life'
  | 'gate.early'
  | 'gate.expired'
  | 'gate.other-device'
  | 'gate.other-effect'
  | 'gate.order-expiry'
  | 'gate.purpose'
  | 'gate.used'
  | 'gate.epoch'
  | 'gate.disarmed'
  | 'gate.stopped'
  | 'gate.budget'
  | 'gate.ledger'
  | 'gate.stale'

/** What stands written about the gate, read together with the writing of the verdict. */
export interface GateRecord {
  readonly armed: boolean
  readonly stopped: boolean
  readonly epoch: number
  /** The permit's id was used before. */
  readonly used: boolean
  /** Of the last day. */
  readonly cuts: readonly Cut[]
  /** Meters in the archive. */
  readonly fleet: number
}

export interface Question {
  readonly acts: readonly FrameAct[]
  readonly permit: Permit | null
  readonly genuine: boolean
  readonly now: Instant
  readonly civil: CivilTime
  /** The channel that the frame would leave by. */
  readonly via: string
  /** The file TRIP_STOP is there, or nobody can tell. */
  readonly stopFile: boolean
  readonly record: GateRecord
}

/** One interlock: null where it has nothing against the frame. */
export interface Interlock {
  readonly name: string
  against(question: Question): GateReason | null
}

/**
 * Every reason against sending a frame; none where it may leave. Pure: the same facts give the same
 * verdict, so that the journal reproduces it. A frame that only reads is not asked about.
 */
export function reasonsAgainst(
  question: Question,
  interlocks: readonly Interlock[] = allInterlocks,
): readonly GateReason[] {
  return interlocks.flatMap((interlock) => interlock.against(question) ?? [])
}

/** True for a verdict that only the missing arming stands behind: a rehearsal (演练). */
export function isDryRun(reasons: readonly GateReason[]): boolean {
  return reasons.length > 0 && reasons.every(({ code }) => code === 'gate.disarmed')
}

type Case = Question & { readonly permit: Permit; readonly act: FrameAct }

/** An interlock that compares the one act of a frame with its permit. */
const compare = (
  name: string,
  code: GateCode,
  wrong: (one: Case) => string | false,
): Interlock => ({
  name,
  against(question) {
    const { permit, acts } = question
    const [act] = acts
    if (!permit || !act) return null
    const message = wrong({ ...question, permit, act })
    return message === false ? null : { code, message }
  },
})

/** An interlock for what can take supply away, with a permit or without. */
const guard = (
  name: string,
  code: GateCode,
  wrong: (question: Question) => string | false,
): Interlock => ({
  name,
  against(question) {
    if (!question.acts.some(cuts)) return null
    const message = wrong(question)
    return message === false ? null : { code, message }
  },
})

const about = (
  name: string,
  code: GateCode,
  wrong: (question: Question) => string | false,
): Interlock => ({
  name,
  against(question) {
    const message = wrong(question)
    return message === false ? null : { code, message }
  },
})

/** Purposes that stand on a paper: without its number nobody could ask whether it exists. */
const onPaper: ReadonlySet<string> = new Set(['orderly-use', 'safety-order'])

/** All of them, the plainest first. Each is needed: a test takes them away one by one. */
export const allInterlocks: readonly Interlock[] = [
  about('understood', 'gate.unknown', ({ acts }) => {
    return acts.some(({ effect }) => effect === 'unknown') && 'nobody knows what the frame does'
  }),
  about('one act', 'gate.several', ({ acts }) => {
    return acts.length > 1 && `the frame does ${acts.length} things; a permit is for one`
  }),
  about('an aim', 'gate.unclear', ({ acts }) => {
    const unclear = acts.some(
      ({ aim, effect }) => aim === null || (isRelay(effect) && aim.action === null),
    )
    return unclear && 'it cannot be told whom the frame orders to do what'
  }),
  about('one device', 'gate.group', ({ acts }) => {
    const wide = acts.some(({ aim, effect }) => aim?.isGroup && effect !== 'clock')
    return wide && 'the frame would reach more than one device'
  }),
  about('a permit', 'gate.no-permit', ({ permit }) => {
    return permit === null && 'it needs a permit; none was given'
  }),
  compare('genuine', 'gate.forged', ({ permit, genuine }) => {
    return !genuine && `permit ${permit.id} was not written by this head-end`
  }),
  compare('short life', 'gate.life', ({ permit }) => {
    const life = permit.expiresAt - permit.notBefore
    return !(life > 0 && life <= permitLifeMax) && `permit ${permit.id} holds longer than allowed`
  }),
  compare('begun', 'gate.early', ({ permit, now }) => {
    return !(now >= permit.notBefore) && `permit ${permit.id} does not hold yet`
  }),
  compare('not over', 'gate.expired', ({ permit, now }) => {
    return !(now < permit.expiresAt) && `permit ${permit.id} has expired`
  }),
  compare('unused', 'gate.used', ({ permit, record }) => {
    return record.used && `permit ${permit.id} was used before`
  }),
  compare('same device', 'gate.other-device', ({ permit, act }) => {
    const same =
      act.protocol === permit.device.protocol && act.aim?.address === permit.device.address
    return !same && `permit ${permit.id} is for another device`
  }),
  compare('same effect', 'gate.other-effect', ({ permit, act }) => {
    const same = act.effect === permit.effect && (act.aim?.action ?? null) === permit.action
    return !same && `permit ${permit.id} is for another order`
  }),
  compare('order expiry', 'gate.order-expiry', ({ permit, act, civil }) => {
    const expiry = act.aim?.expiresAt ?? null
    if (expiry === null) return false
    const at = civil.toInstant(expiry)
    if (at === undefined) return 'the order names no possible time as its end'
    const latest = cuts(act) ? latestOf(at, civil) : at
    return latest > permit.expiresAt && 'the order would hold longer than its permit'
  }),
  compare('purpose', 'gate.purpose', ({ permit, act }) => {
    if (cuts(act) && permit.purpose === 'upkeep') return 'upkeep is no reason to cut supply'
    if (cuts(act) && permit.approvers.length === 0) return 'nobody approved it'
    if (act.effect === 'firmware' && permit.approvers.length === 0) return 'nobody approved it'
    const lacksPaper = onPaper.has(permit.purpose) && !permit.reference
    return lacksPaper && `${permit.purpose} needs the number of the plan or order`
  }),
  guard('epoch', 'gate.epoch', ({ permit, record }) => {
    const old = permit !== null && permit.budgetEpoch !== record.epoch
    return old && `permit ${permit.id} was given before the last stop or arming`
  }),
  guard('stop button', 'gate.stopped', ({ record }) => record.stopped && 'trips are stopped'),
  guard('stop file', 'gate.stopped', ({ stopFile }) => stopFile && 'the file TRIP_STOP is there'),
  guard('budget', 'gate.budget', ({ record, now, via }) => {
    const [first] = exceeded(record.cuts, { at: now, via }, record.fleet)
    return first !== undefined && `${first.used} of ${first.limit} cuts in ${first.name} are used`
  }),
  guard('armed', 'gate.disarmed', ({ record }) => !record.armed && 'trips are not armed'),
]

/** A wall clock of the repeated hour in autumn comes twice; a device may mean the second. */
function latestOf(at: Instant, civil: CivilTime): Instant {
  const again = instant(at + hours(1))
  const isSame = JSON.stringify(civil.toWall(again)) === JSON.stringify(civil.toWall(at))
  return isSame ? again : at
}

function isRelay(effect: FrameAct['effect']): boolean {
  return effect === 'trip' || effect === 'relay'
}
