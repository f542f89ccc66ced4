import type { EventCode, EventPhase } from '#protocols/model'

/**
 * A code of an event log (0.0.99.98.e.255): what it means, and whether it begins something, ends it,
 * or just happened. What begins and what ends it share a series, where they have codes of their own.
 */
export type EventCodeRow = readonly [
  number: number,
  code: EventCode,
  edge: 'happened' | 'begins' | 'ends',
  phase: EventPhase | null,
  series: string,
]

const happened = (number: number, code: EventCode): EventCodeRow => {
  return [number, code, 'happened', null, String(number)]
}
const pair = (begin: number, code: EventCode, end: number): readonly EventCodeRow[] => [
  [begin, code, 'begins', null, code],
  [end, code, 'ends', null, code],
]
const phases: readonly EventPhase[] = ['A', 'B', 'C']
/** Three numbers from `number` on, one for each phase. */
const ofPhases = (
  number: number,
  code: EventCode,
  edge: EventCodeRow[2],
  series: string,
): readonly EventCodeRow[] => phases.map((phase, at) => [number + at, code, edge, phase, series])
/** Six numbers in pairs, as begin and end of each phase. */
const pairsOfPhases = (number: number, code: EventCode): readonly EventCodeRow[] =>
  phases.flatMap((phase, at): readonly EventCodeRow[] => [
    [number + 2 * at, code, 'begins', phase, code],
    [number + 2 * at + 1, code, 'ends', phase, code],
  ])

/** The codes of the IDIS association, which meters of many makers keep to. */
const idis: readonly EventCodeRow[] = [
  ...pair(1, 'power-failure', 2),
  happened(3, 'daylight-saving'),
  happened(4, 'clock-set'),
  happened(5, 'clock-set'),
  [6, 'clock-fault', 'begins', null, '6'],
  happened(7, 'battery-low'),
  happened(8, 'battery-low'),
  happened(9, 'tariff-activated'),
  happened(10, 'error-register-cleared'),
  happened(11, 'alarm-register-cleared'),
  happened(12, 'memory-fault'),
  happened(13, 'memory-fault'),
  happened(14, 'memory-fault'),
  happened(15, 'watchdog'),
  [16, 'metering-chip-fault', 'begins', null, '16'],
  happened(17, 'firmware-ready'),
  happened(18, 'firmware-activated'),
  happened(19, 'period-table-set'),
  ...pair(40, 'terminal-cover-open', 41),
  ...pair(42, 'magnetic-field', 43),
  ...pair(44, 'cover-open', 45),
  happened(46, 'authentication-failed'),
  happened(47, 'programming'),
  happened(48, 'key-changed'),
  happened(49, 'authentication-failed'),
  happened(50, 'authentication-failed'),
  happened(51, 'firmware-failed'),
  happened(59, 'close-allowed'),
  happened(60, 'trip'),
  happened(61, 'close'),
  happened(62, 'trip'),
  happened(63, 'close'),
  happened(64, 'trip'),
  ...pair(65, 'limiter-exceeded', 66),
  happened(67, 'limiter-set'),
  [68, 'relay-fault', 'begins', null, '68'],
  happened(69, 'close'),
  ...ofPhases(76, 'under-voltage', 'begins', 'voltage'),
  ...ofPhases(79, 'over-voltage', 'begins', 'voltage'),
  ...ofPhases(82, 'voltage-loss', 'begins', 'voltage'),
  ...ofPhases(85, 'voltage-normal', 'ends', 'voltage'),
  [88, 'phase-sequence', 'begins', null, '88'],
  [89, 'neutral-loss', 'begins', null, '89'],
  [90, 'voltage-unbalance', 'begins', null, '90'],
  [91, 'power-reversed', 'begins', null, '91'],
  ...ofPhases(92, 'voltage-quality', 'happened', 'voltage-quality'),
  happened(254, 'load-profile-clear'),
  happened(255, 'event-clear'),
]

/** IS 15959 (Part 1), table of events; R, Y and B are the phases A, B and C. */
const is15959: readonly EventCodeRow[] = [
  ...pairsOfPhases(1, 'voltage-loss'),
  ...pair(7, 'over-voltage', 8),
  ...pair(9, 'under-voltage', 10),
  ...pair(11, 'voltage-unbalance', 12),
  ...pairsOfPhases(51, 'power-reversed'),
  ...pairsOfPhases(57, 'current-transformer'),
  ...pair(63, 'current-unbalance', 64),
  ...pair(65, 'current-circuit', 66),
  ...pairsOfPhases(67, 'over-current'),
  ...pair(101, 'power-failure', 102),
  happened(151, 'clock-set'),
  happened(152, 'programming'),
  happened(153, 'programming'),
  happened(154, 'settlement-days-set'),
  happened(155, 'zone-table-set'),
  ...pair(201, 'magnetic-field', 202),
  ...pair(203, 'neutral-current', 204),
  ...pair(205, 'power-factor-low', 206),
  [251, 'cover-open', 'begins', null, '251'],
  happened(301, 'trip'),
  happened(302, 'close'),
]

const tables = { idis, is15959 } as const

const byNumber: ReadonlyMap<string, ReadonlyMap<number, EventCodeRow>> = new Map(
  Object.entries(tables).map(([name, rows]) => [name, new Map(rows.map((row) => [row[0], row]))]),
)

/** What a number means to meters of these words of a profile; null for what nobody knows. */
export function eventCodeOf(number: number, words: readonly string[]): EventCodeRow | null {
  const named = words.find((word) => byNumber.has(word)) ?? 'idis'
  return byNumber.get(named)?.get(number) ?? null
}
