import fs from 'node:fs'
import { type CliFailure, exitCodes } from '#src/cli'
import type { LoadedSettings } from '#src/config'
import { fail, ok, type Result } from '#src/core'

/** The database, the API and files of the outbox: at the limit every open of a file fails. */
const OTHERS = 1_000

/** How many files this process may have open; null where nobody says. */
export function openFilesMax(): number | null {
  try {
    const limits = fs.readFileSync('/proc/self/limits', 'utf8')
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
    return soft === undefined ? null : Number(soft)
  } catch {
    // Only Linux has this file; elsewhere the limit shows when it is reached.
    return null
  }
}

/** Connections that leave files for the rest. More that a person asked for is their mistake. */
export function connectionsWithin(
  filesMax: number | null,
  { settings, sources }: Pick<LoadedSettings, 'settings' | 'sources'>,
): Result<number, CliFailure> {
  const { dialinConnectionsMax: wanted } = settings
  if (filesMax === null || wanted + OTHERS <= filesMax) return ok(wanted)
  if (sources.dialinConnectionsMax === 'default') return ok(Math.max(1, filesMax - OTHERS))
  return fail({
    exit: exitCodes.usage,
    code: 'setting.open-files',
    message: `HES_DIALIN_CONNECTIONS_MAX: ${wanted} connections need ${wanted + OTHERS} open files, and this process may have ${filesMax}`,
    next: `raise the limit (ulimit -n, LimitNOFILE) or ask for ${Math.max(1, filesMax - OTHERS)} at most`,
  })
}
