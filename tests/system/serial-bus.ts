import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Face } from '#simulators/faces'

const SCRIPT = '/usr/bin/script'

/** Of util-linux, which nearly every Linux has: it makes terminals. */
export const canMakeBus = existsSync(SCRIPT)

export interface SerialBus {
  /** Of the port that a master opens. */
  readonly path: string
  stop(): Promise<void>
}

/**
 * Meters on a serial line: a pseudo-terminal of the kernel, whose far end they answer at. `script`
 * holds it open; what it runs only says which port it is, and keeps it raw.
 */
export async function serialBus(face: Face, now: () => number): Promise<SerialBus> {
  const hold = 'stty raw -echo && tty && exec sleep 600'
  const child = spawn(SCRIPT, ['-qfc', hold, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  child.stdin.on('error', () => {})
  const path = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.on('close', () => reject(new Error(`no terminal: ${said}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      const known = /(\/dev\/\S+)\s/.exec(said)
      if (known) {
        for (const answer of face.receive(Uint8Array.from(chunk), now())) {
          child.stdin.write(answer)
        }
        return
      }
      said += chunk.toString()
      const found = /(\/dev\/\S+)\s/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  return {
    path,
    async stop() {
      child.kill('SIGKILL')
      child.stdin.destroy()
      await ended
    },
  }
}
