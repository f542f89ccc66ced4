import type { MeterTime, Plan, RelayAction } from '#protocols/model'
import type { Data } from './data.ts'
import { octets } from './data-writer.ts'
import {
  besides,
  clockTarget,
  disconnectClass,
  disconnectObis,
  type ObjectRead,
  objectOf,
  profileClass,
} from './items-table.ts'
import type { Selection } from './profile.ts'
import type { Target } from './services.ts'
import { writeTime } from './time.ts'

/** What a visit is for, piece by piece. */
export type Task =
  | { readonly kind: 'object'; readonly read: ObjectRead }
  | { readonly kind: 'profile'; readonly obis: string; readonly selection: Selection | null }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Data }
  | { readonly kind: 'action'; readonly target: Target; readonly parameter: Data | null }
  /** An order to the disconnect control, after a look at what it would do. */
  | { readonly kind: 'relay'; readonly action: 'trip' | 'close' | 'allow-close' }
  | { readonly kind: 'end' }

/** Tasks for items, and those that DLMS has no object for. */
export function tasksOf(items: readonly string[]): Plan<Task> {
  const requests: Task[] = []
  const unsupported: string[] = []
  const seen = new Set<string>()
  for (const item of items) {
    const task = taskOf(item)
    if (!task) unsupported.push(item)
    else if (!seen.has(keyOf(task))) {
      seen.add(keyOf(task))
      requests.push(task)
    }
  }
  return { requests, unsupported }
}

const keyOf = (task: Task) => JSON.stringify(task)

const attributeId = /^(\d{1,5}):(\d{1,3}(?:\.\d{1,3}){5}):(\d{1,3})(?:([@#])(.+))?$/

/**
 * `1.8.0`, `3:1.0.1.8.0.255:2`, and of a profile `7:1.0.99.1.0.255:2` whole,
 * `…:2@2026-11-20T00:00..2026-11-21T00:00` by time and `…:2#1-96` by number.
 */
function taskOf(item: string): Task | null {
  const read = objectOf(item)
  if (read) return { kind: 'object', read }
  const [, classText, obis = '', valueText, mark, choice] = attributeId.exec(item) ?? []
  if (classText === undefined || obis.split('.').some((part) => Number(part) > 255)) return null
  const classId = Number(classText)
  const value = Number(valueText)
  if (classId > 0xffff || value < 1 || value > 127) return null
  if (classId === profileClass && value === 2) {
    const selection = mark === undefined ? null : selectionOf(mark, choice ?? '')
    return mark !== undefined && !selection ? null : { kind: 'profile', obis, selection }
  }
  if (mark !== undefined) return null
  const beside = value === 2 ? besides(classId) : { scaler: null, time: null }
  return { kind: 'object', read: { classId, obis, value, ...beside } }
}

function selectionOf(mark: string, choice: string): Selection | null {
  if (mark === '#') {
    const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(choice) ?? []
    if (first === undefined || last === undefined || Number(first) < 1) return null
    return { kind: 'entries', first: Number(first), last: Number(last) }
  }
  const [from, to] = choice.split('..').map(momentOf)
  return from && to ? { kind: 'range', from, to } : null
}

function momentOf(text: string): MeterTime | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (!match) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  return { year, month, day, hour, minute, second }
}

/** Null for what the disconnect control has no word for. */
export function relayTask(action: RelayAction): Task | null {
  switch (action) {
    case 'trip':
    case 'close':
    case 'allow-close':
      return { kind: 'relay', action }
    case 'alarm':
    case 'clear-alarm':
    case 'protect':
    case 'unprotect':
      return null
  }
}

export function clockTask(time: MeterTime): Task {
  return { kind: 'set', target: clockTarget, value: octets(writeTime(time)) }
}

/** Methods of the disconnect control; its attribute 4 is the control mode. */
export const disconnectMethods = { disconnect: 1, reconnect: 2 } as const
export const controlModeTarget: Target = {
  classId: disconnectClass,
  obis: disconnectObis,
  id: 4,
  access: null,
}

/** Modes of the disconnect control in which a reconnection closes at once (Blue Book, class 70). */
export const closingModes: ReadonlySet<number> = new Set([2, 4])
/** The mode in which it never opens. */
export const alwaysConnected = 0
