import type { Cause } from './causes.ts'
import type { MeterEvidence } from './evidence.ts'

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
/** Who stays away longer than this has stopped calling; who calls again sooner comes and goes. */
const STAYED_AWAY_SECONDS = 1_800
const MADE_UP_SECONDS = 600

const unreached: readonly (string | null)[] = [null, 'offline', 'transport', 'paused', 'stopped']

/** It was there, and is not now, which is why the meter was not reached. */
const isLost = ({ line, reason, talk }: MeterEvidence) =>
  line.hasConcentrator &&
  line.sessions > 0 &&
  !line.isOnline &&
  (line.received === 0 || (unreached.includes(reason) && talk.visits === 0))
const isAnswering = ({ reason, talk, answersOthers }: MeterEvidence) =>
  answersOthers || talk.heard + talk.refused > 0 || (reason !== null && answering.includes(reason))
const answering: readonly string[] = ['other-time', 'no-value', 'refused', 'unsupported']
const isAway = ({ line }: MeterEvidence) => line.hasConcentrator && line.sessions === 0
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
const isUnasked = ({ reason, talk }: MeterEvidence) =>
  reason === 'stopped' || (reason === null && talk.visits === 0)
/** Making up for an outage takes about as long as it lasted, and a while where it was short. */
const wasJustAway = ({ line: { outageSeconds, outageAgoSeconds } }: MeterEvidence) =>
  outageSeconds > 0 &&
  outageAgoSeconds !== null &&
  outageAgoSeconds < Math.max(outageSeconds, MADE_UP_SECONDS)
/** It came more than once, and no connection held. */
const isCutShort = ({ line }: MeterEvidence) =>
  line.shortSessions > 1 && line.shortSessions >= line.sessions * MOST
/** Nobody behind it was heard, and it is there. */
const isDeaf = ({ line }: MeterEvidence) =>
  line.received === 0 &&
  line.damagedMeters === 0 &&
  line.refusedMeters === 0 &&
  line.onlineSeconds > 0 &&
  line.silentMeters > 0

// The first that holds tells: name, cause, confidence, condition. What concerns a whole line comes
// before what concerns one meter, and what proves something before what only suggests it.
const table: readonly (readonly [string, Cause, number, Rule['holds']])[] = [
  [
    'database-away',
    'database',
    90,
    (meter) => isUnasked(meter) && meter.line.outageSeconds > meter.line.daySeconds * MOST,
  ],
  [
    'database-is-back',
    'database',
    75,
    // It is there and was not asked yet, for the database has only just come back.
    (meter) => isUnasked(meter) && meter.line.isOnline && wasJustAway(meter),
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
    'keeps-breaking-off',
    'flapping',
    80,
    // No connection holds, and it calls again and again.
    (meter) =>
      meter.line.hasConcentrator &&
      meter.line.received === 0 &&
      meter.line.shortSessions > 2 &&
      isCutShort(meter) &&
      meter.line.awaySeconds < STAYED_AWAY_SECONDS,
  ],
  [
    'faded',
    'no-network',
    75,
    // It came several times, no connection held, and it stays away: the network, not the device.
    (meter) => isLost(meter) && isCutShort(meter),
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
    'hangs-elsewhere',
    'wrong-address',
    95,
    ({ isElsewhere, talk }) => isElsewhere && talk.heard === 0,
  ],
  [
    'all-speak-other',
    'wrong-protocol',
    85,
    // Nobody was heard as the archive has them, and of those who were tried most speak otherwise.
    (meter) =>
      isDeaf(meter) &&
      meter.line.otherSpeakers > 0 &&
      share(meter.line.otherSpeakers, meter.line.probedMeters) >= MOST,
  ],
  [
    'others-hang-there',
    'wrong-address',
    80,
    // Its line is that of somebody else: none of its own answers, and others do.
    (meter) => isDeaf(meter) && meter.line.strangers + meter.line.guests > 0,
  ],
  [
    'terminal-alone',
    'meter-silent',
    80,
    // It answers for itself and for none of its meters: what is broken is between it and them.
    (meter) =>
      isDeaf(meter) &&
      meter.line.wasHeard &&
      share(meter.line.silentMeters, meter.line.meters) >= MOST,
  ],
  [
    'all-silent',
    'device-off',
    90,
    (meter) => isDeaf(meter) && share(meter.line.silentMeters, meter.line.meters) >= MOST,
  ],
  ['deaf-and-unasked', 'device-off', 70, isDeaf],
  ['clock-off', 'clock-wrong', 95, (meter) => meter.clock === 'wrong' && isAnswering(meter)],
  [
    'stopped-recording',
    'refusal',
    85,
    // It knows what day it is, and the last that it recorded is of another.
    ({ reason, clock }) => reason === 'other-time' && clock === 'right',
  ],
  ['other-day', 'clock-wrong', 90, ({ reason }) => reason === 'other-time'],
  [
    'terminal-has-none',
    'meter-silent',
    80,
    // A terminal that reads by itself sends empty values of whom it never heard.
    ({ reason, line }) => reason === 'no-value' && line.collects,
  ],
  ['answers-empty', 'refusal', 75, ({ reason }) => reason === 'no-value'],
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
    'passes-over',
    'refusal',
    75,
    // It is there and answers other questions; to this one it keeps silent.
    ({ answersOthers, talk }) => answersOthers && talk.silent > 0 && talk.heard === 0,
  ],
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

/** Rules for a line on which nobody is heard, that tell more once somebody looked closer. */
export const silentLineRules: readonly string[] = [
  'terminal-alone',
  'all-silent',
  'deaf-and-unasked',
]

/** The first rule that holds. */
export function judge(meter: MeterEvidence): Rule {
  const rule = rules.find(({ holds }) => holds(meter))
  if (!rule) throw new Error('invariant broken: the last rule holds always')
  return rule
}
