import { fail, ok, type Result } from '#src/core'
import { type CliFailure, exitCodes } from './exit.ts'

interface Kept {
  readonly id: number
  readonly name: string
}

/** Of what somebody keeps: by its number, or by its name among those that are seen. */
export function keptBy<One extends Kept>(
  name: string,
  kind: 'query' | 'list',
  listed: Result<{ readonly items: readonly One[] }, CliFailure>,
): Result<One, CliFailure> {
  if (!listed.ok) return listed
  const one = listed.value.items.find(({ id, name: own }) => own === name || String(id) === name)
  if (one) return ok(one)
  const code = kind === 'query' ? 'query.not-found' : 'watch-list.not-found'
  return fail({ exit: exitCodes.notFound, code, message: `no ${kind} is called ${name}` })
}
