/**
 * AFN 04H and 0AH, parameters (设置参数、查询参数, §5.5 and §5.10): set and answered in one form. What
 * setting one does is what the gate goes by.
 */

import {
  a1,
  a2,
  a3,
  a4,
  a5,
  a7,
  a19,
  a20,
  a22,
  a23,
  a25,
  a26,
  ascii,
  dayOfMonth,
  digits,
  ip,
  named,
} from './formats.ts'
import type { Layout } from './layout.ts'
import {
  bitwise,
  blob,
  count,
  meterAddress,
  number,
  rest,
  text,
  times,
  val,
  word,
} from './nodes.ts'
import type { EffectRow } from './row.ts'
import type { Shape } from './shapes.ts'

const limit = (name: string, shape: Shape, unit: string): Layout => [
  val(name, shape, unit),
  number(`${name}, lasting`, 1, 'min'),
  val(`${name}, recovery`, a5, '%'),
]
const task: Layout = [
  word('Period of reports', 1),
  val('Reports counted from', a1),
  number('Curve points taken 1 in', 1),
  count('identifiers'),
  times('n', text('Identifier', 4)),
]
const classes: Layout = [
  number('Customer class', 1),
  count('groups', 'm'),
  times(
    'm',
    number('Customer subclass', 1),
    count('information groups'),
    times('n', word('Information classes', 1)),
  ),
]
const startStop: Layout = [val('Task', named({ 85: 'started', 170: 'stopped' }))]

// biome-ignore format: a table, one row a line
export const parameterRows: readonly EffectRow[] = [
  // Fn, pn, name, effect of setting it, layout
  [1, 'p0', 'Uplink port', 'write', [number('RTS', 1, '20 ms'), number('Delay allowed', 1, 'min'), word('Time-out and repeats', 2), word('Confirmations CON', 1), number('Heartbeat', 1, 'min')]],
  [2, 'p0', 'Wireless relay', 'write', [count('allowed and addresses'), rest('Addresses relayed')]],
  [3, 'p0', 'Master address and APN', 'address', [val('Main address', ip), number('Main port', 2), val('Backup address', ip), number('Backup port', 2), val('APN', ascii(16))]],
  [4, 'p0', 'Telephone numbers', 'address', [text('Master telephone', 8), text('SMS centre', 8)]],
  [5, 'p0', 'Uplink authentication', 'key', [number('Scheme', 1), text('Parameter', 2)]],
  [6, 'p0', 'Group addresses', 'address', [times(8, val('Group address', digits(2)))]],
  [7, 'p0', 'Terminal address and proxy', 'address', [val('Terminal address', ip), val('Mask', ip), val('Gateway', ip), number('Proxy kind', 1), val('Proxy address', ip), number('Proxy port', 2), number('Proxy sign-in', 1), count('user name length'), blob('User name', 'n'), count('password length', 'm'), blob('Password', 'm'), number('Listening port', 2)]],
  [8, 'p0', 'Uplink mode', 'mode', [word('Mode', 1), number('Redial after', 2, 's'), number('Redials', 1), number('Hang up after', 1, 'min'), word('Hours online', 3)]],
  [9, 'p0', 'Event records', 'write', [word('Events recorded', 8), word('Important events', 8)]],
  [10, 'p0', 'Meters', 'write', [count('meters', 'n', 2), times('n', number('Number', 2), number('Metering point', 2), word('Baud rate and port', 1), number('Protocol', 1), meterAddress('Address'), text('Password', 6), number('Rates', 1), word('Digits', 1), meterAddress('Collector'), word('Customer class', 1))]],
  [11, 'p0', 'Pulse inputs', 'write', [count('inputs'), times('n', number('Input', 1), number('Metering point', 1), word('Kind', 1), number('Constant', 2, 'imp/kWh'))]],
  [12, 'p0', 'State inputs', 'write', [word('Inputs connected', 1), word('Inputs normally closed', 1)]],
  [13, 'p0', 'Analogue inputs', 'write', [count('inputs'), times('n', number('Input', 1), number('Metering point', 1), word('Kind', 1))]],
  [14, 'p0', 'Groups', 'write', [count('groups'), times('n', number('Group', 1), count('metering points', 'm'), times('m', word('Metering point', 1)))]],
  [15, 'p0', 'Energy differences', 'write', [count('differences'), times('n', number('Difference', 1), number('Compared group', 1), number('Reference group', 1), word('Interval and kind', 1), number('Relative limit', 1, '%'), val('Absolute limit', a3, 'kWh'))]],
  [16, 'p0', 'VPN user and password', 'key', [text('VPN user and password', 64)]],
  [17, 'p0', 'Safety power limit', 'load-limit', [val('Safety power', a2, 'kW')]],
  [18, 'p0', 'Power control periods', 'load-limit', [word('Half hours', 12)]],
  [19, 'p0', 'Floating factor of power control', 'load-limit', [val('Floating factor', a4, '%')]],
  [20, 'p0', 'Floating factor of month energy control', 'load-limit', [val('Floating factor', a4, '%')]],
  [21, 'p0', 'Tariff periods', 'price', [text('Rate of each half hour', 48), number('Rates', 1)]],
  [22, 'p0', 'Tariff prices', 'price', [count('rates'), times('n', val('Price', a3))]],
  [23, 'p0', 'Dunning hours', 'write', [word('Hours of dunning', 3)]],
  [24, 'p0', 'Meter reading interval', 'write', [number('Reading interval', 1, 'min')]],
  [25, 'pn', 'Metering point', 'write', [number('Voltage transformer ratio', 2), number('Current transformer ratio', 2), val('Nominal voltage', a7, 'V'), val('Nominal current', a22, 'A'), val('Nominal load', a23, 'kVA'), word('Wiring', 1)]],
  [26, 'pn', 'Metering point limits', 'write', [val('Voltage upper limit', a7, 'V'), val('Voltage lower limit', a7, 'V'), val('Phase break threshold', a7, 'V'), ...limit('Overvoltage', a7, 'V'), ...limit('Undervoltage', a7, 'V'), ...limit('Overcurrent', a25, 'A'), ...limit('Rated current', a25, 'A'), ...limit('Neutral current', a25, 'A'), ...limit('Apparent power, upper', a23, 'kVA'), ...limit('Apparent power', a23, 'kVA'), ...limit('Voltage unbalance', a5, '%'), ...limit('Current unbalance', a5, '%'), number('Loss of voltage, lasting', 1, 'min')]],
  [27, 'pn', 'Copper and iron loss', 'write', ['A', 'B', 'C'].flatMap((phase) => ['resistance', 'reactance', 'conductance', 'susceptance'].map((what) => val(`Phase ${phase} ${what}`, a26)))],
  [28, 'pn', 'Power factor limits', 'write', [val('First limit', a5, '%'), val('Second limit', a5, '%')]],
  [29, 'pn', 'Local meter number', 'write', [val('Shown number', ascii(12))]],
  [30, 'pn', 'Meter reading of the area', 'write', [number('Reading stopped', 1)]],
  [31, 'pn', 'Nodes of a carrier node', 'write', [count('nodes'), times('n', meterAddress('Node'))]],
  [33, 'p0', 'Meter reading', 'write', [count('ports'), times('n', number('Port', 1), word('Control word', 2), word('Reading days', 4), val('Reading time', a19), number('Reading interval', 1, 'min'), val('Clock broadcast at', a19), val('Clock broadcast on day (0 each day)', dayOfMonth), count('periods', 'm'), times('m', val('Reading from', a19), val('Reading to', a19)))]],
  [34, 'p0', 'Downlink ports', 'write', [count('ports'), times('n', number('Port', 1), word('Control word', 1), number('Baud rate', 4))]],
  [35, 'p0', 'Key meters', 'write', [count('meters'), times('n', number('Number', 2))]],
  [36, 'p0', 'Traffic limit', 'write', [number('Traffic of a month', 4, 'byte')]],
  [37, 'p0', 'Cascade', 'write', [number('Port', 1), word('Control word', 1), number('Message time-out', 1, '20 ms'), number('Byte time-out', 1, '10 ms'), number('Repeats', 1), number('Patrol', 1, 'min'), word('Terminals', 1), rest('Addresses')]],
  [38, 'p0', 'Class 1 data of a customer class', 'write', classes],
  [39, 'p0', 'Class 2 data of a customer class', 'write', classes],
  [41, 'pn', 'Power set-points of periods', 'load-limit', [bitwise('schemes', 3, bitwise('periods', 8, val('Power set-point', a2, 'kW')))]],
  [42, 'pn', 'Holiday power control', 'load-limit', [val('Power set-point', a2, 'kW'), val('From', a19), number('Half hours', 1), word('Days of the week', 1)]],
  [43, 'pn', 'Sliding time of power', 'load-limit', [number('Sliding time', 1, 'min')]],
  [44, 'pn', 'Business stop control', 'load-limit', [val('From', a20), val('To', a20), val('Power set-point', a2, 'kW')]],
  [45, 'pn', 'Rounds of power control', 'load-limit', [word('Rounds', 1)]],
  [46, 'pn', 'Month energy control', 'load-limit', [val('Energy set-point', a3, 'kWh'), val('Alarm factor', a4, '%')]],
  [47, 'pn', 'Purchase control', 'price', [number('Purchase number', 4), val('Purchase', named({ 85: 'added', 170: 'replaced' })), val('Purchased', a3), val('Alarm at', a3), val('Trip at', a3)]],
  [48, 'pn', 'Rounds of energy control', 'load-limit', [word('Rounds', 1)]],
  [49, 'pn', 'Alarm time of power control', 'load-limit', [number('Alarm time', 1, 'min')]],
  [57, 'p0', 'Alarm sound', 'write', [word('Hours of sound', 3)]],
  [58, 'p0', 'Automatic keep-supply', 'mode', [number('Keep supply when silent for', 1, 'h')]],
  [59, 'pn', 'Meter faults', 'write', [val('Energy error', a22), val('Meter flies', a22), number('Meter stops', 1, '15 min'), number('Clock error', 1, 'min')]],
  [61, 'p0', 'DC analogue inputs', 'write', [word('Inputs', 1)]],
  [65, 'pn', 'Task of class 1 reports', 'write', task],
  [66, 'pn', 'Task of class 2 reports', 'write', task],
  [67, 'pn', 'Class 1 task on', 'write', startStop],
  [68, 'pn', 'Class 2 task on', 'write', startStop],
  [81, 'pn', 'DC analogue ratio', 'write', [val('From', a2), val('To', a2)]],
  [82, 'pn', 'DC analogue limits', 'write', [val('Upper limit', a2), val('Lower limit', a2)]],
  [83, 'pn', 'DC analogue curve', 'write', [number('Density', 1)]],
]
