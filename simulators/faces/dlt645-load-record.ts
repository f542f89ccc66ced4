import { sum8 } from '#protocols/bytes'
import { DAYS_KEPT, type Recorded, type SimulatedMeter } from '#simulators/meter'
import { join, minuteStamp } from './dlt645-bytes.ts'
import { loadGroup } from './dlt645-records.ts'

const EARLIEST = 0
const FROM_TIME = 1
const LATEST = 2
const GROUPS = 6
const RECORDS_MAX = 20
const DAY_MS = 86_400_000
const SLOT_MS = 900_000
const GROUP_END = 0xaa

/** 06 class 00 place: load records (负荷记录) with N wanted and, for 01, from when. */
export function loadRecordData(
  meter: SimulatedMeter,
  [kind, reserved, place]: readonly [number, number, number],
  asked: Uint8Array,
  nowMs: number,
): Uint8Array | null {
  if (reserved !== 0 || kind > GROUPS) return null
  const count = Math.min(decimal(asked[0] ?? 1), RECORDS_MAX)
  const records = recordsAsked(meter, place, count, asked.subarray(1), nowMs)
  if (!records || records.length === 0) return null
  return join(records.map((record) => recordBytes(meter, kind, record)))
}

function recordsAsked(
  meter: SimulatedMeter,
  place: number,
  count: number,
  from: Uint8Array,
  nowMs: number,
): readonly Recorded[] | null {
  // 电表清零: what was before a clearing is gone.
  const after = (ms: number) => Math.max(ms, meter.book.clearings.meterMs ?? ms)
  switch (place) {
    case EARLIEST:
      return meter.profileAfter(after(nowMs - DAYS_KEPT * DAY_MS), nowMs, count)
    case FROM_TIME: {
      const [minute = 0, hour = 0, day = 1, month = 1, year = 0] = [...from].map(decimal)
      const time = { year: 2000 + year, month, day, hour, minute, second: 0 }
      if (from.length !== 5 || month < 1 || month > 12 || day < 1 || day > 31) return null
      // The record of that very quarter hour belongs to the answer.
      return meter.profileAfter(after(meter.clock.momentOfWall(time) - 1_000), nowMs, count)
    }
    case LATEST:
      return meter.profileAfter(after(nowMs - count * SLOT_MS), nowMs, count)
    default:
      return null
  }
}

/** A0 A0, length, time, the groups each ended by AA, sum, E5. */
function recordBytes(meter: SimulatedMeter, kind: number, { ms, wall }: Recorded): Uint8Array {
  const groups = Array.from({ length: GROUPS }, (_, index) => {
    const wanted = kind === 0 || kind === index + 1
    const group = wanted ? loadGroup(meter, index + 1, ms) : new Uint8Array(0)
    return join([group, Uint8Array.of(GROUP_END)])
  })
  const body = join([minuteStamp(wall), ...groups])
  const head = join([Uint8Array.of(0xa0, 0xa0, body.length), body])
  return join([head, Uint8Array.of(sum8(head), 0xe5)])
}

function decimal(pair: number): number {
  return (pair >> 4) * 10 + (pair & 15)
}
