import { type ClockReadout, compareClocks } from '#src/acquisition/field'
import { civilTime, fail, ok, parseInstant, type Result } from '#src/core'
import { failureOf } from './bench-failure.ts'
import type { CliFailure } from './exit.ts'
import type { RemoteTask } from './head-end-client.ts'
import { type RemoteQuestion, readRemotely } from './remote-read.ts'

/** Where a meter tells date and time apart; all others tell both in one. */
const apart: Readonly<Record<string, readonly [date: string, time: string]>> = {
  'dlt645-2007': ['04000101', '04000102'],
  'dlt645-1997': ['0.9.2', '0.9.1'],
}
const WALL_CLOCK = '0.0.1.0.0'

/**
 * A meter's clock beside that of the head-end that asks it. When exactly it was asked only the
 * head-end knows: the uncertainty spans from the request to the answer.
 */
export async function readClockRemotely(
  task: RemoteTask,
  meter: Omit<RemoteQuestion, 'items'>,
): Promise<Result<ClockReadout, CliFailure>> {
  const [dateItem, timeItem] = apart[meter.protocol] ?? []
  if (dateItem === undefined || timeItem === undefined) {
    const whole = await ask(task, meter, [WALL_CLOCK])
    if (!whole.ok) return whole
    const { civil, asked, textOf } = whole.value
    return ok(compareClocks(textOf(WALL_CLOCK), asked, civil))
  }
  const both = await ask(task, meter, [dateItem, timeItem])
  if (!both.ok) return both
  const time = both.value.textOf(timeItem)
  // Just after midnight the date may be the day before's: it was read first.
  const dated = time.startsWith('00:0') ? await ask(task, meter, [dateItem]) : both
  if (!dated.ok) return dated
  const { civil, asked } = both.value
  return ok(compareClocks(`${dated.value.textOf(dateItem)}T${time}`, asked, civil))
}

async function ask(
  task: RemoteTask,
  meter: Omit<RemoteQuestion, 'items'>,
  items: readonly string[],
) {
  const read = await readRemotely(task, { ...meter, items })
  if (!read.ok) return read
  const textOf = (item: string) =>
    read.value.items.find((one) => one.item === item)?.readings[0]?.value ?? ''
  const { address } = meter.device
  const reason = read.value.items.find((one) => one.reason !== null)?.reason
  if (reason) return fail(failureOf({ ...reason, raw: new Uint8Array(0) }, address))
  const sentAt = parseInstant(read.value.requestedAt)
  const heardAt = parseInstant(read.value.items.find((one) => one.answeredAt)?.answeredAt ?? '')
  if (sentAt === undefined || heardAt === undefined || items.some((item) => textOf(item) === '')) {
    const message = 'the answer held no date or no time'
    return fail(failureOf({ code: 'exchange.damaged', message, raw: new Uint8Array(0) }, address))
  }
  const civil = civilTime(task.settings.timezone)
  return ok({ textOf, asked: { sentAt, heardAt }, civil })
}
