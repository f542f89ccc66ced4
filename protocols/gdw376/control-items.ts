/**
 * What moves something at the terminal: AFN 01H reset (§5.2), 05H control (§5.6), 06H
 * authentication (§5.7), 0FH files (§5.15), 10H forwarding (§5.16). `effect` is what the gate goes by.
 */

import { a1, a4, bin, named } from './formats.ts'
import { blob, count, meterAddress, number, rest, text, times, val, word } from './nodes.ts'
import type { EffectRow } from './row.ts'

// biome-ignore format: a table, one row a line
export const resetRows: readonly EffectRow[] = [
  // Fn, pn, name, effect, layout
  [1, 'p0', 'Restart', 'mode', []],
  [2, 'p0', 'Clear data', 'clear', []],
  [3, 'p0', 'Factory reset', 'clear', []],
  [4, 'p0', 'Clear parameters and data', 'clear', []],
]

// biome-ignore format: a table, one row a line
export const controlRows: readonly EffectRow[] = [
  [1, 'pn', 'Remote trip', 'trip', [word('Alarm delay and limit', 1)]],
  [2, 'pn', 'Allow closing', 'relay', []],
  [9, 'pn', 'Period power control on', 'load-limit', [word('Periods', 1), number('Set-point scheme', 1)]],
  [10, 'pn', 'Holiday power control on', 'load-limit', []],
  [11, 'pn', 'Business stop control on', 'load-limit', []],
  [12, 'pn', 'Floating power control on', 'trip', [number('Sliding time', 1, 'min'), val('Floating factor', a4, '%'), number('Freeze after', 1, 'min'), number('Control time', 1, '30 min'), ...[1, 2, 3, 4].map((round) => number(`Alarm of round ${round}`, 1, 'min'))]],
  [15, 'pn', 'Month energy control on', 'load-limit', []],
  [16, 'pn', 'Purchase control on', 'load-limit', []],
  [17, 'pn', 'Period power control off', 'load-limit', []],
  [18, 'pn', 'Holiday power control off', 'load-limit', []],
  [19, 'pn', 'Business stop control off', 'load-limit', []],
  [20, 'pn', 'Floating power control off', 'load-limit', []],
  [23, 'pn', 'Month energy control off', 'load-limit', []],
  [24, 'pn', 'Purchase control off', 'load-limit', []],
  [25, 'p0', 'Keep supply', 'relay', [number('Keep supply for', 1, '30 min')]],
  [26, 'p0', 'Dunning alarm on', 'relay', []],
  [27, 'p0', 'Talk with the master allowed', 'mode', []],
  [28, 'p0', 'Terminal removed', 'mode', []],
  [29, 'p0', 'Reports allowed', 'mode', []],
  [31, 'p0', 'Set the clock', 'clock', [val('Clock', a1)]],
  [32, 'p0', 'Text in Chinese', 'write', [word('Kind and number', 1), count('length', 'l'), blob('Text in GB 2312', 'l')]],
  [33, 'p0', 'Keep supply off', 'relay', []],
  [34, 'p0', 'Dunning alarm off', 'relay', []],
  [35, 'p0', 'Talk with the master forbidden', 'mode', []],
  [36, 'p0', 'Terminal no longer removed', 'mode', []],
  [37, 'p0', 'Reports forbidden', 'mode', []],
  [38, 'p0', 'Connect to the master', 'mode', []],
  [39, 'p0', 'Disconnect', 'mode', []],
  [49, 'p0', 'Pause reading at a port', 'mode', [number('Port', 1)]],
  [50, 'p0', 'Go on reading at a port', 'mode', [number('Port', 1)]],
  [51, 'p0', 'Read again at a port', 'mode', [number('Port', 1)]],
  [52, 'p0', 'Forget the routes of a port', 'clear', [number('Port', 1)]],
  [53, 'p0', 'Delete the meters of a port', 'clear', [number('Port', 1)]],
]

// biome-ignore format: a table, one row a line
export const authenticationRows: readonly EffectRow[] = [
  [1, 'p0', 'Identity asked', 'key', [text('Question', 16)]],
  [2, 'p0', 'Identity answered', 'key', [text('Answer', 16)]],
  [3, 'p0', 'Random number asked', 'key', [text('Question', 16)]],
  [4, 'p0', 'Random number answered', 'key', [text('Answer', 16)]],
]

// biome-ignore format: a table, one row a line
export const fileRows: readonly EffectRow[] = [
  [1, 'p0', 'File segment', 'firmware', [number('File', 1), number('File attribute', 1), number('File command', 1), number('Segments', 2), number('Segment', 4), count('length', 'l', 2), blob('Data', 'l')]],
]

// biome-ignore format: a table, one row a line
export const forwardRows: readonly EffectRow[] = [
  [1, 'p0', 'Forward a frame', 'read', [number('Port', 1), word('Serial settings', 1), word('Message time-out', 1), val('Byte time-out', bin(1), '10 ms'), count('length', 'l', 2), blob('Frame', 'l')]],
  [9, 'p0', 'Forward a reading', 'read', [number('Port', 1), count('relay stations'), times('n', meterAddress('Relay station')), meterAddress('Meter'), val('Edition', named({ 0: 'DL/T 645-1997', 1: 'DL/T 645-2007' })), word('Data identifier', 4)]],
  // An order with a password in one edition, reading several identifiers in another.
  [10, 'p0', 'Forward an order or several readings', 'unknown', [rest('Data, maybe a password')]],
  [11, 'p0', 'Forward a closing', 'unknown', [rest('Data, maybe a password')]],
]
