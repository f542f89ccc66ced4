import type { Cause } from './causes.ts'

/** What is known of a meter of which something of a day is missing. */
export interface MeterEvidence {
  /** Why its last slot of the day is empty, as the ledger has it; null where it was not asked. */
  readonly reason: string | null
  readonly missing: number
  readonly talk: Talk
  /** The protocol in which it answered when it was asked in others; null for none, or never asked. */
  readonly speaks: string | null
  readonly clock: ClockEvidence
  readonly line: LineEvidence
}

/** Of a clock: whether what is frozen by it can be of the right day; null while nobody measured it. */
export type ClockEvidence = 'right' | 'wrong' | null

/** Visits of the day that did not go well, by how they ended. */
export interface Talk {
  readonly visits: number
  readonly heard: number
  readonly silent: number
  readonly damaged: number
  readonly clashed: number
  readonly mismatched: number
  readonly refused: number
  readonly denied: number
}

/** What is known of the channel that a meter hangs on; all its meters share it. */
export interface LineEvidence {
  readonly hasConcentrator: boolean
  /** Of the day so far, in seconds. */
  readonly daySeconds: number
  readonly onlineSeconds: number
  readonly sessions: number
  readonly shortSessions: number
  /** It was online before the day began, within a month. */
  readonly wasOnlineBefore: boolean
  /** Its newest connection is open. */
  readonly isOnline: boolean
  readonly meters: number
  /** Meters of which something of the day came. */
  readonly received: number
  /** Meters whose visits mostly ended so, among those that were asked. */
  readonly silentMeters: number
  readonly damagedMeters: number
  readonly refusedMeters: number
  /** Addresses on the line that are not in the archive, by the last search. */
  readonly strangers: number
  /** Whether somebody whom nobody knows called meanwhile and may be this one, 0 to 1. */
  readonly likenessOfCaller: number
  /** Of the concentrator itself. */
  readonly clock: ClockEvidence
  readonly outageSeconds: number
}

interface Rule {
  readonly name: string
  readonly cause: Cause
  /** Of a hundred. */
  readonly confidence: number
  readonly holds: (meter: MeterEvidence) => boolean
}

/** An online time of less than this is a connection that did not hold. */
export const SHORT_SESSION_SECONDS = 60
/** From here on a line is one where something is wrong for all. */
const MOST = 0.5
/** From here on a line is one where nearly all is well. */
const MANY = 0.7
/** Another caller is taken for this one from here on. */
const ALIKE = 0.75
const PERHAPS = 0.5

const unreached: readonly (string | null)[] = [null, 'offline', 'transport', 'paused', 'stopped']

/** It was there, and is not now, which is why the meter was not reached. */
const isLost = ({ line, reason, talk }: MeterEvidence) =>
  line.hasConcentrator &&
  line.sessions > 0 &&
  !line.isOnline &&
  (line.received === 0 || (unreached.includes(reason) && talk.visits === 0))
const isAnswering = ({ reason, talk }: MeterEvidence) =>
  talk.heard + talk.refused > 0 || (reason !== null && answering.includes(reason))
const answering: readonly string[] = ['other-time', 'no-value', 'refused', 'unsupported']
const isAway = ({ line }: MeterEvidence) => line.hasConcentrator && line.sessions === 0
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
const isDeaf = ({ line }: MeterEvidence) =>
  line.received === 0 && line.damagedMeters === 0 && line.refusedMeters === 0

// The first that holds tells: name, cause, confidence, condition. What concerns a whole line comes
// before what concerns one meter, and what proves something before what only suggests it.
const table: readonly (readonly [string, Cause, number, Rule['holds']])[] = [
  [
    'database-away',
    'database',
    90,
    ({ line, reason }) =>
      line.outageSeconds > line.daySeconds * 0.5 && (reason === null || reason === 'stopped'),
  ],
  [
    'caller-alike',
    'login-refused',
    95,
    (meter) => isAway(meter) && meter.line.likenessOfCaller >= ALIKE,
  ],
  [
    'caller-perhaps',
    'login-refused',
    60,
    (meter) => isAway(meter) && meter.line.likenessOfCaller >= PERHAPS,
  ],
  ['away-since-before', 'device-off', 70, (meter) => isAway(meter) && meter.line.wasOnlineBefore],
  ['never-there', 'no-network', 90, isAway],
  [
    'faded',
    'no-network',
    75,
    // It came several times, and no connection held: the network, not the device.
    (meter) =>
      isLost(meter) &&
      meter.line.shortSessions > 1 &&
      meter.line.shortSessions >= meter.line.sessions * MOST,
  ],
  ['went-away', 'device-off', 80, isLost],
  [
    'all-damaged',
    'garbage',
    90,
    ({ line }) => share(line.damagedMeters, line.damagedMeters + line.received) >= MOST,
  ],
  [
    'all-refused-clock',
    'clock-wrong',
    95,
    (meter) => meter.line.clock === 'wrong' && isAnswering(meter) && meter.line.received === 0,
  ],
  [
    'all-refused',
    'clock-wrong',
    65,
    ({ line, reason }) =>
      reason === 'refused' &&
      line.clock !== 'right' &&
      line.received === 0 &&
      line.meters > 1 &&
      share(line.refusedMeters, line.meters) >= MOST,
  ],
  [
    'all-silent',
    'device-off',
    90,
    (meter) =>
      isDeaf(meter) &&
      meter.line.onlineSeconds > 0 &&
      meter.line.silentMeters > 0 &&
      share(meter.line.silentMeters, meter.line.meters) >= MOST,
  ],
  [
    'deaf-and-unasked',
    'device-off',
    70,
    (meter) => isDeaf(meter) && meter.line.onlineSeconds > 0 && meter.line.silentMeters > 0,
  ],
  ['clock-off', 'clock-wrong', 95, (meter) => meter.clock === 'wrong' && isAnswering(meter)],
  [
    'other-day',
    'clock-wrong',
    90,
    ({ reason, talk }) => reason === 'other-time' || (reason === 'no-value' && talk.heard > 0),
  ],
  [
    'answered-and-empty',
    'clock-wrong',
    65,
    // Its line is done, nothing failed, and what it said was not of this day.
    ({ reason, talk, line }) =>
      reason === null &&
      share(line.received, line.meters) >= MANY &&
      (talk.visits === 0 || talk.heard > 0),
  ],
  ['speaks-other', 'wrong-protocol', 95, ({ speaks }) => speaks !== null],
  [
    'says-no',
    'refusal',
    90,
    ({ reason, talk }) =>
      reason === 'refused' || reason === 'unsupported' || talk.refused > talk.silent + talk.damaged,
  ],
  [
    'two-speak',
    'duplicate-address',
    85,
    ({ talk }) => talk.damaged > 0 && talk.clashed >= talk.damaged * 0.6,
  ],
  ['is-damaged', 'garbage', 85, ({ talk }) => talk.damaged > 0 && talk.damaged >= talk.silent],
  [
    'breaks-off',
    'flapping',
    75,
    ({ line, reason, talk }) =>
      unreached.includes(reason) &&
      talk.visits === 0 &&
      line.shortSessions > 2 &&
      line.onlineSeconds < line.daySeconds * MOST,
  ],
  ['other-answers', 'wrong-address', 85, ({ talk }) => talk.mismatched > talk.silent],
  [
    'stranger-there',
    'wrong-address',
    80,
    ({ talk, line }) =>
      talk.heard === 0 &&
      talk.silent > 0 &&
      line.received > 0 &&
      line.strangers > 0 &&
      line.strangers >= line.silentMeters * MOST,
  ],
  [
    'alone-silent',
    'meter-silent',
    75,
    ({ talk, line }) => talk.silent > 0 && talk.heard === 0 && line.received > 0,
  ],
  [
    'comes-and-goes',
    'flapping',
    70,
    ({ line }) => line.shortSessions > 2 && line.onlineSeconds < line.daySeconds * MOST,
  ],
  ['denied-on-the-way', 'meter-silent', 60, ({ talk }) => talk.denied > 0 && talk.heard === 0],
  ['is-silent', 'meter-silent', 50, ({ talk }) => talk.silent > 0],
  ['not-yet', 'not-asked', 40, () => true],
]

export const rules: readonly Rule[] = table.map(([name, cause, confidence, holds]) => ({
  name,
  cause,
  confidence,
  holds,
}))

/** The first rule that holds. */
export function judge(meter: MeterEvidence): Rule {
  const rule = rules.find(({ holds }) => holds(meter))
  if (!rule) throw new Error('invariant broken: the last rule holds always')
  return rule
}
