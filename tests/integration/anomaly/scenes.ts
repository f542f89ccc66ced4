import { fell, gap, night, nights, opened, rates, ratio } from './plays.ts'
import {
  AFTER,
  BEGIN,
  clock,
  DAYS,
  energies,
  event,
  good,
  HISTORY,
  LAST,
  one,
  peak,
  peaks,
  registers,
  type Scene,
  samples,
  single,
  steady,
  steps,
  times,
  told,
  usual,
  wellAgain,
} from './scene-parts.ts'

/** Of each rule one scene in which it fires, and one close by in which it does not. */
export const scenes: Readonly<Record<string, Scene>> = {
  'voltage-lost': samples(
    { ...good, u: [171, 220, 220], i: [0.03, 2, 2] },
    { ...good, u: [172, 220, 220], i: [0.03, 2, 2] },
    8,
    { stake: true },
  ),
  'under-voltage': samples({ ...good, u: [171, 220, 220] }, { ...good, u: [172, 220, 220] }, 2),
  'over-voltage': samples({ ...good, u: [220, 265, 220] }, { ...good, u: [220, 264, 220] }, 2),
  'missing-phase': samples(
    { ...good, u: [220, 220, 130], i: [2, 2, 0.02] },
    { ...good, u: [220, 220, 133], i: [2, 2, 0.02] },
    2,
  ),
  'current-lost': samples({ ...good, i: [0.02, 0.3, 0.3] }, { ...good, i: [0.02, 0.25, 0.25] }, 8, {
    days: 2,
    stake: true,
  }),
  'current-open': samples({ ...good, i: [0, 0, 0] }, { ...good, i: [0, 0, 0] }, 92, {
    days: 3,
    nearCount: 80,
  }),
  'current-reversed': samples(
    { ...good, phases: [-0.006, 0.4, 0.4] },
    { ...good, phases: [-0.005, 0.4, 0.4] },
    3,
    { stake: true, back: { ...good, phases: [0.4, 0.4, 0.4] } },
  ),
  'voltage-imbalance': samples({ ...good, u: [220, 220, 115] }, { ...good, u: [220, 220, 135] }, 2),
  'current-imbalance': samples({ ...good, i: [3.1, 2, 2] }, { ...good, i: [2.5, 2, 2] }, 8, {
    days: 3,
  }),
  'current-imbalance-severe': samples({ ...good, i: [6, 0.1, 0.1] }, { ...good, i: [6, 2, 2] }, 8, {
    days: 2,
    stake: true,
  }),
  'neutral-current': samples({ ...good, neutral: 1.1 }, { ...good, neutral: 1 }, 8, {
    days: 2,
    back: { ...good, neutral: 0.1 },
  }),
  'neutral-difference': samples({ ...one, neutral: 2.6 }, { ...one, neutral: 2.4 }, 3, {
    of: single,
    stake: true,
    back: { ...one, neutral: 2 },
  }),
  'over-current': samples({ ...good, i: [73, 2, 2] }, { ...good, i: [72, 2, 2] }, 1),
  overload: samples({ ...good, p: 47.6 }, { ...good, p: 47.5 }, 1),
  'demand-over-limit': samples({ ...good, p: 11.9 }, { ...good, p: 11.8 }, 1, {
    of: { capacity: 10 },
  }),
  'ct-saturated': samples({ ...good, i: [6.1, 5, 5] }, { ...good, i: [6, 5, 5] }, 3, {
    of: { ct: 40, basicCurrent: 1.5, maxCurrent: 6 },
    stake: true,
  }),
  'power-factor-low': samples({ ...good, pf: 0.29 }, { ...good, pf: 0.3 }, 4, { days: 2 }),
  'power-inconsistent': samples({ ...good, p: 1.24, pf: 1 }, { ...good, p: 1.26, pf: 1 }, 6, {
    days: 2,
    stake: true,
    back: { ...good, p: 1.32, pf: 1 },
  }),
  stopped: {
    ...registers(steps(2.3, [0, 0, 0, 0]), steps(2.3, [0, 0, 0.1, 0, 0.2]), 10),
    stake: true,
  },
  'running-away': {
    ...registers(steps(2.3, [0, 4]), steps(2.3, [0, 3.9]), 20),
    evidence: ['date', 'parts.0.from', 'parts.0.read.energyImport', 'units.advanceMax'],
  },
  'demand-over-contract': peak(1.13, 1.12, { capacity: 5 }, 'contractPeak'),
  'transformer-overload': peak(1.09, 1.07, { role: 'supply', kva: 4 }, 'ratingPeak'),
  'over-contracted': {
    of: { capacity: 20, since: 2 },
    fires: (pen) => peaks(pen, 2, BEGIN + DAYS - 2, 0.89),
    // Ten days more than may be missing of the ninety.
    spares: (pen) => peaks(pen, 2, BEGIN + DAYS - 2, 0.91),
    clears: (pen) => peaks(pen, BEGIN + DAYS, AFTER, 1.6),
    evidence: ['date', 'contractPeak', 'units.contractPeak'],
  },
  'reverse-without-contract': {
    fires: (pen) => {
      usual(pen)
      pen.used(LAST, [0.11], '2.8.0')
    },
    spares: (pen) => {
      usual(pen)
      pen.used(LAST, [0.1], '2.8.0')
    },
    clears: (pen) => {
      wellAgain(pen)
      pen.used(
        BEGIN + DAYS,
        times(AFTER, {}).map(() => 0),
        '2.8.0',
      )
    },
    stake: true,
    evidence: ['date', 'reverse', 'units.reverse'],
  },
  'zero-use': energies([...steady(4), 0, 0, 0], [...steady(4), 0, 0.01, 0], { stake: true }),
  'constant-use': energies([...steady(3), 9, 9, 9, 9], [...steady(3), 9, 9, 9, 9.01], {
    evidence: ['date', 'energy', 'same', 'units.same'],
  }),
  'use-against-history': energies(
    [10, 10.5, 6, 6.2, 6.1, 6.3, 5.9],
    [10, 10.5, 11, 6.2, 6.1, 6.3, 5.9],
    {
      stake: true,
    },
  ),
  'use-above-history': energies(
    [10, 10.5, 21, 22, 21.5, 22.4, 21.9],
    [10, 10.5, 10.1, 22, 21.5, 22.4, 21.9],
    { evidence: ['date', 'energy', 'usual', 'z', 'units.z'] },
  ),
  'use-against-peers': energies(
    [10, 10.5, 6, 6.2, 6.1, 6.3, 5.9],
    [10, 10.5, 11, 6.2, 6.1, 6.3, 5.9],
    {
      of: { area: 'peers' },
      stake: true,
      evidence: ['date', 'energy', 'peerZ', 'peers', 'units.peerZ'],
    },
  ),
  'night-base-zero': {
    fires: (pen) => nights(pen, 0),
    spares: (pen) => nights(pen, 0.001),
    clears: (pen) => night(pen, BEGIN + DAYS, AFTER, 0.03),
    stake: true,
    evidence: ['date', 'night', 'usualNight', 'units.night'],
  },
  unread: {
    fires: (pen) => pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 3)),
    spares: (pen) => pen.used(BEGIN - HISTORY, steady(HISTORY + DAYS - 2)),
    clears: wellAgain,
    evidence: ['date', 'missing', 'units.missing'],
  },
  estimated: {
    fires: (pen) => gap(pen, 4),
    spares: (pen) => gap(pen, 2),
    evidence: ['date', 'estimated', 'units.estimated'],
  },
  'voltage-unqualified': {
    ...samples({ ...good, u: [236, 236, 236] }, { ...good, u: [235, 235, 235] }, 8, { days: 3 }),
    evidence: ['date', 'voltageOff', 'units.voltageOff'],
  },
  'cover-open': event('cover-open'),
  'terminal-cover-open': event('terminal-cover-open'),
  'magnetic-field': event('magnetic-field'),
  'clock-fault': event('clock-fault'),
  'phase-sequence': event('voltage-sequence'),
  'voltage-fault-told': event('voltage-loss'),
  'current-fault-told': event('current-loss'),
  'meter-fault-told': event('meter-stopped'),
  'load-fault-told': event('over-current'),
  'power-failure-often': told(
    (pen) => [LAST - 20, LAST - 9, LAST].map((nth) => pen.event(nth, 'power-failure')),
    (pen) => [LAST - 31, LAST - 9, LAST].map((nth) => pen.event(nth, 'power-failure')),
    ['date', 'events.0.at', 'events.2.at'],
  ),
  'clock-set-often': told(
    (pen) => [LAST - 20, LAST - 9, LAST].map((nth) => pen.event(nth, 'clock-set')),
    (pen) => [LAST - 30, LAST - 9, LAST].map((nth) => pen.event(nth, 'clock-set')),
    ['date', 'events.0.at', 'events.2.at'],
  ),
  'cover-open-and-fall': {
    fires: (pen) => opened(pen, 6.9),
    spares: (pen) => opened(pen, 7.2),
    stake: true,
    evidence: ['date', 'at', 'before', 'after', 'fell'],
  },
  'register-fell': {
    fires: (pen) => fell(pen, -30),
    spares: (pen) => fell(pen, 0),
    stake: true,
    evidence: ['date', 'findings.0.at', 'findings.0.evidence'],
  },
  'energy-impossible': {
    ...energies([...steady(6), 382], [...steady(6), 370]),
    stake: true,
    of: single,
    evidence: ['date', 'findings.0.evidence'],
  },
  'rates-against-total': {
    fires: (pen) => rates(pen, 0.06),
    spares: (pen) => rates(pen, 0.05),
    evidence: ['date', 'findings.0.evidence'],
  },
  'ratio-doubtful': {
    fires: (pen) => ratio(pen, 6.7),
    spares: (pen) => ratio(pen, 6.5),
    clears: (pen) => pen.used(BEGIN + DAYS, steady(AFTER, 5)),
    of: { ct: 40, capacity: 10 },
    stake: true,
    evidence: ['date', 'findings.0.evidence'],
  },
  'clock-off': clock(1.1, 0.9),
  'clock-off-5': clock(5.1, 4.9),
  'clock-off-15': clock(-15.1, -14.9),
}
