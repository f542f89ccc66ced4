import { Type } from '@sinclair/typebox'
import { failureOf } from './bench-failure.ts'
import type { CliFailure, ExitCode } from './exit.ts'
import type { RemoteTask } from './head-end-client.ts'
import { dataOf, remoteChannel } from './remote-channel.ts'
import type { ScanReport } from './scan-report.ts'

const textOrNull = Type.Union([Type.String(), Type.Null()])
const Found = Type.Object({
  address: Type.String(),
  register: textOrNull,
  value: textOrNull,
  unit: textOrNull,
  roundTripMs: Type.Number(),
})
const Trying = Type.Object({ text: Type.String() })
const End = Type.Object({
  failure: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
})

/** Searches the channel of a concentrator through the head-end that holds it. */
export async function scanThroughServer(
  task: RemoteTask,
  concentrator: string,
  report: ScanReport,
): Promise<ExitCode> {
  const channel = await remoteChannel(task, concentrator)
  if (!channel.ok) return report.end(channel.error)
  const { client, path } = channel.value
  const events = await client.stream(`${path}/scan`, { protocol: 'dlt645-2007' })
  if (!events.ok) return report.end(events.error)
  try {
    for await (const { event, data } of events.value) {
      const found = event === 'found' ? dataOf(Found, data) : null
      if (found !== null) report.found(found)
      const trying = event === 'trying' ? dataOf(Trying, data) : null
      if (trying !== null) report.trying(trying.text)
      if (event === 'end') return await report.end(failureIn(data, concentrator))
    }
  } catch (error) {
    return report.end(task.signal.aborted ? null : client.lost(error))
  }
  return report.end(client.lost(new Error('the stream ended before the search did')))
}

function failureIn(data: unknown, concentrator: string): CliFailure | null {
  const end = dataOf(End, data)
  if (end?.failure === null) return null
  const unknown = { code: 'transport.closed', message: 'the head-end ended the search' }
  return failureOf({ ...(end?.failure ?? unknown), raw: new Uint8Array(0) }, concentrator)
}
