import type { Static, TSchema } from '@sinclair/typebox'
import { parse } from 'csv-parse/sync'
import { fail, ok, type Result } from '#src/core'
import { fileText } from '#src/sheets'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import type { CliIo } from '../io.ts'

export interface Members {
  readonly kind: 'usagePoints' | 'accounts'
  readonly words: readonly string[]
}

const headings: Readonly<Record<string, Members['kind']>> = {
  usage_point: 'usagePoints',
  用电点: 'usagePoints',
  account: 'accounts',
  户号: 'accounts',
}

/** Who is meant: codes, accounts or a file of either; exactly one of them. */
export function membersOf(
  codes: string | undefined,
  { account, file }: { readonly account?: string; readonly file?: string },
  io: Pick<CliIo, 'readBytes'>,
): Result<Members, CliFailure> {
  const wordsOf = (text: string) => text.split(',').map((word) => word.trim())
  const given = [codes, account, file].filter((one) => one !== undefined)
  if (given.length !== 1) return wrong('name usage points, --account or --file: one of them')
  if (codes !== undefined) return ok({ kind: 'usagePoints', words: wordsOf(codes) })
  if (account !== undefined) return ok({ kind: 'accounts', words: wordsOf(account) })
  return membersIn(file ?? '', io)
}

function membersIn(file: string, io: Pick<CliIo, 'readBytes'>): Result<Members, CliFailure> {
  let rows: string[][]
  try {
    const text = fileText(io.readBytes(file))
    rows = parse(text, { bom: true, trim: true, relax_column_count: true, skip_empty_lines: true })
  } catch (error) {
    // The file is not there or is no CSV; who gave it is told which.
    return wrong(`${file} cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
  const [header = [], ...lines] = rows
  const place = header.findIndex((title) => title in headings)
  const kind = headings[header[place] ?? '']
  if (kind === undefined) {
    return wrong(`${file} has no column ${Object.keys(headings).join(', ')}`)
  }
  const blank = lines.findIndex((cells) => (cells[place] ?? '') === '')
  if (blank >= 0) return wrong(`${file}, row ${blank + 2}: ${header[place]} is blank`)
  const words = [...new Set(lines.map((cells) => cells[place] ?? ''))]
  return words.length === 0 ? wrong(`${file} has no rows`) : ok({ kind, words })
}

const wrong = (message: string) =>
  fail({ exit: exitCodes.usage, code: 'usage-group.unreadable', message })

/** What one call takes. */
const AT_ONCE = 10_000

/** Call by call; one that is refused says how many were listed before it. */
export async function listAll<S extends TSchema>(
  client: HeadEndClient,
  path: string,
  { kind, words }: Members,
  { from }: { readonly from?: string },
  schema: S,
): Promise<Result<Static<S>, CliFailure>> {
  for (let first = 0; ; first += AT_ONCE) {
    const body = { [kind]: words.slice(first, first + AT_ONCE), ...(from && { from }) }
    const done = await client.post(path, body, schema)
    if (done.ok && first + AT_ONCE >= words.length) return done
    if (!done.ok && first === 0) return done
    if (!done.ok) {
      const message = `${done.error.message} (the first ${first} of ${words.length} are listed)`
      return fail({ ...done.error, message })
    }
  }
}
