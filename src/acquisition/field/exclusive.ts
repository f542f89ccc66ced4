import { createHash } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { join } from 'node:path'
import type { Channel, Dialer } from '#drivers/channel'
import { ok, type Result } from '#src/core'
import { type FileLock, lockFile } from '../gate/index.ts'
import type { FieldChannel } from './types.ts'

/** Keeps a channel for one process; the process that has it otherwise. */
export type LockChannel = (name: string) => Result<FileLock, number>

/** What the head-end and the bench of one machine call a channel, whatever name it was given. */
export async function exclusiveName(channel: FieldChannel): Promise<string> {
  if (channel.kind === 'serial') return `serial:${channel.path}`
  const { host, port } = channel
  const address = await lookup(host).catch(() => null)
  return `tcp:${address?.address ?? host.toLowerCase()}:${port}`
}

/** Locks between processes: two channels of one head-end may lead to the same place. */
export function channelLocks(dataDir: string): LockChannel {
  const held = new Map<string, { readonly lock: FileLock; users: number }>()
  return (name) => {
    const mine = held.get(name) ?? null
    const file = createHash('sha256').update(name).digest('hex').slice(0, 16)
    const lock = mine ? ok(mine.lock) : lockFile(join(dataDir, 'channels', `${file}.lock`))
    if (!lock.ok) return lock
    const holding = mine ?? { lock: lock.value, users: 0 }
    holding.users += 1
    held.set(name, holding)
    let isHeld = true
    return ok({
      release() {
        if (!isHeld) return
        isHeld = false
        holding.users -= 1
        if (holding.users > 0) return
        held.delete(name)
        holding.lock.release()
      },
    })
  }
}

/** A dialer whose channels nobody else on this machine has meanwhile; serial ports lock themselves. */
export function exclusiveDialer(
  dialer: Dialer,
  channel: FieldChannel,
  lockChannel: LockChannel,
): Dialer {
  return {
    name: dialer.name,
    async open(signal) {
      const name = await exclusiveName(channel)
      const lock = lockChannel(name)
      if (!lock.ok) {
        const message = `${name} is in use at the bench, by process ${lock.error}`
        return { ok: false, error: { code: 'transport.busy', message, retry: 'later' } }
      }
      const opened = await dialer.open(signal)
      if (!opened.ok) {
        lock.value.release()
        return opened
      }
      return { ok: true, value: new HeldChannel(opened.value, () => lock.value.release()) }
    },
  }
}

/** Gives its lock back when it ends, by us or by the other side. */
class HeldChannel implements Channel {
  readonly facts: Channel['facts']
  readonly #inner: Channel
  readonly #release: () => void

  constructor(inner: Channel, release: () => void) {
    this.facts = inner.facts
    this.#inner = inner
    this.#release = release
  }

  get failure(): Channel['failure'] {
    return this.#inner.failure
  }

  send(bytes: Uint8Array, signal: AbortSignal): ReturnType<Channel['send']> {
    return this.#inner.send(bytes, signal)
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#inner.bytes()
    } finally {
      this.#release()
    }
  }

  async close(): Promise<void> {
    await this.#inner.close()
    this.#release()
  }
}
