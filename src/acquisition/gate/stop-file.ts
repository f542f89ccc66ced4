import { lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Its being there stops every trip from this machine, whatever it holds. */
const NAME = 'TRIP_STOP'
/** What the product writes into it; a file of anybody else is theirs to take away. */
const OURS = 'written by hes: trips are stopped; hes trip resume takes this away\n'

/** The stop that needs no database, no network and no sign-in: `touch TRIP_STOP`. */
export interface StopFile {
  readonly path: string
  /** True also where nobody can tell: an unreadable folder is no leave to cut supply. */
  pressed(): boolean
  /** False where it cannot be written. */
  press(): boolean
  /** Takes away what the product wrote; false where a person's file stays. */
  release(): boolean
}

export function stopFile(dataDir: string): StopFile {
  const path = join(dataDir, NAME)
  return {
    path,
    pressed() {
      try {
        if (!statSync(dataDir).isDirectory()) return true
        return isThere(path)
      } catch {
        // No right to look, no folder, a broken disk: then it counts as pressed.
        return true
      }
    },
    press() {
      try {
        writeFileSync(path, OURS, { flag: 'wx', flush: true })
        return true
      } catch (error) {
        return error instanceof Error && Reflect.get(error, 'code') === 'EEXIST'
      }
    },
    release() {
      if (!isThere(path)) return true
      if (readFileSync(path, 'utf8') !== OURS) return false
      rmSync(path, { force: true })
      return true
    },
  }
}

/** Also a link that leads nowhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
