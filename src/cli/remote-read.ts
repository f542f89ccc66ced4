import { type Static, Type } from '@sinclair/typebox'
import { fail, ok, type Result } from '#src/core'
import { failureOf } from './bench-failure.ts'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
import { readingColumns } from './frame-view.ts'
import { type Fetch, HeadEndClient, type RemoteTask } from './head-end-client.ts'
import type { CliIo } from './io.ts'
import type { ReadTask } from './read-task.ts'
import { printJson, progress, reportFailure } from './report.ts'
import { renderTable } from './table.ts'

/** Longest that the server holds a question for the end of a read. */
const WAIT_SECONDS = 20
/** A read behind a slow line and a long queue; after that its end is looked up by hand. */
const LOOKS_MAX = 15

const MeterPage = Type.Object({ items: Type.Array(Type.Object({ id: Type.Integer() })) })
const textOrNull = Type.Union([Type.String(), Type.Null()])
const RemoteRead = Type.Object({
  id: Type.String(),
  requestedAt: Type.String(),
  finishedAt: textOrNull,
  items: Type.Array(
    Type.Object({
      item: Type.String(),
      state: Type.String(),
      answeredAt: textOrNull,
      readings: Type.Array(
        Type.Object({
          register: textOrNull,
          name: Type.String(),
          value: textOrNull,
          unit: Type.String(),
          at: textOrNull,
          flag: textOrNull,
        }),
      ),
      reason: Type.Union([
        Type.Object({ code: Type.String(), message: Type.String() }),
        Type.Null(),
      ]),
    }),
  ),
})

export type RemoteRead = Static<typeof RemoteRead>
type RemoteReading = RemoteRead['items'][number]['readings'][number]

/** Asks a device behind a concentrator through a running head-end, ahead of its periodic polls. */
export async function readThroughServer(
  io: CliIo,
  task: ReadTask,
  concentrator: string,
  fetch: Fetch,
): Promise<ExitCode> {
  const shown = progress(io)
  shown.show(`asking ${task.settings.server} …`)
  const clock = await io.clock()
  const askedAt = clock.now()
  const remote = { settings: task.settings, fetch, signal: io.signal }
  const read = await readRemotely(remote, { ...task, concentrator })
  const roundTripMs = clock.now() - askedAt
  shown.clear()
  if (!read.ok) return reportFailure(io, read.error)
  const answered = read.value.items.filter((item) => item.state === 'answered')
  const readings = answered.flatMap((item) =>
    item.readings.map((reading) => ({ ...reading, item: item.item })),
  )
  await printReadings(io, readings, task, roundTripMs)
  const exits = read.value.items.flatMap((item) => {
    if (item.reason === null) return []
    const failure = { ...item.reason, raw: new Uint8Array(0) }
    return [reportFailure(io, failureOf(failure, `${task.device.address} ${item.item}`))]
  })
  const [first] = exits
  if (first === undefined) return exitCodes.done
  return answered.length > 0 ? exitCodes.failed : first
}

export interface RemoteQuestion extends Pick<ReadTask, 'device' | 'protocol' | 'items'> {
  readonly concentrator: string
}

/** Asks through the head-end and follows the read to its end. */
export async function readRemotely(
  { settings, fetch, signal }: RemoteTask,
  { concentrator, device, protocol, items }: RemoteQuestion,
): Promise<Result<RemoteRead, CliFailure>> {
  const client = new HeadEndClient(settings, fetch, signal)
  const signed = await client.signIn(settings)
  if (!signed.ok) return signed
  const { address } = device
  const query = new URLSearchParams({ concentrator, address, protocol })
  const meters = await client.get(`/meters?${query}`, MeterPage)
  if (!meters.ok) return meters
  const [meter] = meters.value.items
  if (meter === undefined) return fail(unknownMeter(address, concentrator))
  let read = await client.post('/reads', { devices: [meter.id], items }, RemoteRead)
  for (let looks = 0; read.ok && read.value.finishedAt === null && looks < LOOKS_MAX; looks++) {
    read = await client.get(`/reads/${read.value.id}?wait=${WAIT_SECONDS}`, RemoteRead)
  }
  if (read.ok && read.value.finishedAt === null) return fail(unfinished(read.value.id))
  return read.ok ? ok(read.value) : read
}

function unknownMeter(address: string, concentrator: string): CliFailure {
  return {
    exit: exitCodes.notFound,
    code: 'server.meter-not-found',
    message: `the head-end knows no meter ${address} behind ${concentrator}`,
    next: 'check both addresses; hes import archive adds meters',
  }
}

function unfinished(id: string): CliFailure {
  return {
    exit: exitCodes.noAnswer,
    code: 'server.read-unfinished',
    message: 'the read has not ended yet',
    next: `look later at GET /api/v1/reads/${id}`,
  }
}

async function printReadings(
  io: CliIo,
  readings: readonly (RemoteReading & { readonly item: string })[],
  task: ReadTask,
  roundTripMs: number,
): Promise<void> {
  if (task.json) {
    for (const { register, name, value, unit, at, flag, item } of readings) {
      printJson(io, {
        device: task.device.address,
        register,
        name,
        value,
        unit,
        at,
        ...(flag === null ? {} : { flag }),
        ...(register === null ? { dataId: item } : {}),
        protocol: task.protocol,
        roundTripMs,
      })
    }
  } else if (readings.length > 0) {
    const rows = readings.map(({ register, name, value, unit, at, flag, item }) => [
      register ?? item,
      name,
      value ?? `(${flag ?? 'absent'})`,
      unit,
      at ?? '',
    ])
    io.stdout.write(await renderTable(readingColumns, rows))
  }
}
