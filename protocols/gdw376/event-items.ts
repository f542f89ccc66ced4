/**
 * AFN 0EH, events (请求3类数据, §5.14): what stands in a record behind ERC, its length and its time.
 * Where the standard packs a metering point and a start or end flag into two bytes they are a word.
 */

import { a2, a3, a5, a7, a11, a14, a15, a22, a23, a25, ascii } from './formats.ts'
import type { Layout } from './layout.ts'
import { number, phases, rest, text, times, val, word } from './nodes.ts'

const point = word('Metering point and start or end', 2)
const flag = word('Flags', 1)
const u = phases.map((phase) => val(`Voltage, phase ${phase}`, a7, 'V'))
const i = phases.map((phase) => val(`Current, phase ${phase}`, a25, 'A'))
const energy = val('Active import', a14, 'kWh')
const moment: Layout = [...u, ...i, energy]
const beforeAndAfter: Layout = [
  val('Active import before', a14, 'kWh'),
  val('Active import after', a14, 'kWh'),
]
const angles = ['Ua', 'Ub', 'Uc', 'Ia', 'Ib', 'Ic'].map((name) => val(`Angle of ${name}`, a5, '°'))

type EventRow = readonly [erc: number, name: string, layout: Layout]

// biome-ignore format: a table, one row a line
export const eventRows: readonly EventRow[] = [
  // ERC, name, what follows the time
  [1, 'Initialised or version changed', [flag, val('Version before', ascii(4)), val('Version after', ascii(4))]],
  [2, 'Parameters lost', [flag]],
  [3, 'Parameters changed', [number('Master', 1), rest('Identifiers')]],
  [4, 'State input changed', [word('Changed', 1), word('State after', 1)]],
  [5, 'Remote trip', [word('Rounds', 1), val('Power at the trip', a2, 'kW'), val('Power 2 minutes later', a2, 'kW')]],
  [6, 'Power control trip', [number('Group', 1), word('Rounds', 1), word('Kind', 1), val('Power before', a2, 'kW'), val('Power 2 minutes later', a2, 'kW'), val('Power set-point', a2, 'kW')]],
  [7, 'Energy control trip', [number('Group', 1), word('Rounds', 1), word('Kind', 1), val('Energy', a3), val('Energy set-point', a3)]],
  [8, 'Meter parameters changed', [point, flag]],
  [9, 'Current circuit fault', [point, flag, ...moment]],
  [10, 'Voltage circuit fault', [point, flag, ...moment]],
  [11, 'Phase sequence fault', [point, ...angles, energy]],
  [12, 'Meter clock beyond tolerance', [point]],
  [13, 'Meter fault', [point, flag]],
  [14, 'Power failure', [val('Power back', a15)]],
  [15, 'Harmonics above limits', [point, flag, text('Orders', 3), rest('Distortions')]],
  [16, 'DC analogue beyond limits', [point, flag, val('DC analogue value', a2)]],
  [17, 'Unbalance above limits', [point, flag, val('Voltage unbalance', a5, '%'), val('Current unbalance', a5, '%'), ...u, ...i]],
  [18, 'Capacitor locked', [point, flag, word('Capacitors', 2), val('Power factor', a5, '%'), val('Reactive power', a23, 'kvar'), val('Voltage', a7, 'V')]],
  [19, 'Purchase parameters set', [number('Group', 1), number('Purchase number', 4), word('Added or replaced', 1), val('Purchased', a3), val('Alarm at', a3), val('Trip at', a3), val('Rest before', a3), val('Rest after', a3)]],
  [20, 'Authentication failed', [rest('Password and master')]],
  [21, 'Terminal fault', [number('Fault', 1)]],
  [22, 'Energy difference', [word('Difference and start or end', 1), val('Compared group', a3, 'kWh'), val('Reference group', a3, 'kWh'), number('Relative difference', 1, '%'), val('Absolute difference', a3, 'kWh'), rest('Registers')]],
  [23, 'Energy control alarm', [number('Group', 1), word('Rounds', 1), word('Kind', 1), val('Energy', a3), val('Energy set-point', a3)]],
  [24, 'Voltage beyond limits', [point, flag, ...u]],
  [25, 'Current above limits', [point, flag, ...i]],
  [26, 'Apparent power above limits', [point, flag, val('Apparent power', a23, 'kVA'), val('Limit', a23, 'kVA')]],
  [27, 'Register went down', [point, ...beforeAndAfter]],
  [28, 'Register off', [point, ...beforeAndAfter, val('Limit', a22)]],
  [29, 'Meter flies', [point, ...beforeAndAfter, val('Limit', a22)]],
  [30, 'Meter stopped', [point, energy, number('Limit', 1, '15 min')]],
  [31, 'Meter not read', [point, val('Last read', a15), energy, val('Reactive import', a11, 'kvarh')]],
  [32, 'Traffic above limit', [number('Traffic of the month', 4, 'byte'), number('Limit', 4, 'byte')]],
  [33, 'Meter run status changed', [point, times(7, word('Run status changed', 2)), times(7, word('Run status', 2))]],
  [34, 'Current transformer fault', [point, flag]],
  [35, 'Unknown meter found', [rest('Meters')]],
  [36, 'Control output changed', [rest('Record')]],
  [37, 'Meter cover opened', [point, rest('Record')]],
  [38, 'Meter terminal cover opened', [point, rest('Record')]],
  [39, 'Compensation fault', [point, rest('Record')]],
  [40, 'Magnetic field', [point, rest('Record')]],
  [41, 'Clock was set', [point, rest('Record')]],
]
