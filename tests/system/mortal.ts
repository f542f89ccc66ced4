import { systemClock } from '#src/core'
import { openDatabase } from '#src/db'
import { type ArchiveRow, createRegistry } from '#src/registry'
import { migratedFolder } from '#tests/support'
import { type Api, signIn } from './api.ts'
import { type Running, startHes } from './process.ts'
import { freePorts, PASSWORD } from './world.ts'

/** A head-end in a process of its own, which can be killed and started again over its data. */
export interface Mortal {
  start(): Promise<Api>
  /** At once, in the middle of anything. */
  kill(): Promise<void>
  remove(): void
}

export async function mortalHeadEnd(rows: readonly ArchiveRow[]): Promise<Mortal> {
  const folder = await migratedFolder()
  const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
  if (!opened.ok) throw new Error(opened.error.message)
  const entered = await createRegistry(opened.value, systemClock).importArchive(rows)
  await opened.value.close()
  if (!entered.ok) throw new Error(entered.error.map(({ message }) => message).join('\n'))
  let hes: Running | null = null
  return {
    async start() {
      const own = startHes(['serve'], { ...freePorts, HES_DATA_DIR: folder.path })
      hes = own
      const [, url = ''] = await own.told(/running at (\S+)/)
      return await signIn(url, PASSWORD)
    },
    async kill() {
      hes?.kill('SIGKILL')
      await hes?.ended
    },
    remove() {
      hes?.kill('SIGKILL')
      folder.remove()
    },
  }
}
