import { type Dlt698Data, timeOf } from '#protocols/dlt698'
import type { RelayCommand, SimulatedMeter } from '#simulators/meter'
import { dars } from './dlt698-values.ts'

const OPERATOR = '00000698'
const MINUTE_MS = 60_000
const done = 0
/** Whether it is followed (允许跟随上报), and whether it reports unasked (允许主动上报). */
const reportSwitches: ReadonlySet<string> = new Set(['43000700', '43000800'])

/** Writes an attribute of a meter; the DAR. */
export function setAttribute(
  meter: SimulatedMeter,
  oad: string,
  value: Dlt698Data,
  nowMs: number,
): number {
  if (oad === '40000200') {
    const time = timeOf(value)
    if (!time) return dars.type
    meter.clock.set(time, nowMs)
    return done
  }
  if (reportSwitches.has(oad)) {
    if (value.type !== 'bool') return dars.type
    meter.book.write(oad, value.value ? '01' : '00', OPERATOR, nowMs)
    return done
  }
  return /^4/.test(oad) ? dars.denied : dars.undefinedObject
}

/** Calls a method of a meter; the DAR. */
export function callMethod(
  meter: SimulatedMeter,
  omd: string,
  value: Dlt698Data,
  nowMs: number,
): number {
  switch (omd.slice(0, 6)) {
    case '40007F': {
      const time = timeOf(value)
      if (!time) return dars.type
      return meter.clock.setByBroadcast(time, nowMs) ? done : dars.denied
    }
    case '80007F':
      return relay(meter, 'alarm', nowMs)
    case '800080':
      return relay(meter, 'clear-alarm', nowMs)
    case '800081':
      return trip(meter, value, nowMs)
    case '800082':
      return close(meter, value, nowMs)
    case '80017F':
      return relay(meter, 'protect', nowMs)
    case '800180':
      return relay(meter, 'unprotect', nowMs)
    case '430003':
      for (const what of ['meterMs', 'demandMs', 'eventsMs'] as const) meter.book.clear(what, nowMs)
      return done
    case '430005':
      meter.book.clear('eventsMs', nowMs)
      return done
    case '430006':
      meter.book.clear('demandMs', nowMs)
      return done
    default:
      return dars.undefinedObject
  }
}

function relay(meter: SimulatedMeter, command: RelayCommand, nowMs: number, returnMs = 0): number {
  const answer = meter.supply.order(command, OPERATOR, nowMs, returnMs)
  return 'refused' in answer ? dars.denied : done
}

/** {relay, alarm minutes, minutes until it ends or 0, whether it closes by itself then}. */
function trip(meter: SimulatedMeter, value: Dlt698Data, nowMs: number): number {
  const [unit, , limit, closesItself] = unitOf(value)
  if (unit?.type !== 'OAD' || limit?.type !== 'long-unsigned' || closesItself?.type !== 'bool') {
    return dars.type
  }
  const minutes = limit.value
  if (minutes === 0) return relay(meter, 'trip', nowMs)
  const command = closesItself.value ? 'trip-then-close' : 'trip-then-allow'
  return relay(meter, command, nowMs, minutes * MINUTE_MS)
}

/** {relay, 0 allow or 1 at once}. */
function close(meter: SimulatedMeter, value: Dlt698Data, nowMs: number): number {
  const [unit, how] = unitOf(value)
  if (unit?.type !== 'OAD' || how?.type !== 'enum') return dars.type
  return relay(meter, how.value === 1 ? 'close' : 'allow-close', nowMs)
}

/** Members of the first of an array of structures. */
function unitOf(value: Dlt698Data): readonly Dlt698Data[] {
  const [first] = value.type === 'array' ? value.items : []
  return first?.type === 'structure' ? first.items : []
}
