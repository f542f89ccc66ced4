import { bcd, demand, digits, type Shape, signed, time } from './shapes.ts'

/** One field inside a record. */
export type Part = readonly [name: string, unit: string, shape: Shape]

/**
 * Records of more than one kind of field (事件记录), by their identifiers in display order; lower
 * case as in table.ts. Where the pair of `FF` in a pattern is a record of State Grid's, each of
 * its fields can be read alone: 01 in the place of FF is the first of them, 02 the second.
 */
export type RecordRow = readonly [
  pattern: string,
  name: string,
  parts: readonly Part[],
  clause: string,
]

const moment = (name: string): Part => [name, '', time('ssmmhhDDMMYY')]
const start = moment('start')
const end = moment('end')
const operator: Part = ['operator', '', digits(4)]
const happened: readonly Part[] = [moment('time'), operator]
const count = (name: string): Part => [name, '', bcd(3, 0)]
const minutes = (name: string): Part => [name, 'min', bcd(3, 0)]
const phases = ['A', 'B', 'C'] as const

/** Active import and export, combined reactive 1 and 2. */
const four = (when: string): readonly Part[] => [
  [`active energy import${when}`, 'kWh', bcd(4, 2)],
  [`active energy export${when}`, 'kWh', bcd(4, 2)],
  [`combined reactive energy 1${when}`, 'kvarh', signed(4, 2)],
  [`combined reactive energy 2${when}`, 'kvarh', signed(4, 2)],
]
/** Active import and export, the four quadrants. */
const six = (when: string): readonly Part[] => [
  [`active energy import${when}`, 'kWh', bcd(4, 2)],
  [`active energy export${when}`, 'kWh', bcd(4, 2)],
  [`reactive energy quadrant I${when}`, 'kvarh', bcd(4, 2)],
  [`reactive energy quadrant II${when}`, 'kvarh', bcd(4, 2)],
  [`reactive energy quadrant III${when}`, 'kvarh', bcd(4, 2)],
  [`reactive energy quadrant IV${when}`, 'kvarh', bcd(4, 2)],
]
const sixDemands = (when: string): readonly Part[] => [
  [`maximum demand import${when}`, 'kW', demand],
  [`maximum demand export${when}`, 'kW', demand],
  [`maximum demand quadrant I${when}`, 'kvar', demand],
  [`maximum demand quadrant II${when}`, 'kvar', demand],
  [`maximum demand quadrant III${when}`, 'kvar', demand],
  [`maximum demand quadrant IV${when}`, 'kvar', demand],
]
const momentary = (phase: string): readonly Part[] => [
  [`voltage, phase ${phase}`, 'V', bcd(2, 1)],
  [`current, phase ${phase}`, 'A', signed(3, 3)],
  [`active power, phase ${phase}`, 'kW', signed(3, 4)],
  [`reactive power, phase ${phase}`, 'kvar', signed(3, 4)],
  [`power factor, phase ${phase}`, '', signed(2, 3)],
]
const ampereHours: readonly Part[] = [
  ['ampere hours, total', 'Ah', bcd(4, 2)],
  ...phases.map((phase): Part => [`ampere hours, phase ${phase}`, 'Ah', bcd(4, 2)]),
]

/** A.4: the increases during an event, total and by phase. */
const increases: readonly Part[] = [
  ...four(', increase'),
  ...phases.flatMap((phase) => four(`, increase, phase ${phase}`)),
]
const loaded: readonly Part[] = [
  ...four(', increase'),
  ...phases.flatMap((phase) => [...four(`, increase, phase ${phase}`), ...momentary(phase)]),
]
const currentEvent: readonly Part[] = [start, end, ...loaded]
const voltageEvent: readonly Part[] = [...currentEvent, ...ampereHours]
const powerEvent: readonly Part[] = [start, end, ...increases]
const unbalance: readonly Part[] = [start, end, ['highest unbalance', '%', bcd(2, 2)], ...increases]
const byPhase: readonly Part[] = phases.flatMap((phase) => [
  count(`times, phase ${phase}`),
  minutes(`duration, phase ${phase}`),
])
const altogether: readonly Part[] = [count('times'), minutes('duration')]

/** State Grid: the registers themselves when an event began and when it ended. */
const registersAt = (when: string): readonly Part[] => [
  ...four(when),
  ...phases.flatMap((phase) => four(`${when}, phase ${phase}`)),
]
const loadedAtStart: readonly Part[] = [
  ...four(' at start'),
  ...phases.flatMap((phase) => [...four(` at start, phase ${phase}`), ...momentary(phase)]),
]
const gridCurrentEvent: readonly Part[] = [start, ...loadedAtStart, end, ...registersAt(' at end')]
const gridVoltageEvent: readonly Part[] = [
  start,
  ...loadedAtStart,
  ...ampereHours,
  end,
  ...registersAt(' at end'),
]
const gridPowerEvent: readonly Part[] = [
  start,
  ...registersAt(' at start'),
  end,
  ...registersAt(' at end'),
]
const gridUnbalance: readonly Part[] = [
  start,
  ...registersAt(' at start'),
  end,
  ['highest unbalance', '%', bcd(3, 2)],
  ...registersAt(' at end'),
]
const switching: readonly Part[] = [...happened, ...six('')]

/** State Grid: active energy alone, import and export. */
const activeAt = (when: string): readonly Part[] => four(when).slice(0, 2)
const activeAtBoth: readonly Part[] = [...activeAt(' at start'), ...activeAt(' at end')]
/** 恒定磁场干扰、负荷开关误动作、电源异常 */
const interference: readonly Part[] = [start, end, ...activeAtBoth]
const maloperation: readonly Part[] = [
  start,
  end,
  ['relay afterwards, 0 closed, 1 open', '', digits(1)],
  ...activeAtBoth,
]
const supplyAbnormal: readonly Part[] = [start, end, ...activeAt(' at start')]

const entries = (many: number, name: string, shape: Shape): readonly Part[] =>
  Array.from({ length: many }, (_, index): Part => [`${name} ${index + 1}`, '', shape])
const periodTables: readonly Part[] = [1, 2].flatMap((set) =>
  Array.from({ length: 8 }, (_, table) =>
    entries(14, `period before, set ${set}, table ${table + 1}, entry`, digits(3)),
  ).flat(),
)
const wordBefore: readonly Part[] = [...happened, ['word before', '', digits(1)]]
const cover: readonly Part[] = [start, end, ...six(' before'), ...six(' after')]
const overLimit: readonly Part[] = [start, end, ['maximum demand', '', demand]]

export const records: readonly RecordRow[] = [
  ['03010000', 'Loss of voltage', byPhase, 'A.4'],
  ['0301qqee', 'Loss of voltage', voltageEvent, 'A.4'],
  ['03020000', 'Under-voltage', byPhase, 'A.4'],
  ['0302qqee', 'Under-voltage', voltageEvent, 'A.4'],
  ['03030000', 'Over-voltage', byPhase, 'A.4'],
  ['0303qqee', 'Over-voltage', voltageEvent, 'A.4'],
  ['03040000', 'Phase loss', byPhase, 'A.4'],
  ['0304qqee', 'Phase loss', voltageEvent, 'A.4'],
  ['03050000', 'Loss of all voltages', altogether, 'A.4'],
  ['030500ee', 'Loss of all voltages', [start, ['current', 'A', bcd(3, 3)], end], 'A.4'],
  ['03060000', 'Loss of auxiliary supply', altogether, 'A.4'],
  ['030600ee', 'Loss of auxiliary supply', [start, end], 'A.4'],
  ['03070000', 'Voltage phase sequence reversed', altogether, 'A.4'],
  ['030700ee', 'Voltage phase sequence reversed', powerEvent, 'A.4'],
  ['03080000', 'Current phase sequence reversed', altogether, 'A.4'],
  ['030800ee', 'Current phase sequence reversed', powerEvent, 'A.4'],
  ['03090000', 'Voltage unbalance', altogether, 'A.4'],
  ['030900ee', 'Voltage unbalance', unbalance, 'A.4'],
  ['030A0000', 'Current unbalance', altogether, 'A.4'],
  ['030A00ee', 'Current unbalance', unbalance, 'A.4'],
  ['030B0000', 'Loss of current', byPhase, 'A.4'],
  ['030Bqqee', 'Loss of current', currentEvent, 'A.4'],
  ['030C0000', 'Over-current', byPhase, 'A.4'],
  ['030Cqqee', 'Over-current', currentEvent, 'A.4'],
  ['030D0000', 'Current cut', byPhase, 'A.4'],
  ['030Dqqee', 'Current cut', currentEvent, 'A.4'],
  ['030E0000', 'Power reversed', byPhase, 'A.4'],
  ['030Eqqee', 'Power reversed', powerEvent, 'A.4'],
  ['030F0000', 'Overload', byPhase, 'A.4'],
  ['030Fqqee', 'Overload', powerEvent, 'A.4'],
  [
    '0310ttss',
    'Voltage qualification',
    [
      minutes('monitored'),
      ['within limits', '%', bcd(3, 2)],
      ['outside limits', '%', bcd(3, 2)],
      minutes('above the upper limit'),
      minutes('below the lower limit'),
      ['highest voltage', 'V', bcd(2, 1)],
      ['highest voltage at, MMDDhhmm', '', digits(4)],
      ['lowest voltage', 'V', bcd(2, 1)],
      ['lowest voltage at, MMDDhhmm', '', digits(4)],
    ],
    'A.4',
  ],
  ['031100ee', 'Power failure', [start, end], 'A.4'],
  [
    '03120000',
    'Demand over limit',
    [
      count('times, import'),
      count('times, export'),
      count('times, quadrant I'),
      count('times, quadrant II'),
      count('times, quadrant III'),
      count('times, quadrant IV'),
    ],
    'A.4',
  ],
  ['0312uuee', 'Demand over limit', overLimit, 'A.4'],
  ['033000ee', 'Programming', [...happened, ...entries(10, 'item', digits(4))], 'A.4'],
  [
    '033001ee',
    'Meter clear',
    [...happened, ...six(' before'), ...phases.flatMap((phase) => six(` before, phase ${phase}`))],
    'A.4',
  ],
  [
    '033002ee',
    'Demand clear',
    [
      ...happened,
      ...sixDemands(' before'),
      ...phases.flatMap((phase) => sixDemands(` before, phase ${phase}`)),
    ],
    'A.4',
  ],
  ['033003ee', 'Event clear', [...happened, ['events', '', digits(4)]], 'A.4'],
  ['033004ee', 'Clock set', [operator, moment('before'), moment('after')], 'A.4'],
  ['033005ee', 'Period tables programmed', [...happened, ...periodTables], 'A.4'],
  [
    '033006ee',
    'Zone tables programmed',
    [
      ...happened,
      ...entries(14, 'zone before, set 1, entry', digits(3)),
      ...entries(14, 'zone before, set 2, entry', digits(3)),
    ],
    'A.4',
  ],
  ['033007ee', 'Rest days programmed', [...happened, ['table before', '', bcd(1, 0)]], 'A.4'],
  [
    '033008ee',
    'Holidays programmed',
    [...happened, ...entries(254, 'holiday before', digits(4))],
    'A.4',
  ],
  ['033009ee', 'Combination word, active, programmed', wordBefore, 'A.4'],
  ['03300Aee', 'Combination word, reactive 1, programmed', wordBefore, 'A.4'],
  ['03300Bee', 'Combination word, reactive 2, programmed', wordBefore, 'A.4'],
  [
    '03300Cee',
    'Settlement days programmed',
    [...happened, ...entries(3, 'day before, DDhh,', digits(2))],
    'A.4',
  ],
  ['03300Dee', 'Cover open', cover, 'A.4'],
  ['03300Eee', 'Terminal cover open', cover, 'A.4'],
  ['033500ee', 'Magnetic interference', interference, 'State Grid'],
  ['033600ee', 'Relay maloperation', maloperation, 'State Grid'],
  ['033700ee', 'Power supply abnormal', supplyAbnormal, 'State Grid'],

  // 单项事件: each record in one block (FF), or field by field.
  ['10qqFFee', 'Loss of voltage', gridVoltageEvent, 'State Grid'],
  ['11qqFFee', 'Under-voltage', gridVoltageEvent, 'State Grid'],
  ['12qqFFee', 'Over-voltage', gridVoltageEvent, 'State Grid'],
  ['13qqFFee', 'Phase loss', gridVoltageEvent, 'State Grid'],
  ['1400FFee', 'Voltage phase sequence reversed', gridPowerEvent, 'State Grid'],
  ['1500FFee', 'Current phase sequence reversed', gridPowerEvent, 'State Grid'],
  ['1600FFee', 'Voltage unbalance', gridUnbalance, 'State Grid'],
  ['1700FFee', 'Current unbalance', gridUnbalance, 'State Grid'],
  ['18qqFFee', 'Loss of current', gridCurrentEvent, 'State Grid'],
  ['19qqFFee', 'Over-current', gridCurrentEvent, 'State Grid'],
  ['1AqqFFee', 'Current cut', gridCurrentEvent, 'State Grid'],
  ['1BqqFFee', 'Power reversed', gridPowerEvent, 'State Grid'],
  ['1CqqFFee', 'Overload', gridPowerEvent, 'State Grid'],
  ['1D00FFee', 'Trip', switching, 'State Grid'],
  ['1E00FFee', 'Close', switching, 'State Grid'],
  [
    '1F00FFee',
    'Power factor low',
    [start, ...four(' at start'), end, ...four(' at end')],
    'State Grid',
  ],
]
