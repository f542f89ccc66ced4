import { type Static, Type } from '@sinclair/typebox'
import { type MeterTime, meterTimeText, type ProtocolName } from '#protocols/model'
import type { ClockReadout } from '#src/acquisition/field'
import { type CivilTime, fail, instant, ok, parseInstant, type Result } from '#src/core'
import { failureOf } from './bench-failure.ts'
import { Clock, Correction } from './clock-verbs.ts'
import { type ClockTask, isConfirmed, notConfirmed, sentence, show } from './clock-view.ts'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
import { HeadEndClient, type RemoteTask } from './head-end-client.ts'
import type { CliIo } from './io.ts'
import { readClockRemotely } from './remote-clock.ts'
import { progress, reportFailure, say } from './report.ts'

/** The server holds a question no longer than this. */
const HELD_SECONDS = 10
/** A device shows whole seconds: half of what it hides is part of its offset. */
const HIDDEN_HALF_MS = 500
const noBytes = new Uint8Array(0)

const Found = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })

interface RemoteClockTask extends ClockTask {
  readonly concentrator: string
}

/** Shows a clock through a running head-end, or has it corrected by its rules. */
export async function clockThroughServer(
  io: CliIo,
  remote: RemoteTask,
  task: RemoteClockTask,
): Promise<ExitCode> {
  const { device, flags, concentrator } = task
  if (!flags.set && !isOfTerminal(task)) {
    const protocol = flags.protocol as ProtocolName
    const read = await readClockRemotely(remote, { device, protocol, concentrator })
    if (!read.ok) return reportFailure(io, read.error)
    show(io, read.value, task)
    return exitCodes.done
  }
  const client = new HeadEndClient(remote.settings, remote.fetch, remote.signal)
  const signed = await client.signIn(remote.settings)
  const named = signed.ok ? await deviceNamed(client, task) : signed
  if (!named.ok) return reportFailure(io, named.error)
  const path = `/clocks/${named.value}`
  const measured = await client.post(`${path}/measure`, {}, Clock)
  if (!measured.ok) return reportFailure(io, ofClock(measured.error, task))
  const before = readoutOf(measured.value, task.civil)
  if (!flags.set) {
    show(io, before, task)
    return exitCodes.done
  }
  say(io, sentence(before, task))
  if (!(await isConfirmed(io, task, isOfTerminal(task) ? 'this terminal' : 'this meter'))) {
    return reportFailure(io, notConfirmed(task))
  }
  const asked = await client.post('/clock-corrections', { device: named.value }, Correction)
  if (!asked.ok && asked.error.code === 'clock.good') {
    say(io, `the clock of ${device.address} is good as it is: nothing was sent`)
    show(io, before, task)
    return exitCodes.done
  }
  const ended = asked.ok ? await follow(io, client, asked.value.id, Number(flags.wait)) : asked
  if (!ended.ok) return reportFailure(io, ended.error)
  const { id, state, how } = ended.value
  const failure = failureOfCorrection(ended.value)
  if (failure) return reportFailure(io, failure)
  const after = await client.get(path, Clock)
  if (!after.ok) return reportFailure(io, after.error)
  show(io, readoutOf(after.value, task.civil), task, { correction: { id, state, how } })
  return exitCodes.done
}

/** The terminal that stands for the channel, rather than a meter behind it. */
function isOfTerminal({ device, flags, concentrator }: RemoteClockTask): boolean {
  return device.address === concentrator && /^(?:gdw376|dlt698)$/.test(flags.protocol)
}

/** As clocks are named: `terminal-3`, `meter-12`. */
async function deviceNamed(
  client: HeadEndClient,
  task: RemoteClockTask,
): Promise<Result<string, CliFailure>> {
  const { device, flags, concentrator } = task
  const { address } = device
  const query = isOfTerminal(task)
    ? `/concentrators?${new URLSearchParams({ address })}`
    : `/meters?${new URLSearchParams({ concentrator, address, protocol: flags.protocol })}`
  const found = await client.get(query, Found)
  if (!found.ok) return found
  const [one] = found.value.items
  if (one) return ok(`${isOfTerminal(task) ? 'terminal' : 'meter'}-${one.id}`)
  return fail({
    exit: exitCodes.notFound,
    code: 'server.device-not-found',
    message: `the head-end knows no ${address} at ${concentrator}`,
    next: 'check both addresses; hes import archive adds meters',
  })
}

/** Devices without a clock that anybody could ask for are not among those measured. */
function ofClock(failure: CliFailure, { device, flags }: ClockTask): CliFailure {
  if (failure.code !== 'server.not-found') return failure
  return {
    exit: exitCodes.usage,
    code: 'field.not-offered',
    message: `the head-end keeps no clock of ${device.address}: ${flags.protocol} has none to ask for`,
    next: 'hes clock ls shows which clocks there are',
  }
}

function readoutOf(
  { measuredAt, offsetMs, uncertaintyMs }: Static<typeof Clock>,
  civil: CivilTime,
): ClockReadout {
  const ourAt = parseInstant(measuredAt ?? '') ?? instant(0)
  const deviceAt = offsetMs === null ? null : instant(ourAt + offsetMs - HIDDEN_HALF_MS)
  const wall: MeterTime | null = deviceAt === null ? null : civil.toWall(deviceAt)
  return {
    wallClock: wall === null ? 'no time' : meterTimeText(wall),
    deviceAt,
    ourAt,
    offsetMs,
    uncertaintyMs: uncertaintyMs ?? 0,
  }
}

async function follow(io: CliIo, client: HeadEndClient, id: number, waitSeconds: number) {
  const shown = progress(io)
  const path = `/clock-corrections/${id}`
  let left = waitSeconds
  let one = await client.get(path, Correction)
  while (one.ok && isOpen(one.value) && left > 0 && !io.signal.aborted) {
    shown.show(`correction ${id}: ${one.value.reason ?? one.value.state} …`)
    const held = Math.min(left, HELD_SECONDS)
    one = await client.get(`${path}?wait=${held}`, Correction)
    left -= held
  }
  shown.clear()
  return one
}

type Corrected = Static<typeof Correction>

const isOpen = ({ endedAt, state }: Corrected) => endedAt === null && state !== 'proposed'

/** Null for one that was proven. */
function failureOfCorrection(one: Corrected): CliFailure | null {
  const { id, address, state, reason, reasonCode, approvers, peopleNeeded } = one
  if (state === 'done') return null
  if (state === 'proposed') {
    return {
      exit: exitCodes.safeguard,
      code: 'clock.second-person',
      message: `${address}: ${approvers.length} of ${peopleNeeded} people stand behind it`,
      next: `somebody else: hes clock approve ${id}`,
    }
  }
  const code = reasonCode ?? `clock.${state}`
  const message = reason ?? 'nothing was heard of it yet'
  const failure = failureOf({ code, message, raw: noBytes }, address)
  if (!isOpen(one)) return failure
  return { ...failure, next: `it goes on: hes clock history ${one.device}; hes clock reject ${id}` }
}
