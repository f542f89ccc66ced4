import { userInfo } from 'node:os'
import {
  type CliFailure,
  exitCodes,
  type PasswordIsReset,
  type PasswordReset,
  type Run,
} from '#src/cli'
import { fail, ok, type Result, systemClock } from '#src/core'
import { createAudit, createIdentity, productionCost, scryptPasswords } from '#src/identity'
import { withSchema } from './storage.ts'

/** `hes user reset-password`: on the database itself, for whoever has the machine. */
export function resetPassword(
  { name, password }: PasswordReset,
  run: Run,
): Promise<Result<PasswordIsReset, CliFailure>> {
  return withSchema(run, async (db) => {
    const clock = systemClock
    const audit = createAudit(db, clock)
    const identity = createIdentity({ db, clock, passwords: scryptPasswords(productionCost) })
    const reset = await identity.resetPassword(name, password, (tx, { target }) =>
      audit.recordIn(tx, {
        actor: 'system',
        action: 'user.reset-password',
        target,
        outcome: 'done',
        detail: { by: userInfo().username },
        remote: 'local',
        requestId: '',
      }),
    )
    if (reset.ok) return ok({ username: reset.value.user.username, password: reset.value.password })
    return fail(failures[reset.error](name))
  })
}

const failures: Readonly<
  Record<'not-found' | 'weak-password' | 'busy', (name: string) => CliFailure>
> = {
  'not-found': (name) => ({
    exit: exitCodes.notFound,
    code: 'user.not-found',
    message: `nobody signs in as ${name}`,
    next: 'the first user is admin',
  }),
  'weak-password': () => ({
    exit: exitCodes.usage,
    code: 'user.weak-password',
    message: 'the password is too easy to guess',
    next: 'take at least ten characters, four of them different, and not the name',
  }),
  busy: () => ({ exit: exitCodes.failed, code: 'user.busy', message: 'try again' }),
}
