import { systemRandom } from '#src/core'
import type { OutboxFiles } from '#src/outbox'

/**
 * A disk that forgets what was not synced when its process is killed, but for a torn beginning:
 * killing a process alone would leave all that it ever wrote. `late` answers a sync before it is
 * one, as a disk that lies does.
 */
export function forgetfulFiles(files: OutboxFiles, isLate: boolean): OutboxFiles {
  return {
    ...files,
    async create(name) {
      const file = await files.create(name)
      let held: Uint8Array[] = []
      const write = async () => {
        const bytes = Buffer.concat(held)
        held = []
        await file.append(bytes)
        await file.sync()
      }
      return {
        async append(bytes) {
          const torn = held.length > 0 ? 0 : Math.floor(systemRandom.next() * bytes.length)
          await file.append(bytes.subarray(0, torn))
          held.push(bytes.subarray(torn))
        },
        async sync() {
          if (isLate && held.length < LATE_PIECES) return
          await write()
        },
        async close() {
          if (isLate && held.length > 0) await write()
          await file.close()
        },
      }
    },
  }
}

/** Appended pieces that a lying disk keeps to itself. */
const LATE_PIECES = 4
