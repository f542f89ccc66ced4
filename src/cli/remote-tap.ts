import { Type } from '@sinclair/typebox'
import { fromHex } from '#protocols/bytes'
import type { FieldFailure, Tap } from '#src/acquisition/field'
import { ok, type Result } from '#src/core'
import type { ServerEvent } from './event-source.ts'
import type { CliFailure } from './exit.ts'
import type { RemoteTask } from './head-end-client.ts'
import { dataOf, remoteChannel } from './remote-channel.ts'

const Open = Type.Object({ channel: Type.String(), online: Type.Boolean() })
const Bytes = Type.Object({ hex: Type.String() })
const End = Type.Object({ reason: Type.String() })

/** Listens to the channel of a concentrator through the head-end that holds it. */
export async function openRemoteTap(
  task: RemoteTask,
  concentrator: string,
  say: (text: string) => void,
): Promise<Result<Tap, CliFailure>> {
  const stop = new AbortController()
  const signal = AbortSignal.any([task.signal, stop.signal])
  const channel = await remoteChannel({ ...task, signal }, concentrator)
  if (!channel.ok) return channel
  const { client, path } = channel.value
  const events = await client.stream(`${path}/frames`)
  if (!events.ok) return events
  let failure: FieldFailure | null = null
  const failed = (message: string) => {
    failure = { code: 'transport.closed', message, raw: new Uint8Array(0) }
  }
  return ok({
    name: concentrator,
    async *bytes() {
      try {
        for await (const event of events.value) {
          if (event.event === 'end') return failed(`the head-end ended it: ${reasonIn(event)}`)
          const opened = event.event === 'open' ? dataOf(Open, event.data) : null
          if (opened?.online === false) say(`${concentrator} is not connected; waiting for it`)
          const passed = event.event === 'bytes' ? dataOf(Bytes, event.data) : null
          const bytes = fromHex(passed?.hex ?? '')
          if (bytes !== undefined && bytes.length > 0) yield bytes
        }
        if (!signal.aborted) failed('the head-end closed the stream')
      } catch (error) {
        // Stopping the command breaks the stream off as well; only then is it no failure.
        if (!signal.aborted) failed(client.lost(error).message)
      }
    },
    failure: () => failure,
    close: async () => stop.abort(),
  })
}

function reasonIn({ data }: ServerEvent): string {
  return dataOf(End, data)?.reason ?? 'it did not say why'
}
