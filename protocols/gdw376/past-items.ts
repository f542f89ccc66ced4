/**
 * AFN 0DH, class 2 data (请求2类数据, §5.13): freezes of days, metering days and months, and curves.
 * A day's freeze is taken at its end: Td_d names the day, the value is of the midnight after it.
 */
import type { ItemCode } from '#protocols/model'
import { breaks, purchases, supply } from './current-items.ts'
import {
  a2,
  a3,
  a5,
  a5Factor,
  a7,
  a8,
  a9,
  a11,
  a13,
  a14,
  a15,
  a17,
  a18,
  a23,
  a25,
  raw,
} from './formats.ts'
import type { Layout } from './layout.ts'
import {
  active,
  demand,
  each,
  energy,
  M,
  number,
  paired,
  phases,
  points,
  rates,
  reactive,
  reg,
  rest,
  split,
  stamp,
  val,
  word,
} from './nodes.ts'
import type { Row } from './row.ts'
import type { Shape } from './shapes.ts'

const read = stamp('read')
const daily = (...nodes: Layout): Layout => [stamp('day'), ...nodes]
const monthly = (...nodes: Layout): Layout => [stamp('month'), ...nodes]
const meteringDay = (...nodes: Layout): Layout => [stamp('metering-day'), ...nodes]
const curve = (...nodes: Layout): Layout => [stamp('curve'), points(...nodes)]

const forward: Layout = [
  read,
  M,
  active('1.8.0'),
  reactive('3.8.0'),
  reactive('5.8.0'),
  reactive('8.8.0'),
]
const reverse: Layout = [
  read,
  M,
  active('2.8.0'),
  reactive('4.8.0'),
  reactive('6.8.0'),
  reactive('7.8.0'),
]
const forwardDemand: Layout = [read, M, split(demand('1.6.0')), split(demand('3.6.0'))]
const reverseDemand: Layout = [read, M, split(demand('2.6.0')), split(demand('4.6.0'))]
const amount = (name: string, unit: string): Layout => [
  read,
  M,
  energy(`${name}, total`, a13, unit),
]
const group = (name: string, unit: string): Layout => [M, energy(`${name}, total`, a3, unit)]
const registers = (code: ItemCode, kind: typeof active): Layout => [read, M, kind(code)]
const maximum = (code: ItemCode): Layout => [read, M, paired(demand(code))]
const places = ['three phases', 'phase A', 'phase B', 'phase C'] as const
const peaks = (name: string, when: Shape, unit: string): Layout =>
  places.flatMap((place) => [
    val(`${name}, ${place}`, a23, unit),
    val(`${name}, ${place}, at`, when),
  ])
const powers = (): Layout => [
  ...peaks('Highest active power', a18, 'kW'),
  ...places.map((place) => number(`Active power zero, ${place}`, 2, 'min')),
]
const voltages = (): Layout => [
  ...phases.flatMap((phase) =>
    ['far above', 'far below', 'above', 'below', 'in'].map((where) =>
      number(`Voltage ${where} its limits, phase ${phase}`, 2, 'min'),
    ),
  ),
  ...phases.flatMap((phase) => [
    val(`Highest voltage, phase ${phase}`, a7, 'V'),
    val(`Highest voltage, phase ${phase}, at`, a18),
    val(`Lowest voltage, phase ${phase}`, a7, 'V'),
    val(`Lowest voltage, phase ${phase}, at`, a18),
  ]),
  ...phases.map((phase) => val(`Mean voltage, phase ${phase}`, a7, 'V')),
]
const unbalance = (when: Shape): Layout => [
  number('Current unbalance above its limit', 2, 'min'),
  number('Voltage unbalance above its limit', 2, 'min'),
  val('Highest current unbalance', a5, '%'),
  val('Highest current unbalance at', when),
  val('Highest voltage unbalance', a5, '%'),
  val('Highest voltage unbalance at', when),
]
const currents = (when: Shape): Layout => [
  ...phases.flatMap((phase) => [
    number(`Current far above its limit, phase ${phase}`, 2, 'min'),
    number(`Current above its limit, phase ${phase}`, 2, 'min'),
  ]),
  number('Neutral current above its limit', 2, 'min'),
  ...['phase A', 'phase B', 'phase C', 'neutral'].flatMap((place) => [
    val(`Highest current, ${place}`, a25, 'A'),
    val(`Highest current, ${place}, at`, when),
  ]),
]
const apparent: Layout = [
  number('Apparent power far above its limit', 2, 'min'),
  number('Apparent power above its limit', 2, 'min'),
]
const loadRate = (when: Shape): Layout => [
  val('Highest load rate', a5, '%'),
  val('Highest load rate at', when),
  val('Lowest load rate', a5, '%'),
  val('Lowest load rate at', when),
]
const factors: Layout = each(['below the first', 'between the', 'above the second'], (where) =>
  number(`Power factor ${where} limit`, 2, 'min'),
)
const losses: Layout = [
  val('Copper loss active energy', a14, 'kWh'),
  val('Iron loss active energy', a14, 'kWh'),
]
const supplied: Layout = [number('Terminal supplied', 2, 'min'), number('Terminal resets', 2)]
const trips: Layout = each(
  ['month energy control', 'purchase control', 'power control', 'remote control'],
  (by) => number(`Trips by ${by}`, 1),
)
const groupPower: Layout = [
  val('Group highest active power', a2, 'kW'),
  val('Group highest active power at', a18),
  val('Group lowest active power', a2, 'kW'),
  val('Group lowest active power at', a18),
  number('Group active power zero', 2, 'min'),
]
const above: Layout = [
  number('Above the set-point', 2, 'min'),
  val('Energy above the set-point', a3, 'kWh'),
]
const capacitors: Layout = [
  ...each(['1', '2', '3', '4', '5', '6', '7', '8', '9'], (nth) =>
    number(`Capacitor ${nth} time`, 4, 's'),
  ),
  ...each(['1', '2', '3', '4', '5', '6', '7', '8', '9'], (nth) =>
    number(`Capacitor ${nth} operations`, 4),
  ),
]
const compensated: Layout = [
  val('Compensated in the day', a13, 'kvarh'),
  val('Compensated in the month', a13, 'kvarh'),
]
const analogue = (when: Shape): Layout => [
  number('DC analogue above its limit', 2, 'min'),
  number('DC analogue below its limit', 2, 'min'),
  val('DC analogue highest', a2),
  val('DC analogue highest at', when),
  val('DC analogue lowest', a2),
  val('DC analogue lowest at', when),
]
const byPhase = (name: string, shape: Shape, unit: string): Layout => [
  read,
  ...phases.map((phase) => val(`${name}, phase ${phase}`, shape, unit)),
]
const phaseEnergy = (codes: readonly ItemCode[]): Layout => [
  read,
  ...codes.map((code) => reg(code, a14)),
]
const imported: readonly ItemCode[] = ['21.8.0', '41.8.0', '61.8.0']
const exported: readonly ItemCode[] = ['22.8.0', '42.8.0', '62.8.0']
const operations = (...names: readonly string[]): Layout =>
  names.flatMap((name) => [val(`${name}, times`, a8), val(`${name}, last`, a15)])
const angles = (what: string): Layout =>
  phases.map((phase) => val(`Angle of ${what}, phase ${phase}`, a5, '°'))
const zones = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'] as const

// biome-ignore format: a table, one row a line
export const pastRows: readonly Row[] = [
  // Fn, pn, name, layout
  [1, 'pn', 'Day: import registers', daily(...forward)],
  [2, 'pn', 'Day: export registers', daily(...reverse)],
  [3, 'pn', 'Day: import maximum demand', daily(...forwardDemand)],
  [4, 'pn', 'Day: export maximum demand', daily(...reverseDemand)],
  [5, 'pn', 'Day: active import', daily(...amount('Active import of the day', 'kWh'))],
  [6, 'pn', 'Day: reactive import', daily(...amount('Reactive import of the day', 'kvarh'))],
  [7, 'pn', 'Day: active export', daily(...amount('Active export of the day', 'kWh'))],
  [8, 'pn', 'Day: reactive export', daily(...amount('Reactive export of the day', 'kvarh'))],
  [9, 'pn', 'Metering day: import registers', meteringDay(...forward)],
  [10, 'pn', 'Metering day: export registers', meteringDay(...reverse)],
  [11, 'pn', 'Metering day: import maximum demand', meteringDay(...forwardDemand)],
  [12, 'pn', 'Metering day: export maximum demand', meteringDay(...reverseDemand)],
  [17, 'pn', 'Month: import registers', monthly(...forward)],
  [18, 'pn', 'Month: export registers', monthly(...reverse)],
  [19, 'pn', 'Month: import maximum demand', monthly(...forwardDemand)],
  [20, 'pn', 'Month: export maximum demand', monthly(...reverseDemand)],
  [21, 'pn', 'Month: active import', monthly(...amount('Active import of the month', 'kWh'))],
  [22, 'pn', 'Month: reactive import', monthly(...amount('Reactive import of the month', 'kvarh'))],
  [23, 'pn', 'Month: active export', monthly(...amount('Active export of the month', 'kWh'))],
  [24, 'pn', 'Month: reactive export', monthly(...amount('Reactive export of the month', 'kvarh'))],
  [25, 'pn', 'Day: highest power', daily(...powers())],
  [26, 'pn', 'Day: highest demand', daily(...peaks('Highest active demand', a18, 'kW'))],
  [27, 'pn', 'Day: voltage', daily(...voltages())],
  [28, 'pn', 'Day: unbalance', daily(...unbalance(a18))],
  [29, 'pn', 'Day: current', daily(...currents(a18))],
  [30, 'pn', 'Day: apparent power', daily(...apparent)],
  [31, 'pn', 'Day: load rate', daily(...loadRate(a18))],
  [32, 'pn', 'Day: phase breaks', daily(read, ...breaks)],
  [33, 'pn', 'Month: highest power', monthly(...powers())],
  [34, 'pn', 'Month: highest demand', monthly(...peaks('Highest active demand', a18, 'kW'))],
  [35, 'pn', 'Month: voltage', monthly(...voltages())],
  [36, 'pn', 'Month: unbalance', monthly(...unbalance(a17))],
  [37, 'pn', 'Month: current', monthly(...currents(a18))],
  [38, 'pn', 'Month: apparent power', monthly(...apparent)],
  [39, 'pn', 'Month: load rate', monthly(...loadRate(a18))],
  [41, 'pn', 'Day: capacitors', daily(...capacitors)],
  [42, 'pn', 'Day: compensated reactive energy', daily(...compensated)],
  [43, 'pn', 'Day: power factor', daily(...factors)],
  [44, 'pn', 'Month: power factor', monthly(...factors)],
  [45, 'pn', 'Day: copper and iron loss', daily(read, ...losses)],
  [46, 'pn', 'Month: copper and iron loss', monthly(read, ...losses)],
  [49, 'p0', 'Day: supply of the terminal', daily(...supplied)],
  [50, 'p0', 'Day: trips', daily(...trips)],
  [51, 'p0', 'Month: supply of the terminal', monthly(...supplied)],
  [52, 'p0', 'Month: trips', monthly(...trips)],
  [53, 'p0', 'Day: traffic', daily(number('Traffic', 4, 'byte'))],
  [54, 'p0', 'Month: traffic', monthly(number('Traffic', 4, 'byte'))],
  [57, 'pn', 'Day: group power', daily(...groupPower)],
  [58, 'pn', 'Day: group active energy', daily(...group('Group active energy', 'kWh'))],
  [59, 'pn', 'Day: group reactive energy', daily(...group('Group reactive energy', 'kvarh'))],
  [60, 'pn', 'Month: group power', monthly(...groupPower)],
  [61, 'pn', 'Month: group active energy', monthly(...group('Group active energy', 'kWh'))],
  [62, 'pn', 'Month: group reactive energy', monthly(...group('Group reactive energy', 'kvarh'))],
  [65, 'pn', 'Month: above the power set-point', monthly(...above)],
  [66, 'pn', 'Month: above the energy set-point', monthly(...above)],
  [73, 'pn', 'Curve: group active power', curve(val('Group active power', a2, 'kW'))],
  [74, 'pn', 'Curve: group reactive power', curve(val('Group reactive power', a2, 'kvar'))],
  [75, 'pn', 'Curve: group active energy', curve(val('Group active energy', a3, 'kWh'))],
  [76, 'pn', 'Curve: group reactive energy', curve(val('Group reactive energy', a3, 'kvarh'))],
  [81, 'pn', 'Curve: active power', curve(reg('16.7.0', a9))],
  [82, 'pn', 'Curve: active power, phase A', curve(reg('36.7.0', a9))],
  [83, 'pn', 'Curve: active power, phase B', curve(reg('56.7.0', a9))],
  [84, 'pn', 'Curve: active power, phase C', curve(reg('76.7.0', a9))],
  [85, 'pn', 'Curve: reactive power', curve(reg('131.7.0', a9))],
  [86, 'pn', 'Curve: reactive power, phase A', curve(reg('151.7.0', a9))],
  [87, 'pn', 'Curve: reactive power, phase B', curve(reg('171.7.0', a9))],
  [88, 'pn', 'Curve: reactive power, phase C', curve(reg('191.7.0', a9))],
  [89, 'pn', 'Curve: voltage, phase A', curve(reg('32.7.0', a7))],
  [90, 'pn', 'Curve: voltage, phase B', curve(reg('52.7.0', a7))],
  [91, 'pn', 'Curve: voltage, phase C', curve(reg('72.7.0', a7))],
  [92, 'pn', 'Curve: current, phase A', curve(reg('31.7.0', a25))],
  [93, 'pn', 'Curve: current, phase B', curve(reg('51.7.0', a25))],
  [94, 'pn', 'Curve: current, phase C', curve(reg('71.7.0', a25))],
  [95, 'pn', 'Curve: neutral current', curve(reg('91.7.0', a25))],
  // No edition has it; terminals send two bytes a point.
  [96, 'pn', 'Curve: extension', curve(word('Extension', 2))],
  [97, 'pn', 'Curve: active import', curve(val('Active import in the interval', a13, 'kWh'))],
  [98, 'pn', 'Curve: reactive import', curve(val('Reactive import in the interval', a13, 'kvarh'))],
  [99, 'pn', 'Curve: active export', curve(val('Active export in the interval', a13, 'kWh'))],
  [100, 'pn', 'Curve: reactive export', curve(val('Reactive export in the interval', a13, 'kvarh'))],
  [101, 'pn', 'Curve: active import register', curve(reg('1.8.0', a11))],
  [102, 'pn', 'Curve: reactive 1 register', curve(reg('3.8.0', a11))],
  [103, 'pn', 'Curve: active export register', curve(reg('2.8.0', a11))],
  [104, 'pn', 'Curve: reactive 2 register', curve(reg('4.8.0', a11))],
  [105, 'pn', 'Curve: power factor', curve(reg('13.7.0', a5Factor))],
  [106, 'pn', 'Curve: power factor, phase A', curve(reg('33.7.0', a5Factor))],
  [107, 'pn', 'Curve: power factor, phase B', curve(reg('53.7.0', a5Factor))],
  [108, 'pn', 'Curve: power factor, phase C', curve(reg('73.7.0', a5Factor))],
  [109, 'pn', 'Curve: voltage angles', curve(...angles('voltage'))],
  [110, 'pn', 'Curve: current angles', curve(...angles('current'))],
  [113, 'pn', 'Day: current harmonics, phase A', daily(rest('Harmonics and their times'))],
  [114, 'pn', 'Day: current harmonics, phase B', daily(rest('Harmonics and their times'))],
  [115, 'pn', 'Day: current harmonics, phase C', daily(rest('Harmonics and their times'))],
  [116, 'pn', 'Day: voltage harmonics, phase A', daily(rest('Harmonics and their times'))],
  [117, 'pn', 'Day: voltage harmonics, phase B', daily(rest('Harmonics and their times'))],
  [118, 'pn', 'Day: voltage harmonics, phase C', daily(rest('Harmonics and their times'))],
  [121, 'pn', 'Day: harmonics above limits, phase A', daily(rest('Times above limits'))],
  [122, 'pn', 'Day: harmonics above limits, phase B', daily(rest('Times above limits'))],
  [123, 'pn', 'Day: harmonics above limits, phase C', daily(rest('Times above limits'))],
  [129, 'pn', 'Day: DC analogue', daily(...analogue(a18))],
  [130, 'pn', 'Month: DC analogue', monthly(...analogue(a18))],
  [138, 'pn', 'Curve: DC analogue', curve(val('DC analogue value', a2))],
  [145, 'pn', 'Curve: reactive quadrant I register', curve(reg('5.8.0', a11))],
  [146, 'pn', 'Curve: reactive quadrant IV register', curve(reg('8.8.0', a11))],
  [147, 'pn', 'Curve: reactive quadrant II register', curve(reg('6.8.0', a11))],
  [148, 'pn', 'Curve: reactive quadrant III register', curve(reg('7.8.0', a11))],
  [153, 'pn', 'Day: active import by phase', daily(...phaseEnergy(imported))],
  [154, 'pn', 'Day: reactive import by phase', daily(...byPhase('Reactive import', a11, 'kvarh'))],
  [155, 'pn', 'Day: active export by phase', daily(...phaseEnergy(exported))],
  [156, 'pn', 'Day: reactive export by phase', daily(...byPhase('Reactive export', a11, 'kvarh'))],
  [157, 'pn', 'Month: active import by phase', monthly(...phaseEnergy(imported))],
  [158, 'pn', 'Month: reactive import by phase', monthly(...byPhase('Reactive import', a11, 'kvarh'))],
  [159, 'pn', 'Month: active export by phase', monthly(...phaseEnergy(exported))],
  [160, 'pn', 'Month: reactive export by phase', monthly(...byPhase('Reactive export', a11, 'kvarh'))],
  [161, 'pn', 'Day: active import', daily(...registers('1.8.0', active))],
  [162, 'pn', 'Day: reactive 1', daily(...registers('3.8.0', reactive))],
  [163, 'pn', 'Day: active export', daily(...registers('2.8.0', active))],
  [164, 'pn', 'Day: reactive 2', daily(...registers('4.8.0', reactive))],
  [165, 'pn', 'Day: reactive quadrant I', daily(...registers('5.8.0', reactive))],
  [166, 'pn', 'Day: reactive quadrant II', daily(...registers('6.8.0', reactive))],
  [167, 'pn', 'Day: reactive quadrant III', daily(...registers('7.8.0', reactive))],
  [168, 'pn', 'Day: reactive quadrant IV', daily(...registers('8.8.0', reactive))],
  [169, 'pn', 'Metering day: active import', meteringDay(...registers('1.8.0', active))],
  [170, 'pn', 'Metering day: reactive 1', meteringDay(...registers('3.8.0', reactive))],
  [171, 'pn', 'Metering day: active export', meteringDay(...registers('2.8.0', active))],
  [172, 'pn', 'Metering day: reactive 2', meteringDay(...registers('4.8.0', reactive))],
  [173, 'pn', 'Metering day: reactive quadrant I', meteringDay(...registers('5.8.0', reactive))],
  [174, 'pn', 'Metering day: reactive quadrant II', meteringDay(...registers('6.8.0', reactive))],
  [175, 'pn', 'Metering day: reactive quadrant III', meteringDay(...registers('7.8.0', reactive))],
  [176, 'pn', 'Metering day: reactive quadrant IV', meteringDay(...registers('8.8.0', reactive))],
  [177, 'pn', 'Month: active import', monthly(...registers('1.8.0', active))],
  [178, 'pn', 'Month: reactive 1', monthly(...registers('3.8.0', reactive))],
  [179, 'pn', 'Month: active export', monthly(...registers('2.8.0', active))],
  [180, 'pn', 'Month: reactive 2', monthly(...registers('4.8.0', reactive))],
  [181, 'pn', 'Month: reactive quadrant I', monthly(...registers('5.8.0', reactive))],
  [182, 'pn', 'Month: reactive quadrant II', monthly(...registers('6.8.0', reactive))],
  [183, 'pn', 'Month: reactive quadrant III', monthly(...registers('7.8.0', reactive))],
  [184, 'pn', 'Month: reactive quadrant IV', monthly(...registers('8.8.0', reactive))],
  [185, 'pn', 'Day: active import demand', daily(...maximum('1.6.0'))],
  [186, 'pn', 'Day: reactive 1 demand', daily(...maximum('3.6.0'))],
  [187, 'pn', 'Day: active export demand', daily(...maximum('2.6.0'))],
  [188, 'pn', 'Day: reactive 2 demand', daily(...maximum('4.6.0'))],
  [189, 'pn', 'Metering day: active import demand', meteringDay(...maximum('1.6.0'))],
  [190, 'pn', 'Metering day: reactive 1 demand', meteringDay(...maximum('3.6.0'))],
  [191, 'pn', 'Metering day: active export demand', meteringDay(...maximum('2.6.0'))],
  [192, 'pn', 'Metering day: reactive 2 demand', meteringDay(...maximum('4.6.0'))],
  [193, 'pn', 'Month: active import demand', monthly(...maximum('1.6.0'))],
  [194, 'pn', 'Month: reactive 1 demand', monthly(...maximum('3.6.0'))],
  [195, 'pn', 'Month: active export demand', monthly(...maximum('2.6.0'))],
  [196, 'pn', 'Month: reactive 2 demand', monthly(...maximum('4.6.0'))],
  ...zones.map((zone, index): Row => [201 + index, 'pn', `Month: ${zone} time zone`, monthly(read, M, rates(val(`Active import frozen in the ${zone} time zone, total`, a14, 'kWh')))]),
  [209, 'pn', 'Day: supply by remote control', daily(read, reg('0.0.96.3.10', supply), val('Last closed by remote control', a15), val('Last opened by remote control', a15))],
  [213, 'pn', 'Month: meter switches', monthly(read, ...operations('Programming switch used', 'Tail cover opened'))],
  [214, 'pn', 'Month: meter parameter changes', monthly(read, ...operations('Clock changed', 'Tariff periods changed'))],
  [215, 'pn', 'Month: purchases and balance', monthly(read, ...purchases)],
  [216, 'pn', 'Month: settled energy', monthly(read, M, energy('Settled active energy, total', a14, 'kWh'))],
  [217, 'pn', 'Curve: white noise', curve(number('Noise', 1))],
  [218, 'pn', 'Curve: coloured noise', curve(number('Noise', 1), val('Main node', raw(6)))],
]
