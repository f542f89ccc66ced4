import type { FrameEffect } from '#protocols/model'
import {
  authenticationRows,
  controlRows,
  fileRows,
  forwardRows,
  resetRows,
} from './control-items.ts'
import { currentRows } from './current-items.ts'
import { eventRows } from './event-items.ts'
import { isOpen, type Layout, type Node, type StampKind } from './layout.ts'
import { parameterRows } from './parameter-items.ts'
import { pastRows } from './past-items.ts'
import type { EffectRow, Row } from './row.ts'
import {
  cascadeRows,
  configurationRows,
  linkRows,
  relayStationRows,
  taskRows,
} from './terminal-items.ts'

/** An information class of an application function, as the tables have it. */
export interface InfoClass {
  readonly afn: number
  readonly fn: number
  readonly isTerminal: boolean
  readonly name: string
  readonly layout: Layout
  /**
   * What a frame from the master that carries it does: a read where the function only asks, and
   * unknown where the layout does not say what its bytes are.
   */
  readonly effect: FrameEffect
  readonly clause: string
}

/** Application functions AFN (§4.3.4.2). */
export const functions = {
  confirm: 0x00,
  reset: 0x01,
  link: 0x02,
  relayStation: 0x03,
  set: 0x04,
  control: 0x05,
  authenticate: 0x06,
  cascade: 0x08,
  configuration: 0x09,
  ask: 0x0a,
  task: 0x0b,
  current: 0x0c,
  past: 0x0d,
  events: 0x0e,
  file: 0x0f,
  forward: 0x10,
} as const

/** Names and clauses of the application functions. */
export const functionNames: Readonly<Record<number, readonly [name: string, clause: string]>> = {
  0: ['confirm or deny', '5.1'],
  1: ['reset', '5.2'],
  2: ['link', '5.3'],
  3: ['relay station', '5.4'],
  4: ['set parameters', '5.5'],
  5: ['control', '5.6'],
  6: ['authenticate', '5.7'],
  8: ['cascade', '5.8'],
  9: ['configuration', '5.9'],
  10: ['query parameters', '5.10'],
  11: ['task data', '5.11'],
  12: ['class 1 data', '5.12'],
  13: ['class 2 data', '5.13'],
  14: ['class 3 data', '5.14'],
  15: ['file transfer', '5.15'],
  16: ['forward', '5.16'],
}

function plain(afn: number, rows: readonly Row[]): readonly InfoClass[] {
  const [, clause = ''] = functionNames[afn] ?? []
  return rows.map(([fn, point, name, layout]) => {
    return { afn, fn, isTerminal: point === 'p0', name, layout, effect: 'read', clause }
  })
}

function moving(afn: number, rows: readonly EffectRow[]): readonly InfoClass[] {
  const [, clause = ''] = functionNames[afn] ?? []
  return rows.map(([fn, point, name, moves, layout]) => {
    const effect = isOpen(layout) ? 'unknown' : moves
    return { afn, fn, isTerminal: point === 'p0', name, layout, effect, clause }
  })
}

const asked = (rows: readonly EffectRow[]): readonly Row[] =>
  rows.map(([fn, point, name, , layout]) => [fn, point, name, layout])

/** All of them, in the order of the standard. */
export const infoClasses: readonly InfoClass[] = [
  ...moving(functions.reset, resetRows),
  ...plain(functions.link, linkRows),
  ...plain(functions.relayStation, relayStationRows),
  ...moving(functions.set, parameterRows),
  ...moving(functions.control, controlRows),
  ...moving(functions.authenticate, authenticationRows),
  ...plain(functions.cascade, cascadeRows),
  ...plain(functions.configuration, configurationRows),
  ...plain(functions.ask, asked(parameterRows)),
  ...plain(functions.task, taskRows),
  ...plain(functions.current, currentRows),
  ...plain(functions.past, pastRows),
  ...moving(functions.file, fileRows),
  ...moving(functions.forward, forwardRows),
]

const byId = new Map(infoClasses.map((info) => [info.afn * 0x1000 + info.fn, info]))
const eventsByCode = new Map(eventRows.map((row) => [row[0], row]))

export function infoClassOf(afn: number, fn: number): InfoClass | undefined {
  return byId.get(afn * 0x1000 + fn)
}

/** The name of an event and the layout behind its time; null for a code the table lacks. */
export function eventOf(erc: number): { readonly name: string; readonly layout: Layout } | null {
  const row = eventsByCode.get(erc)
  return row ? { name: row[1], layout: row[2] } : null
}

/** `0C-F129`: how people name an information class. */
export function itemId(afn: number, fn: number): string {
  return `${afn.toString(16).toUpperCase().padStart(2, '0')}-F${fn}`
}

/** The time a class 2 request must carry; null where it carries none. */
export function askedStamp(info: InfoClass): StampKind | null {
  const first: Node | undefined = info.layout[0]
  return info.afn === functions.past && first?.kind === 'stamp' ? first.stamp : null
}
