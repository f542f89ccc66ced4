import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Instant, instant } from '#src/core'
import { budgetMemory, type Cut } from './budgets.ts'
import { lockFile } from './file-lock.ts'
import type { GateRecord } from './judge.ts'
import type { Asked, GateLedger, JournalEntry } from './ledger.ts'

/**
 * The ledger of bench work (现场调试): a file of JSON lines on this machine, each on the disk before
 * its frame leaves. Working at a bench is a choice of its own, so it needs no arming; budgets, the
 * permit's single use and the file TRIP_STOP hold as everywhere.
 */
export function fileLedger(path: string): GateLedger {
  return {
    async decide(asked, judge) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const lock = lockFile(`${path}.lock`)
      if (!lock.ok) throw new Error(`${path} is in use by process ${lock.error}`)
      try {
        const reasons = judge(recordOf(linesOf(path), asked))
        const outcome = reasons.map(({ code }) => code)
        append(path, {
          event: outcome.length === 0 ? 'passed' : 'refused',
          ...lineOf(asked),
          outcome,
        })
        return reasons
      } finally {
        lock.value.release()
      }
    },
    async ended(entry, outcome) {
      append(path, { event: 'ended', ...lineOf(entry), outcome: [outcome] })
    },
    epoch: async () => 0,
  }
}

interface Used {
  readonly permitId: string
  readonly at: Instant
  readonly via: string
  readonly cuts: boolean
}

function recordOf(used: readonly Used[], { permit, at }: Asked): GateRecord {
  const since = at - budgetMemory
  const cuts = used
    .filter((one) => one.cuts && one.at > since)
    .map(({ at, via }): Cut => ({ at, via }))
  return {
    armed: true,
    stopped: false,
    epoch: 0,
    used: used.some(({ permitId }) => permitId === permit?.id),
    cuts,
    fleet: 0,
  }
}

function lineOf(entry: JournalEntry & { readonly cuts?: boolean }): object {
  const { permit, ...rest } = entry
  const { seal: _seal, ...terms } = permit ?? { seal: '' }
  return { ...rest, permit: permit ? terms : null }
}

/** Frames that left. A line that a crash cut off was not on the disk, so its frame never left. */
function linesOf(path: string): readonly Used[] {
  return textOf(path)
    .split('\n')
    .flatMap((line) => {
      const entry = parsed(line)
      if (entry === undefined) return []
      if (!isLine(entry)) throw new Error(`${path} holds a line that is not of the journal`)
      const { event, permit, at, via, cuts } = entry
      if (event !== 'passed' || permit === null) return []
      return [{ permitId: permit.id, at: instant(at), via, cuts: cuts === true }]
    })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Empty or cut off.
    return undefined
  }
}

interface Line {
  readonly event: string
  readonly at: number
  readonly via: string
  readonly cuts?: unknown
  readonly permit: { readonly id: string } | null
}

function isLine(entry: unknown): entry is Line {
  if (typeof entry !== 'object' || entry === null) return false
  const typeOf = (key: keyof Line) => typeof Reflect.get(entry, key)
  const permit: unknown = Reflect.get(entry, 'permit')
  const isPermit =
    permit === null || (typeof permit === 'object' && typeof Reflect.get(permit, 'id') === 'string')
  const isEvent = typeOf('event') === 'string' && typeOf('at') === 'number'
  return isEvent && typeOf('via') === 'string' && isPermit
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return ''
    throw error
  }
}

function append(path: string, line: object): void {
  const file = openSync(path, 'a', 0o600)
  try {
    // A line that was cut off by a crash must not swallow this one.
    const text = textOf(path)
    const begin = text === '' || text.endsWith('\n') ? '' : '\n'
    writeSync(file, `${begin}${JSON.stringify(line)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
