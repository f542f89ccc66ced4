import { ByteQueue } from './byte-queue.ts'
import type { Channel } from './channel.ts'

const HELD_BYTES_MAX = 65_536

/** `bytes()` of a channel that has `hear()`; it is closed if whoever iterates stops reading. */
export function heardBytes(
  channel: Pick<Channel, 'close'> & Required<Pick<Channel, 'hear'>>,
): AsyncIterable<Uint8Array> {
  const queue = new ByteQueue(HELD_BYTES_MAX)
  const take = (chunk: Uint8Array) => {
    if (!queue.push(chunk)) void channel.close()
  }
  void channel.hear(take).then(() => queue.end())
  return queue
}
