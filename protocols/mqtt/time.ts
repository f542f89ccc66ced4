import { isRealTime } from '#protocols/bytes'
import { type MeterTime, meterTimeText, type Stamp } from '#protocols/model'
import { parseDecimal, shiftDecimal } from './decimal.ts'
import { Fault, type Json, NumberText } from './json.ts'

/** How a sender writes its time. `iso` with a zone is an instant, without one a wall clock. */
export type TimeForm = 'iso' | 'epoch-s' | 'epoch-ms'

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/
const MS_PER_DAY = 86_400_000
/** 9999-12-31: an instant beyond it is a unit mixed up, not a time. */
const EPOCH_MS_MAX = 253_402_300_799_999

export function stampOf(json: Json, form: TimeForm, path: string): Stamp | Fault {
  const stamp = form === 'iso' ? isoStamp(json) : epochStamp(json, form === 'epoch-s' ? 3 : 0)
  return stamp ?? new Fault('mqtt.wrong-time', `no time of the form ${form} stands here`, path)
}

function epochStamp(json: Json, exponent: number): Stamp | undefined {
  const decimal = json instanceof NumberText ? parseDecimal(json.text) : undefined
  if (!decimal) return undefined
  const { digits, scale } = shiftDecimal(decimal, exponent)
  const ms = Number(digits / 10n ** BigInt(scale))
  return ms >= 0 && ms <= EPOCH_MS_MAX ? { kind: 'epoch', ms } : undefined
}

function isoStamp(json: Json): Stamp | undefined {
  const [text, ...parts] = (typeof json === 'string' ? ISO.exec(json) : null) ?? []
  if (text === undefined) return undefined
  const number = (index: number) => Number(parts[index] ?? 0)
  const time: MeterTime = {
    year: number(0),
    month: number(1),
    day: number(2),
    hour: number(3),
    minute: number(4),
    second: number(5),
  }
  if (!isRealTime(time)) return undefined
  const zone = parts[7]
  if (zone === undefined) return { kind: 'wall', time }
  const offsetMinutes = zoneMinutes(zone)
  if (offsetMinutes === undefined) return undefined
  const millis = Number((parts[6] ?? '').padEnd(3, '0').slice(0, 3))
  return { kind: 'epoch', ms: utcMs(time) + millis - 60_000 * offsetMinutes }
}

/** Minutes east of Greenwich. */
function zoneMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || 0)
  if (hours > 14 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (60 * hours + minutes)
}

/** Epoch milliseconds of a UTC wall clock, by the civil calendar's 400-year cycle. */
function utcMs({ year, month, day, hour, minute, second }: MeterTime): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - 400 * era
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra =
    365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  const days = 146_097 * era + dayOfEra - 719_468
  return days * MS_PER_DAY + 1000 * (3600 * hour + 60 * minute + second)
}

/** The UTC wall clock of an instant: the inverse of `utcMs`, milliseconds dropped. */
function utcTime(ms: number): MeterTime {
  const dayNumber = Math.floor(ms / MS_PER_DAY) + 719_468
  const era = Math.floor(dayNumber / 146_097)
  const dayOfEra = dayNumber - 146_097 * era
  const leapFree = dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524)
  const yearOfEra = Math.floor((leapFree - Math.floor(dayOfEra / 146_096)) / 365)
  const yearStart = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  const dayOfYear = dayOfEra - yearStart
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const seconds = Math.floor((ms - MS_PER_DAY * Math.floor(ms / MS_PER_DAY)) / 1000)
  return {
    year: yearOfEra + 400 * era + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  }
}

/** `2026-11-21T14:30:00.250Z`; without milliseconds where there are none. */
export function isoOfEpoch(ms: number): string {
  const rest = ms - 1000 * Math.floor(ms / 1000)
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`
  return `${meterTimeText(utcTime(ms))}${fraction}Z`
}
