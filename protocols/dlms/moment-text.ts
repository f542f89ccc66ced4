import { byteAt } from '#protocols/bytes'

const ANY = 0xff
const UNSPECIFIED_DEVIATION = -0x8000
const DEVIATION_MAX_MINUTES = 840
const YEAR_MAX = 9_999

/**
 * A date-time (12 bytes), date (5) or time (4) of the Blue Book for people, with `*` for what is
 * not specified: `2022-02-18 22:00:35, UTC+01:00`. Null for bytes that are none.
 */
export function momentText(bytes: Uint8Array): string | null {
  if (bytes.length === 5) return dateText(bytes, 0)
  if (bytes.length === 4) return timeText(bytes, 0)
  if (bytes.length !== 12) return null
  const date = dateText(bytes, 0)
  const time = timeText(bytes, 5)
  const zone = zoneText(bytes)
  return date === null || time === null || zone === null
    ? null
    : `${date} ${time}${zone}${statusText(byteAt(bytes, 11))}`
}

function dateText(bytes: Uint8Array, at: number): string | null {
  const year = (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1)
  const month = byteAt(bytes, at + 2)
  const day = byteAt(bytes, at + 3)
  const weekday = byteAt(bytes, at + 4)
  const isYear = year === 0xffff || year <= YEAR_MAX
  const isMonth = month >= 0xfd || (month >= 1 && month <= 12)
  const isDay = day >= 0xfd || (day >= 1 && day <= 31)
  if (!isYear || !isMonth || !isDay || !(weekday === ANY || weekday <= 7)) return null
  const shownYear = year === 0xffff ? '****' : String(year).padStart(4, '0')
  const shownDay = lastDays[day] ?? pad(day)
  const isAnyDate = day === ANY && weekday !== ANY
  const name = isAnyDate ? ` ${weekdays[weekday] ?? ''}`.trimEnd() : ''
  return `${shownYear}-${switches[month] ?? pad(month)}-${shownDay}${name}`
}

/** Months in which summer time begins or ends, and days counted from the end of the month. */
const switches: Readonly<Record<number, string>> = { 253: 'end of DST', 254: 'begin of DST' }
const lastDays: Readonly<Record<number, string>> = { 253: 'last but one', 254: 'last' }
const weekdays = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

function timeText(bytes: Uint8Array, at: number): string | null {
  const [hour, minute, second] = [0, 1, 2].map((index) => byteAt(bytes, at + index))
  const hundredths = byteAt(bytes, at + 3)
  const isIn = (value: number | undefined, max: number) => value === ANY || Number(value) <= max
  if (!isIn(hour, 23) || !isIn(minute, 59) || !isIn(second, 59) || !isIn(hundredths, 99)) {
    return null
  }
  const fraction = hundredths === ANY || hundredths === 0 ? '' : `.${pad(hundredths)}`
  return `${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}`
}

const pad = (value: number | undefined) =>
  value === ANY ? '**' : String(value ?? 0).padStart(2, '0')

/** The deviation is what is to be added to have UTC: a clock ahead of it has a negative one. */
function zoneText(bytes: Uint8Array): string | null {
  const deviation = (((byteAt(bytes, 9) << 8) | byteAt(bytes, 10)) << 16) >> 16
  if (deviation === UNSPECIFIED_DEVIATION) return ''
  const minutes = Math.abs(deviation)
  if (minutes > DEVIATION_MAX_MINUTES) return null
  const sign = deviation > 0 ? '-' : '+'
  return `, UTC${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}

function statusText(status: number): string {
  if (status === ANY) return ''
  return states.map(([bit, text]) => ((status & bit) === 0 ? '' : `, ${text}`)).join('')
}

const states = [
  [0x80, 'summer time'],
  [0x01, 'invalid'],
  [0x02, 'doubtful'],
  [0x04, 'another clock base'],
  [0x08, 'invalid status'],
] as const
