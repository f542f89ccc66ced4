import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Counters that one process takes at a time; what it does not use of them is never used. */
const RUN = 256
/** As many as a short visit needs: fewer left, and a new run is taken before it begins. */
const ENOUGH = 64
const COUNTERS = 2 ** 32
const ATTEMPTS_MAX = 100

/** Invocation counters, none of them given twice on this machine. */
export interface CounterShelf {
  /** Sees to it that a visit may begin: some counters above `floor` are ours, and on the disk. */
  ready(name: string, floor: number): void
  /** The next counter above `floor` of what `name` stands for. */
  next(name: string, floor: number): number
}

interface Run {
  next: number
  readonly end: number
}

/**
 * A folder for each name, in which a file for each run of counters says that it is taken. A file
 * is made once or not at all, and on the disk before a counter of its run is used, so that neither
 * a crash nor a second process makes a counter come again.
 */
export function counterShelf(directory: string): CounterShelf {
  const runs = new Map<string, Run>()

  function runAbove(name: string, floor: number, wanted: number): Run {
    const run = runs.get(name)
    if (run) run.next = Math.max(run.next, floor + 1)
    if (run && run.next + wanted <= run.end) return run
    const taken = takeRun(join(directory, name), Math.floor((floor + wanted) / RUN))
    const begun = { next: Math.max(taken * RUN, floor + 1), end: (taken + 1) * RUN }
    runs.set(name, begun)
    return begun
  }

  return {
    ready: (name, floor) => void runAbove(name, floor, ENOUGH),
    next(name, floor) {
      const run = runAbove(name, floor, 1)
      return run.next++
    },
  }
}

/** The number of a run that was never taken, `first` or a later one. */
function takeRun(folder: string, first: number): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let run = Math.max(first, lastRun(folder) + 1)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if ((run + 1) * RUN > COUNTERS) break
    const isMade = made(join(folder, String(run)))
    const last = lastRun(folder)
    // A higher one may have come and cleared this number away before it was made again.
    if (isMade && last === run) {
      clearBelow(folder, run)
      return run
    }
    run = last + 1
  }
  throw new Error(`${folder}: no invocation counters are left for this key: it must be changed`)
}

/** False where another process made it before. */
function made(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600)
    fsyncSync(file)
    closeSync(file)
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (isThere) return false
    throw error
  }
  onDisk(join(path, '..'))
  return true
}

function onDisk(folder: string): void {
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function lastRun(folder: string): number {
  return Math.max(-1, ...runsIn(folder))
}

function clearBelow(folder: string, run: number): void {
  for (const old of runsIn(folder)) {
    if (old < run) rmSync(join(folder, String(old)), { force: true })
  }
}

function runsIn(folder: string): readonly number[] {
  return readdirSync(folder)
    .filter((name) => /^\d{1,8}$/.test(name))
    .map(Number)
}
