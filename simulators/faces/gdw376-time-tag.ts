import { type Frame, readBody } from '#protocols/gdw376'
import type { MeterTime } from '#protocols/model'
import type { TerminalMemory } from './gdw376-memory.ts'

const MINUTE_MS = 60_000

/** A frame whose time tag is older than it allows by the terminal's clock is not for today. */
export function isLate(frame: Frame, memory: TerminalMemory, nowMs: number): boolean {
  const { timeTagAt } = readBody(frame).added
  if (timeTagAt === null) return false
  const { body } = frame
  const [second, minute, hour, day] = [1, 2, 3, 4].map((at) => pairOf(body[timeTagAt + at] ?? 0))
  const delayMin = body[timeTagAt + 5] ?? 0
  if (delayMin === 0) return false
  const wall = memory.wallAt(nowMs)
  const tag = {
    ...wall,
    second: second ?? 0,
    minute: minute ?? 0,
    hour: hour ?? 0,
    day: day ?? 1,
  }
  if (tag.day < 1 || tag.day > 31 || tag.hour > 23 || tag.minute > 59) return true
  const month = tag.day > wall.day ? monthBefore(tag) : tag
  return nowMs - memory.momentOf(month) > delayMin * MINUTE_MS
}

function monthBefore(time: MeterTime): MeterTime {
  if (time.month > 1) return { ...time, month: time.month - 1 }
  return { ...time, year: time.year - 1, month: 12 }
}

function pairOf(byte: number): number {
  return (byte >> 4) * 10 + (byte & 15)
}
