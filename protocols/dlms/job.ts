import type { Malformed } from '#protocols/model'
import { Cursor } from './cursor.ts'
import { readData } from './data.ts'
import { writeData } from './data-writer.ts'
import {
  besides,
  disconnectClass,
  disconnectObis,
  type ObjectRead,
  profileClass,
} from './items-table.ts'
import { accessOf, type Column } from './profile.ts'
import type { AccessResult, Service, Target } from './services.ts'
import { controlModeTarget, disconnectMethods, type Task } from './task.ts'
import type { ScalerUnit } from './values.ts'

/** What an association has told so far, and what it can. */
export interface Knowledge {
  /** Several attributes in one request. */
  readonly lists: boolean
  /** The longest APDU that the server takes. */
  readonly maxPduBytes: number
  readonly scalers: Map<string, ScalerUnit | null>
  readonly profiles: Map<string, { columns: readonly Column[]; periodSeconds: number | null }>
}

/** Blocks of an answer, the last that came first. */
export interface Taken {
  readonly number: number
  readonly piece: Uint8Array
  readonly before: Taken | null
  /** Of all together. */
  readonly bytes: number
}

/** How far a task is. */
export interface Job {
  readonly task: Task
  readonly invoke: number
  /** Attributes to read, and what came of the first of them. */
  readonly targets: readonly Target[]
  readonly got: readonly AccessResult[]
  /** Blocks of an answer, as far as they came. */
  readonly taken: Taken | null
  /** Blocks of a value that was sent in pieces. */
  readonly sent: { readonly number: number; readonly bytes: number } | null
  /** True once a write or a method was answered. */
  readonly acted: boolean
  /** Why it ends before its time. */
  readonly stopped: Malformed | null
}

const LIST_MAX = 8
/** Room in an APDU beside the value: headings, cipher and tag. */
const HEADING_BYTES = 64

export function beginJob(task: Task, invoke: number, knowledge: Knowledge): Job {
  return {
    task,
    invoke,
    targets: firstTargets(task, knowledge),
    got: [],
    taken: null,
    sent: null,
    acted: false,
    stopped: null,
  }
}

function firstTargets(task: Task, knowledge: Knowledge): readonly Target[] {
  switch (task.kind) {
    case 'object':
      return objectTargets(task.read, knowledge)
    case 'profile': {
      const known = knowledge.profiles.get(task.obis)
      if (known) return [...scalerTargets(known.columns, knowledge), bufferTarget(task)]
      return [3, 4].map((id) => ({ classId: profileClass, obis: task.obis, id, access: null }))
    }
    case 'relay':
      return [controlModeTarget]
    case 'set':
    case 'action':
    case 'end':
      return []
  }
}

function objectTargets(read: ObjectRead, knowledge: Knowledge): readonly Target[] {
  const { classId, obis, value, scaler, time } = read
  const target = (id: number): Target => ({ classId, obis, id, access: null })
  const before: Target[] = []
  if (scaler !== null && !knowledge.scalers.has(keyOf(read))) before.push(target(scaler))
  if (time !== null) before.push(target(time))
  return [...before, target(value)]
}

export const keyOf = ({ classId, obis }: { classId: number; obis: string }) => `${classId}:${obis}`

export function scalerTargets(columns: readonly Column[], knowledge: Knowledge): readonly Target[] {
  const targets = new Map<string, Target>()
  for (const column of columns) {
    const { scaler } = besides(column.classId)
    const key = keyOf(column)
    if (scaler === null || column.attribute !== 2 || knowledge.scalers.has(key)) continue
    targets.set(key, { classId: column.classId, obis: column.obis, id: scaler, access: null })
  }
  return [...targets.values()]
}

export function bufferTarget({ obis, selection }: Extract<Task, { kind: 'profile' }>): Target {
  return { classId: profileClass, obis, id: 2, access: selection && accessOf(selection) }
}

/** Attributes that the next request asks for together. */
export function batchOf(job: Job, knowledge: Knowledge): readonly Target[] {
  const left = job.targets.slice(job.got.length)
  const whole = left.findIndex(({ classId, id }) => classId === profileClass && id < 4)
  const small = whole < 0 ? left : left.slice(0, Math.max(1, whole))
  return small.slice(0, knowledge.lists ? LIST_MAX : 1)
}

/** The next request of a task; null once there is none. */
export function nextService(job: Job, knowledge: Knowledge): Service | null {
  const { task, invoke } = job
  if (job.stopped || job.acted) return null
  const reading = { kind: 'get-request', invoke, block: null } as const
  if (job.taken && job.got.length < job.targets.length) {
    return { ...reading, form: 'next', targets: [], block: job.taken.number }
  }
  const targets = batchOf(job, knowledge)
  if (targets.length > 0) {
    return { ...reading, form: targets.length > 1 ? 'list' : 'normal', targets }
  }
  switch (task.kind) {
    case 'set':
      return writeOf(job, 'set-request', task.target, writeData(task.value), knowledge)
    case 'action': {
      const { target, parameter } = task
      if (!parameter) return methodOf(invoke, target)
      return writeOf(job, 'action-request', target, writeData(parameter), knowledge)
    }
    case 'relay': {
      const { disconnect, reconnect } = disconnectMethods
      const id = task.action === 'trip' ? disconnect : reconnect
      const target = { classId: disconnectClass, obis: disconnectObis, id, access: null }
      const parameter = { kind: 'integer', tag: 15, value: 0 } as const
      return { ...methodOf(invoke, target), values: [parameter] }
    }
    case 'object':
    case 'profile':
    case 'end':
      return null
  }
}

function methodOf(invoke: number, target: Target) {
  return {
    kind: 'action-request',
    form: 'normal',
    invoke,
    targets: [target],
    values: [null],
    block: null,
    taken: null,
  } as const satisfies Service
}

/** A value in one request, or in blocks where the server takes no such long one. */
function writeOf(
  job: Job,
  kind: 'set-request' | 'action-request',
  target: Target,
  value: Uint8Array,
  { maxPduBytes }: Knowledge,
): Service {
  const room = maxPduBytes === 0 ? value.length : roomIn(maxPduBytes)
  const { invoke, sent } = job
  if (!sent && value.length <= room) {
    const data = readData(new Cursor(value))
    const whole = {
      form: 'normal',
      invoke,
      targets: [target],
      values: [data],
      block: null,
    } as const
    return kind === 'set-request' ? { kind, ...whole } : { kind, ...whole, taken: null }
  }
  const from = sent?.bytes ?? 0
  const block = {
    number: (sent?.number ?? 0) + 1,
    last: from + room >= value.length,
    bytes: value.subarray(from, from + room),
  }
  const form = sent ? 'block' : 'first-block'
  const piece = { form, invoke, targets: sent ? [] : [target], values: [], block } as const
  return kind === 'set-request' ? { kind, ...piece } : { kind, ...piece, taken: null }
}

/** How much of a value goes into one APDU. */
export const roomIn = (maxPduBytes: number) => Math.max(1, maxPduBytes - HEADING_BYTES)
