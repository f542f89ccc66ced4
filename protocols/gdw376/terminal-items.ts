/**
 * What a terminal says of itself: AFN 02H link (§5.3), 03H relay station (§5.4), 08H cascade (§5.8),
 * 09H configuration (§5.9), 0BH task data (§5.11).
 */

import { a15, a20, ascii } from './formats.ts'
import { count, number, rest, text, times, val, word } from './nodes.ts'
import type { Row } from './row.ts'

// biome-ignore format: a table, one row a line
export const linkRows: readonly Row[] = [
  // Fn, pn, name, layout
  [1, 'p0', 'Login', []],
  [2, 'p0', 'Logout', []],
  [3, 'p0', 'Heartbeat', []],
]

// biome-ignore format: a table, one row a line
export const relayStationRows: readonly Row[] = [
  [2, 'p0', 'Relay station state', [rest('State')]],
  [3, 'p0', 'Relay station changes', [rest('Changes')]],
  [4, 'p0', 'Relay station statistics', [rest('Statistics')]],
]

// biome-ignore format: a table, one row a line
export const cascadeRows: readonly Row[] = [
  [1, 'p0', 'Reports of cascaded terminals', []],
]

/** The number of a task stands for pn; its data come in an answer of AFN 0C or 0D. */
export const taskRows: readonly Row[] = [
  [1, 'pn', 'Data of a class 1 task', []],
  [2, 'pn', 'Data of a class 2 task', [val('Data since', a15)]],
]

const infoClasses = (name: string) => [count('groups'), times('n', word(name, 1))]

// biome-ignore format: a table, one row a line
export const configurationRows: readonly Row[] = [
  [1, 'p0', 'Version', [val('Maker', ascii(4)), val('Device number', ascii(8)), val('Software version', ascii(4)), val('Software date', a20), val('Capacity code', ascii(11)), val('Protocol version', ascii(4)), val('Hardware version', ascii(4)), val('Hardware date', a20)]],
  [2, 'p0', 'Inputs, outputs, ports', [number('Pulse inputs', 1), number('Switch inputs', 1), number('DC analogue inputs', 1), number('Switch outputs', 1), number('Meters', 2), number('Receive buffer', 2, 'byte'), number('Send buffer', 2, 'byte'), text('MAC address', 6), count('ports'), times('n', word('Port', 2), number('Highest baud rate', 4), number('Devices', 2), number('Receive buffer of the port', 2, 'byte'), number('Send buffer of the port', 2, 'byte'))]],
  [3, 'p0', 'Other capacities', [number('Metering points', 2), number('Groups', 1), number('Tasks', 1), number('Energy differences', 1), rest('Densities and capacities')]],
  [4, 'p0', 'Parameters supported', infoClasses('Parameters')],
  [5, 'p0', 'Controls supported', infoClasses('Controls')],
  [6, 'p0', 'Class 1 data supported', [word('Customer classes', 2), rest('Information classes')]],
  [7, 'p0', 'Class 2 data supported', [word('Customer classes', 2), rest('Information classes')]],
  [8, 'p0', 'Events supported', [word('Events ERC1 to ERC64', 8)]],
]
