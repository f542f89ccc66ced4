/**
 * AFN 0CH, class 1 data (请求1类数据, §5.12): what the terminal and its meters say of now.
 */

import type { ItemCode } from '#protocols/model'
import {
  a1,
  a2,
  a3,
  a4,
  a5,
  a5Factor,
  a7,
  a8,
  a9,
  a10,
  a11,
  a13,
  a14,
  a15,
  a17,
  a20,
  a25,
  a27,
  a28,
  ascii,
  named,
} from './formats.ts'
import type { Layout, Node } from './layout.ts'
import {
  active,
  count,
  demand,
  each,
  energy,
  M,
  meterAddress,
  number,
  paired,
  phases,
  points,
  reactive,
  reg,
  rest,
  split,
  stamp,
  text,
  times,
  val,
  word,
} from './nodes.ts'
import type { Row } from './row.ts'

const read = stamp('read')
const settled = stamp('settled')
const hour = stamp('hour')
/** What a total and its rates came to in a day or a month: format 13. */
const amount = (name: string, unit: string): Layout => [M, energy(name, a13, unit)]
const kwh = (name: string) => amount(name, 'kWh')
const kvarh = (name: string) => amount(name, 'kvarh')
const group = (name: string, unit: string): Layout => [M, energy(name, a3, unit)]
const at = (...nodes: Layout): Layout => [read, ...nodes]
const last = (...nodes: Layout): Layout => [settled, ...nodes]
const phased = (codes: readonly ItemCode[], shape: typeof a9): Layout =>
  codes.map((code) => reg(code, shape))
const powers = {
  active: ['16.7.0', '36.7.0', '56.7.0', '76.7.0'],
  reactive: ['131.7.0', '151.7.0', '171.7.0', '191.7.0'],
  factor: ['13.7.0', '33.7.0', '53.7.0', '73.7.0'],
  voltage: ['32.7.0', '52.7.0', '72.7.0'],
  current: ['31.7.0', '51.7.0', '71.7.0', '91.7.0'],
  apparent: ['9.7.0', '29.7.0', '49.7.0', '69.7.0'],
} as const
const forward: Layout = [
  M,
  active('1.8.0'),
  reactive('3.8.0'),
  reactive('5.8.0'),
  reactive('8.8.0'),
]
const reverse: Layout = [
  M,
  active('2.8.0'),
  reactive('4.8.0'),
  reactive('6.8.0'),
  reactive('7.8.0'),
]
const forwardDemand: Layout = [M, split(demand('1.6.0')), split(demand('3.6.0'))]
const reverseDemand: Layout = [M, split(demand('2.6.0')), split(demand('4.6.0'))]
const byPhase: Layout = (
  [
    ['21.8.0', '22.8.0', 'A'],
    ['41.8.0', '42.8.0', 'B'],
    ['61.8.0', '62.8.0', 'C'],
  ] as const
).flatMap(([imported, exported, phase]) => [
  reg(imported, a14),
  reg(exported, a14),
  val(`Combined reactive energy 1, phase ${phase}`, a11, 'kvarh'),
  val(`Combined reactive energy 2, phase ${phase}`, a11, 'kvarh'),
])
const ironAndCopper: Layout = [
  val('Copper loss active energy', a14, 'kWh'),
  val('Iron loss active energy', a14, 'kWh'),
]
const zones = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'] as const
export const supply = named({ 0: 'open', 17: 'closed' })
const operations = (...names: readonly string[]): Layout =>
  names.flatMap((name) => [val(`${name}, times`, a8), val(`${name}, last`, a15)])
export const purchases: Layout = [
  val('Purchases', a8),
  reg('0.0.128.2.0', a14),
  val('Purchased money, total', a14, 'CNY'),
  reg('0.0.128.1.0', a11),
  reg('0.0.128.1.1', a11),
  val('Purchased energy, total', a11, 'kWh'),
  val('Credit limit energy', a11, 'kWh'),
  val('Alarm energy', a11, 'kWh'),
  val('Fault energy', a11, 'kWh'),
]
const pointsOf = (node: Node): Layout => [hour, points(node)]
export const breaks: Layout = [
  ...each(
    ['Phase breaks, total', ...phases.map((phase) => `Phase breaks, phase ${phase}`)],
    (name) => val(name, a8),
  ),
  ...each(
    ['Phase break time, total', ...phases.map((phase) => `Phase break time, phase ${phase}`)],
    (name) => val(name, a10, 'min'),
  ),
  ...each(
    ['Last phase break began', ...phases.map((phase) => `Last phase break began, phase ${phase}`)],
    (name) => val(name, a17),
  ),
  ...each(
    ['Last phase break ended', ...phases.map((phase) => `Last phase break ended, phase ${phase}`)],
    (name) => val(name, a17),
  ),
]

// biome-ignore format: a table, one row a line
export const currentRows: readonly Row[] = [
  // Fn, pn, name, layout
  // Of Q/GDW 130; free since, and in 09 F1.
  [1, 'p0', 'Version', [val('Maker', ascii(4)), val('Device number', ascii(8)), val('Software version', ascii(4)), val('Software date', a20), val('Capacity code', ascii(11))]],
  [2, 'p0', 'Terminal clock', [reg('0.0.1.0.0', a1)]],
  [3, 'p0', 'Terminal parameter state', [text('Parameters set', 31)]],
  [4, 'p0', 'Uplink communication state', [word('Reporting and talk', 1)]],
  [5, 'p0', 'Control setting state', [word('Keep-supply, removal, dunning', 1), { kind: 'bitwise', name: 'groups', bits: 8, nodes: [number('Set-point scheme', 1), word('Periods in force', 1), word('Power controls', 1), word('Energy controls', 1), word('Power control rounds', 1), word('Energy control rounds', 1)] }]],
  [6, 'p0', 'Control state', [word('Remote trip rounds', 1), word('Dunning alarm', 1), { kind: 'bitwise', name: 'groups', bits: 8, nodes: [val('Power set-point', a2, 'kW'), val('Floating factor', a4, '%'), word('Power control trips', 1), word('Month energy control trips', 1), word('Purchase control trips', 1), word('Power alarms', 1), word('Energy alarms', 1)] }]],
  [7, 'p0', 'Event counters', [number('Important events EC1', 1), number('General events EC2', 1)]],
  [8, 'p0', 'Event flags', [word('Events ERC1 to ERC64', 8)]],
  [9, 'p0', 'State inputs', [word('State ST', 1), word('Changed CD', 1)]],
  [10, 'p0', 'Traffic with the master', [number('Traffic of the day', 4, 'byte'), number('Traffic of the month', 4, 'byte')]],
  [11, 'p0', 'Meter reading state', [count('blocks'), times('n', number('Port', 1), number('Meters', 2), word('Reading state', 1), number('Read', 2), number('Key meters read', 1), val('Began', a1), val('Ended', a1))]],
  [17, 'pn', 'Group active power', [val('Group active power', a2, 'kW')]],
  [18, 'pn', 'Group reactive power', [val('Group reactive power', a2, 'kvar')]],
  [19, 'pn', 'Group active energy of the day', group('Group active energy of the day, total', 'kWh')],
  [20, 'pn', 'Group reactive energy of the day', group('Group reactive energy of the day, total', 'kvarh')],
  [21, 'pn', 'Group active energy of the month', group('Group active energy of the month, total', 'kWh')],
  [22, 'pn', 'Group reactive energy of the month', group('Group reactive energy of the month, total', 'kvarh')],
  [23, 'pn', 'Remaining energy or money', [val('Remaining energy or money', a3)]],
  [24, 'pn', 'Power frozen by the floating control', [val('Group active power frozen', a2, 'kW')]],
  [25, 'pn', 'Power, factor, voltage, current', at(...phased(powers.active, a9), ...phased(powers.reactive, a9), ...phased(powers.factor, a5Factor), ...phased(powers.voltage, a7), ...phased(powers.current, a25), ...phased(powers.apparent, a9))],
  [26, 'pn', 'Phase breaks', at(...breaks)],
  [27, 'pn', 'Meter clock and programming', at(reg('0.0.1.0.0', a1), val('Battery running time', a27, 'min'), val('Programmings', a10), val('Last programming', a1), val('Meter clearings', a10), val('Last meter clearing', a1), val('Demand clearings', a10), val('Last demand clearing', a1), val('Event clearings', a10), val('Last event clearing', a1), val('Clock settings', a10), val('Last clock setting', a1))],
  [28, 'pn', 'Meter run status', at(...each(['1', '2', '3', '4', '5', '6', '7'], (n) => word(`Run status word ${n}, changed`, 2)), ...(['0.0.96.5.1', '0.0.96.5.2', '0.0.96.5.3', '0.0.96.5.4', '0.0.96.5.5', '0.0.96.5.6', '0.0.96.5.7'] as const).map((code) => reg(code, { kind: 'bits', bytes: 2 })))],
  [29, 'pn', 'Copper and iron loss energy', at(...ironAndCopper)],
  [30, 'pn', 'Copper and iron loss energy, settled', last(...ironAndCopper)],
  [31, 'pn', 'Energy by phase', at(...byPhase)],
  [32, 'pn', 'Energy by phase, settled', last(...byPhase)],
  [33, 'pn', 'Import registers', at(...forward)],
  [34, 'pn', 'Export registers', at(...reverse)],
  [35, 'pn', 'Import maximum demand of the month', at(...forwardDemand)],
  [36, 'pn', 'Export maximum demand of the month', at(...reverseDemand)],
  [37, 'pn', 'Import registers, settled', last(...forward)],
  [38, 'pn', 'Export registers, settled', last(...reverse)],
  [39, 'pn', 'Import maximum demand, settled', last(...forwardDemand)],
  [40, 'pn', 'Export maximum demand, settled', last(...reverseDemand)],
  [41, 'pn', 'Active import of the day', kwh('Active import of the day, total')],
  [42, 'pn', 'Reactive import of the day', kvarh('Reactive import of the day, total')],
  [43, 'pn', 'Active export of the day', kwh('Active export of the day, total')],
  [44, 'pn', 'Reactive export of the day', kvarh('Reactive export of the day, total')],
  [45, 'pn', 'Active import of the month', kwh('Active import of the month, total')],
  [46, 'pn', 'Reactive import of the month', kvarh('Reactive import of the month, total')],
  [47, 'pn', 'Active export of the month', kwh('Active export of the month, total')],
  [48, 'pn', 'Reactive export of the month', kvarh('Reactive export of the month, total')],
  [49, 'pn', 'Phase angles', [...each(['Uab or Ua', 'Ub', 'Ucb or Uc', 'Ia', 'Ib', 'Ic'], (name) => val(`Angle of ${name}`, a5, '°'))]],
  [57, 'pn', 'Harmonics', [count('order N'), rest('Harmonics of voltages and currents')]],
  [58, 'pn', 'Harmonic contents', [count('order N'), rest('Harmonic contents')]],
  [65, 'pn', 'Capacitor switching state', [number('Mode', 1), word('Capacitors', 2)]],
  [66, 'pn', 'Capacitor time and operations', [times(9, number('Capacitor time', 4, 's')), times(9, number('Capacitor operations', 4))]],
  [67, 'pn', 'Capacitor reactive energy', [val('Compensated in the day', a13, 'kvarh'), val('Compensated in the month', a13, 'kvarh')]],
  [73, 'pn', 'DC analogue value', [val('DC analogue value', a2)]],
  [81, 'pn', 'Hour: group active power', pointsOf(val('Group active power', a2, 'kW'))],
  [82, 'pn', 'Hour: group reactive power', pointsOf(val('Group reactive power', a2, 'kvar'))],
  [83, 'pn', 'Hour: group active energy', pointsOf(val('Group active energy', a3, 'kWh'))],
  [84, 'pn', 'Hour: group reactive energy', pointsOf(val('Group reactive energy', a3, 'kvarh'))],
  [89, 'pn', 'Hour: active power', pointsOf(reg('16.7.0', a9))],
  [90, 'pn', 'Hour: active power, phase A', pointsOf(reg('36.7.0', a9))],
  [91, 'pn', 'Hour: active power, phase B', pointsOf(reg('56.7.0', a9))],
  [92, 'pn', 'Hour: active power, phase C', pointsOf(reg('76.7.0', a9))],
  [93, 'pn', 'Hour: reactive power', pointsOf(reg('131.7.0', a9))],
  [94, 'pn', 'Hour: reactive power, phase A', pointsOf(reg('151.7.0', a9))],
  [95, 'pn', 'Hour: reactive power, phase B', pointsOf(reg('171.7.0', a9))],
  [96, 'pn', 'Hour: reactive power, phase C', pointsOf(reg('191.7.0', a9))],
  [97, 'pn', 'Hour: voltage, phase A', pointsOf(reg('32.7.0', a7))],
  [98, 'pn', 'Hour: voltage, phase B', pointsOf(reg('52.7.0', a7))],
  [99, 'pn', 'Hour: voltage, phase C', pointsOf(reg('72.7.0', a7))],
  [100, 'pn', 'Hour: current, phase A', pointsOf(reg('31.7.0', a25))],
  [101, 'pn', 'Hour: current, phase B', pointsOf(reg('51.7.0', a25))],
  [102, 'pn', 'Hour: current, phase C', pointsOf(reg('71.7.0', a25))],
  [103, 'pn', 'Hour: neutral current', pointsOf(reg('91.7.0', a25))],
  [105, 'pn', 'Hour: active import', pointsOf(val('Active import in the interval', a13, 'kWh'))],
  [106, 'pn', 'Hour: reactive import', pointsOf(val('Reactive import in the interval', a13, 'kvarh'))],
  [107, 'pn', 'Hour: active export', pointsOf(val('Active export in the interval', a13, 'kWh'))],
  [108, 'pn', 'Hour: reactive export', pointsOf(val('Reactive export in the interval', a13, 'kvarh'))],
  [109, 'pn', 'Hour: active import register', pointsOf(reg('1.8.0', a11))],
  [110, 'pn', 'Hour: reactive 1 register', pointsOf(reg('3.8.0', a11))],
  [111, 'pn', 'Hour: active export register', pointsOf(reg('2.8.0', a11))],
  [112, 'pn', 'Hour: reactive 2 register', pointsOf(reg('4.8.0', a11))],
  [113, 'pn', 'Hour: power factor', pointsOf(reg('13.7.0', a5Factor))],
  [114, 'pn', 'Hour: power factor, phase A', pointsOf(reg('33.7.0', a5Factor))],
  [115, 'pn', 'Hour: power factor, phase B', pointsOf(reg('53.7.0', a5Factor))],
  [116, 'pn', 'Hour: power factor, phase C', pointsOf(reg('73.7.0', a5Factor))],
  [121, 'pn', 'Hour: DC analogue value', pointsOf(val('DC analogue value', a2))],
  [129, 'pn', 'Active import registers', at(M, active('1.8.0'))],
  [130, 'pn', 'Reactive 1 registers', at(M, reactive('3.8.0'))],
  [131, 'pn', 'Active export registers', at(M, active('2.8.0'))],
  [132, 'pn', 'Reactive 2 registers', at(M, reactive('4.8.0'))],
  [133, 'pn', 'Reactive quadrant I registers', at(M, reactive('5.8.0'))],
  [134, 'pn', 'Reactive quadrant II registers', at(M, reactive('6.8.0'))],
  [135, 'pn', 'Reactive quadrant III registers', at(M, reactive('7.8.0'))],
  [136, 'pn', 'Reactive quadrant IV registers', at(M, reactive('8.8.0'))],
  [137, 'pn', 'Active import registers, settled', last(M, active('1.8.0'))],
  [138, 'pn', 'Reactive 1 registers, settled', last(M, reactive('3.8.0'))],
  [139, 'pn', 'Active export registers, settled', last(M, active('2.8.0'))],
  [140, 'pn', 'Reactive 2 registers, settled', last(M, reactive('4.8.0'))],
  [141, 'pn', 'Reactive quadrant I registers, settled', last(M, reactive('5.8.0'))],
  [142, 'pn', 'Reactive quadrant II registers, settled', last(M, reactive('6.8.0'))],
  [143, 'pn', 'Reactive quadrant III registers, settled', last(M, reactive('7.8.0'))],
  [144, 'pn', 'Reactive quadrant IV registers, settled', last(M, reactive('8.8.0'))],
  [145, 'pn', 'Active import maximum demand', at(M, paired(demand('1.6.0')))],
  [146, 'pn', 'Reactive 1 maximum demand', at(M, paired(demand('3.6.0')))],
  [147, 'pn', 'Active export maximum demand', at(M, paired(demand('2.6.0')))],
  [148, 'pn', 'Reactive 2 maximum demand', at(M, paired(demand('4.6.0')))],
  [149, 'pn', 'Active import maximum demand, settled', last(M, paired(demand('1.6.0')))],
  [150, 'pn', 'Reactive 1 maximum demand, settled', last(M, paired(demand('3.6.0')))],
  [151, 'pn', 'Active export maximum demand, settled', last(M, paired(demand('2.6.0')))],
  [152, 'pn', 'Reactive 2 maximum demand, settled', last(M, paired(demand('4.6.0')))],
  ...zones.map((zone, index): Row => [153 + index, 'pn', `Registers frozen in the ${zone} time zone`, at(M, energy(`Active import frozen in the ${zone} time zone, total`, a14, 'kWh'))]),
  [161, 'pn', 'Supply by remote control', at(reg('0.0.96.3.10', supply), val('Last closed by remote control', a15), val('Last opened by remote control', a15))],
  [165, 'pn', 'Meter switches', at(...operations('Programming switch used', 'Tail cover opened'))],
  [166, 'pn', 'Meter parameter changes', at(...operations('Clock changed', 'Tariff periods changed'))],
  [167, 'pn', 'Purchases and balance', at(...purchases)],
  [168, 'pn', 'Settled energy', at(M, energy('Settled active energy, total', a14, 'kWh'))],
  [169, 'pn', 'Relay route of a meter', [number('Port', 1), count('routes'), times('n', number('Level', 1), meterAddress('Relay'))]],
  [170, 'pn', 'Reading of a meter', [number('Port', 1), word('Relay level', 1), word('Phase', 1), word('Signal quality', 1), word('Last reading succeeded', 1), val('Last success', a1), val('Last failure', a1), number('Failures on end', 1)]],
  [177, 'pn', 'Voltage of the day', at(val('Voltage watched', a10, 'min'), val('Voltage in range', a28, '%'), val('Voltage out of range', a28, '%'), val('Voltage too high', a10, 'min'), val('Voltage too low', a10, 'min'), val('Highest voltage', a5, 'V'), val('Highest voltage at', a17), val('Lowest voltage', a5, 'V'), val('Lowest voltage at', a17))],
]
