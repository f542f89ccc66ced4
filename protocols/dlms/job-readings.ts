import type { Malformed, Reading } from '#protocols/model'
import { type Job, type Knowledge, keyOf } from './job.ts'
import { rowReadings } from './profile.ts'
import { readTime, stampOf, type ZoneRule } from './time.ts'
import { readingOf } from './values.ts'

/** Readings of a task that came to its end. */
export function readingsOf(
  job: Job,
  knowledge: Knowledge,
  zone: ZoneRule,
): { ok: true; readings: readonly Reading[] } | { ok: false; malformed: Malformed } {
  const { task, got, stopped } = job
  if (stopped) return { ok: false, malformed: stopped }
  const last = got.at(-1)
  const isWhole = got.length === job.targets.length
  if (task.kind !== 'object' && task.kind !== 'profile') return { ok: true, readings: [] }
  if (!isWhole || !last?.ok) {
    return { ok: false, malformed: { code: 'dlms.incomplete', message: 'the answer is not whole' } }
  }
  if (task.kind === 'object') {
    const { read } = task
    const scaler = knowledge.scalers.get(keyOf(read)) ?? null
    const at = job.targets.findIndex(({ id }) => id === read.time && read.time !== null)
    const captured = got[at]
    const time =
      captured?.ok && captured.data.kind === 'octets' ? readTime(captured.data.bytes) : null
    const place = { classId: read.classId, obis: read.obis, attribute: read.value }
    const stamp = time && stampOf(time, zone)
    return { ok: true, readings: [readingOf(place, last.data, scaler, stamp, 'current')] }
  }
  const known = knowledge.profiles.get(task.obis)
  const readings =
    known &&
    rowReadings(last.data, {
      obis: task.obis,
      ...known,
      scalers: (column) => knowledge.scalers.get(keyOf(column)) ?? null,
      zone,
    })
  if (readings) return { ok: true, readings }
  const message = 'the rows of the buffer do not fit the capture objects'
  return { ok: false, malformed: { code: 'dlms.buffer', message } }
}
