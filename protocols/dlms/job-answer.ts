import { Cursor } from './cursor.ts'
import { readData } from './data.ts'
import { besides, profileClass } from './items-table.ts'
import {
  batchOf,
  bufferTarget,
  type Job,
  type Knowledge,
  keyOf,
  roomIn,
  scalerTargets,
  type Taken,
} from './job.ts'
import { columnsOf } from './profile.ts'
import { readResultList } from './read-parts.ts'
import { accessResults, actionResults, wordsOf } from './results-table.ts'
import type { AccessResult, Service } from './services.ts'
import { alwaysConnected, closingModes, type Task } from './task.ts'
import { scalerOf } from './values.ts'

/** More than any profile's rows: what would be beyond it is a meter gone mad. */
const VALUE_BYTES_MAX = 8 << 20

/** Whether a service answers what the job asks now. */
export function isAnswer(job: Job, asked: Service, service: Service): boolean {
  if (service.kind === 'exception' || service.kind === 'service-error') return true
  const expected = asked.kind.replace('request', 'response')
  if (service.kind !== expected || !('invoke' in service)) return false
  return (service.invoke & 15) === (job.invoke & 15)
}

/** What a server's answer refuses, as the device's words; null where it gives what was asked. */
export function refusedBy(job: Job | null, service: Service): readonly [string, string] | null {
  switch (service.kind) {
    case 'get-response': {
      const failed = service.results.findIndex((result) => !result.ok)
      const result = service.results[failed]
      if (!result || result.ok) return null
      if (job && isOptional(job, job.got.length + failed)) {
        const rest = service.results.slice(failed + 1)
        const other = rest.find(
          (each, at) => !each.ok && !isOptional(job, job.got.length + failed + 1 + at),
        )
        return other && !other.ok ? wordsOf(accessResults, other.result) : null
      }
      return wordsOf(accessResults, result.result)
    }
    case 'set-response': {
      const failed = service.results.find((result) => result !== 0)
      return failed === undefined ? null : wordsOf(accessResults, failed)
    }
    case 'action-response': {
      const failed = service.results.find(({ result }) => result !== 0)
      return failed === undefined ? null : wordsOf(actionResults, failed.result)
    }
    default:
      return null
  }
}

/** Attributes that only help to understand: without them the value still stands. */
function isOptional(job: Job, index: number): boolean {
  const target = job.targets[index]
  if (!target) return false
  switch (job.task.kind) {
    case 'object':
      return target.id === job.task.read.time && target.id !== job.task.read.value
    case 'profile':
      return target.classId !== profileClass || target.id === 4
    case 'relay':
      return true
    case 'set':
    case 'action':
    case 'end':
      return false
  }
}

/** The job after an answer. */
export function takeAnswer(job: Job, service: Service, knowledge: Knowledge): Job {
  switch (service.kind) {
    case 'get-response':
      return service.block && service.results.length === 0
        ? takeBlock(job, service.block, knowledge)
        : takeResults(job, service.results, knowledge)
    case 'set-response':
      return service.form === 'block' ? pieceSent(job, knowledge) : { ...job, acted: true }
    case 'action-response':
      return service.form === 'next' ? pieceSent(job, knowledge) : { ...job, acted: true }
    default:
      return { ...job, acted: true }
  }
}

function pieceSent(job: Job, { maxPduBytes }: Knowledge): Job {
  const { number, bytes } = job.sent ?? { number: 0, bytes: 0 }
  return { ...job, sent: { number: number + 1, bytes: bytes + roomIn(maxPduBytes) } }
}

function takeBlock(
  job: Job,
  block: { readonly number: number; readonly last: boolean; readonly bytes: Uint8Array },
  knowledge: Knowledge,
): Job {
  if (job.taken && block.number !== job.taken.number + 1) {
    return stop(job, 'block-number', `block ${block.number} came behind ${job.taken.number}`)
  }
  const bytes = (job.taken?.bytes ?? 0) + block.bytes.length
  if (bytes > VALUE_BYTES_MAX) {
    return stop(job, 'value-too-long', `a value of more than ${VALUE_BYTES_MAX} bytes`)
  }
  const taken = { number: block.number, piece: block.bytes, before: job.taken, bytes }
  if (!block.last) return { ...job, taken }
  const cursor = new Cursor(whole(taken))
  const wanted = batchOf(job, knowledge).length
  const results =
    wanted > 1 ? readResultList(cursor) : [{ ok: true, data: readData(cursor) } as const]
  if (!cursor.isDone) return stop(job, 'blocks', 'the blocks together are no whole value')
  return takeResults({ ...job, taken: null }, results, knowledge)
}

function whole(taken: Taken): Uint8Array {
  const bytes = new Uint8Array(taken.bytes)
  let end = taken.bytes
  for (let each: Taken | null = taken; each; each = each.before) {
    end -= each.piece.length
    bytes.set(each.piece, end)
  }
  return bytes
}

function stop(job: Job, code: string, message: string): Job {
  return { ...job, stopped: { code: `dlms.${code}`, message } }
}

function takeResults(job: Job, results: readonly AccessResult[], knowledge: Knowledge): Job {
  const wanted = batchOf(job, knowledge).length
  if (results.length !== wanted) {
    return stop(job, 'list-length', `${results.length} results for ${wanted} attributes`)
  }
  const got = [...job.got, ...results]
  const next = { ...job, got, invoke: invokeAfter(job.invoke), taken: null }
  learn(next, knowledge)
  switch (job.task.kind) {
    case 'profile':
      return planRows(next, job.task, knowledge)
    case 'relay':
      return weigh(next, job.task.action)
    default:
      return next
  }
}

export const invokeAfter = (invoke: number) => (invoke & 0xf0) | (((invoke & 15) % 15) + 1)

/** Keeps scalers for the rest of the association. */
function learn(job: Job, knowledge: Knowledge): void {
  for (const [index, target] of job.targets.entries()) {
    const result = job.got[index]
    if (!result || target.id !== besides(target.classId).scaler) continue
    knowledge.scalers.set(keyOf(target), result.ok ? scalerOf(result.data) : null)
  }
}

/** Once the columns are known, their scalers are asked for and then the rows. */
function planRows(job: Job, task: Extract<Task, { kind: 'profile' }>, knowledge: Knowledge): Job {
  if (job.got.length !== 2 || job.targets.length !== 2 || knowledge.profiles.has(task.obis)) {
    return job
  }
  const [captured, period] = job.got
  const columns = captured?.ok ? columnsOf(captured.data) : null
  if (!columns) return stop(job, 'capture-objects', 'the capture objects are no list of objects')
  const seconds = period?.ok && period.data.kind === 'integer' ? period.data.value : null
  knowledge.profiles.set(task.obis, { columns, periodSeconds: seconds })
  const more = [...scalerTargets(columns, knowledge), bufferTarget(task)]
  return { ...job, targets: [...job.targets, ...more] }
}

/** An order that would do something else than it says is not given. */
function weigh(job: Job, action: 'trip' | 'close' | 'allow-close'): Job {
  const [mode] = job.got
  const value = mode?.ok && mode.data.kind === 'integer' ? mode.data.value : null
  if (value === alwaysConnected) {
    return stop(job, 'control-mode', 'the control mode is 0: this relay is always connected')
  }
  if (action === 'trip') return job
  if (value === null) {
    return stop(job, 'control-mode', 'the control mode, which says how it closes, cannot be read')
  }
  const closes = closingModes.has(value)
  if (action === 'close' && !closes) {
    return stop(job, 'control-mode', `mode ${value}: only somebody at the meter can close it`)
  }
  if (action === 'allow-close' && closes) {
    return stop(job, 'control-mode', `mode ${value}: the relay would close at once`)
  }
  return job
}
