import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { vi } from 'vitest'
import type { Program } from './program.ts'
import { patience, start, testFolder } from './support.ts'

/** A cable between two serial ports; `-r FILE` and `-R FILE` copy what goes either way. */
export async function cable(copies: readonly string[] = []): Promise<Cable> {
  const folder = testFolder()
  const left = path.join(folder, 'left')
  const right = path.join(folder, 'right')
  const socat = start('/usr/bin/socat', [
    ...['-d', '-d', ...copies],
    ...[`pty,rawer,link=${left}`, `pty,rawer,link=${right}`],
  ])
  await socat.says(/starting data transfer loop/)
  return { left, right, socat }
}

export interface Cable {
  readonly left: string
  readonly right: string
  readonly socat: Program
}

/** Waits until a program has a serial port open: it says nothing of that itself. */
export async function opened(program: Program, port: string): Promise<void> {
  const held = () => filesOf(program.pid).includes(realpathSync(port))
  await vi.waitUntil(held, patience)
}

/** Files that a process has open, as Linux lists them. */
function filesOf(pid: number | undefined): readonly string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((file) => {
    try {
      return [readlinkSync(path.join(folder, file))]
    } catch {
      // Closed since it was listed.
      return []
    }
  })
}
