import { type Frame, infoClasses, readBody, type SentUnit, type Unit } from '#protocols/gdw376'
import type { TerminalMemory } from './gdw376-memory.ts'
import { type Question, type Telling, timeOf } from './gdw376-telling.ts'

const LINK = 0x02
const CURRENT = 0x0c
const PAST = 0x0d
const STARTED = 0x55
/** Period of the reports, time they count from, and how many curve points make one. */
const RATIO_AT = 7
/** The same and the number of identifiers. */
const HEAD_BYTES = 9
const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
const quarterHours: Readonly<Record<number, { density: number; minutes: number }>> = {
  2: { density: 2, minutes: 30 },
  4: { density: 3, minutes: 60 },
}
const quarterHour = { density: 1, minutes: 15 }

/** What a task is about: units of class 1 or of class 2, each with its question. */
interface Task {
  readonly afn: number
  readonly asked: readonly (Pick<Unit, 'id'> & { readonly question: Question })[]
}

/** The function whose answer brings the data of the task that AFN 0B asks for, and its units. */
export function toldByTask(
  frame: Frame,
  unit: Unit,
  memory: TerminalMemory,
  telling: Telling,
  nowMs: number,
): { readonly afn: number; readonly sent: readonly SentUnit[] } | null {
  const task = taskOf(frame, unit, memory, nowMs)
  const sent = task?.asked.flatMap(({ id, question }): readonly SentUnit[] => {
    const data = telling.classOf(task.afn, id, question, nowMs)
    return data ? [{ ...id, data }] : []
  })
  return task && sent && sent.length > 0 ? { afn: task.afn, sent } : null
}

/** As parameters F65 to F68 set it; null where it was never set or does not run. */
function taskOf(
  frame: Frame,
  { id, leaves }: Unit,
  memory: TerminalMemory,
  nowMs: number,
): Task | null {
  const isCurrent = id.fn === 1
  if (!isCurrent && id.fn !== 2) return null
  const set = memory.parameter(isCurrent ? 65 : 66, id.pn)
  const runs = memory.parameter(isCurrent ? 67 : 68, id.pn)?.[0] === STARTED
  if (!set || !runs) return null
  // Identifiers without data, as links have them.
  const body = set.slice(HEAD_BYTES)
  const { units } = readBody({ ...frame, control: 0, afn: LINK, seq: 0, body })
  if (isCurrent) {
    return { afn: CURRENT, asked: units.map((unit) => ({ id: unit.id, question: nothing })) }
  }
  const value = leaves[0]?.value
  if (value?.kind !== 'text') return null
  const since = value.text
  const minutes = (nowMs - memory.momentOf(timeOf(since))) / MINUTE_MS
  const asked = units.flatMap((unit) => {
    const question = questionOf(unit.id.fn, since, minutes, set[RATIO_AT] ?? 1)
    return question ? [{ id: unit.id, question }] : []
  })
  return { afn: PAST, asked }
}

const nothing: Question = { stamp: null, numbers: [] }

/** Day and month of the time, or the curve from it on: of a day at most. */
function questionOf(fn: number, since: string, minutes: number, ratio: number): Question | null {
  const first = infoClasses.find((info) => info.afn === PAST && info.fn === fn)?.layout[0]
  if (first?.kind !== 'stamp' || minutes < 0) return null
  switch (first.stamp) {
    case 'day':
      return { stamp: since.slice(0, 'YYYY-MM-DD'.length), numbers: [] }
    case 'month':
      return { stamp: since.slice(0, 'YYYY-MM'.length), numbers: [] }
    case 'curve': {
      const step = quarterHours[ratio] ?? quarterHour
      const points = Math.floor(Math.min(minutes / step.minutes + 1, DAY_MINUTES / step.minutes))
      return { stamp: since, numbers: [step.density, points] }
    }
    default:
      return null
  }
}
