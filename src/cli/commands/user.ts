import type { Command } from 'commander'
import { addSettingOptions, type CliContext, runOf, settingFlags, settingsOr2 } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { printJson, reportFailure } from '../report.ts'
import { addContacts } from './user-contact.ts'

const keys = ['databaseUrl', 'dataDir'] as const
/** A longer one is a file that was piped in by mistake. */
const PASSWORD_BYTES_MAX = 1_024

const userExamples = `
Examples:
  hes user ls
  hes user contact wang --telephone 13800000001 --locale zh
  hes user reset-password admin
`

const resetExamples = `
Examples:
  hes user reset-password admin
  hes user reset-password admin --password-stdin < new-password.txt
  HES_DATABASE_URL=postgres://hes:secret@db/hes hes user reset-password admin

For whoever has the machine of the head-end and no password. It works on the
database itself: on a server at any time, on an embedded one while the head-end
is stopped. Without --password-stdin a password is made and printed once. Every
session of the person ends, and the audit trail says what was done.
`

interface Options extends Record<string, unknown> {
  readonly passwordStdin?: true
  readonly json?: true
}

export async function buildUser(command: Command, context: CliContext): Promise<void> {
  command
    .description('People: how they are reached, and a way back in.')
    .addHelpText('after', userExamples)
  const reset = command
    .command('reset-password')
    .argument('<NAME>', 'who signs in with it')
    .description('Give a person another password, on the machine of the head-end.')
    .option('--password-stdin', 'read the password from stdin instead of making one')
    .option('--json', 'one JSON document on stdout')
  await addSettingOptions(reset, keys)
  reset
    .addHelpText('after', resetExamples)
    .action(context.runs((name: string, options: Options) => resetPassword(name, options, context)))
  await addContacts(command, context)
}

async function resetPassword(
  name: string,
  options: Options,
  { io, actions }: CliContext,
): Promise<ExitCode> {
  const loaded = await settingsOr2(io, settingFlags(options, keys))
  if (loaded === null) return exitCodes.usage
  const given = options.passwordStdin === true ? await passwordIn(io) : null
  const done = await actions.resetPassword({ name, password: given }, runOf(io, loaded))
  if (!done.ok) return reportFailure(io, done.error)
  const { username, password } = done.value
  if (options.json) printJson(io, { username, password })
  else if (password === null) io.stdout.write(`the password of ${username} was changed\n`)
  else io.stdout.write(`the password of ${username} is ${password} (shown this once)\n`)
  return exitCodes.done
}

/** The first line, as far as a password can go. */
async function passwordIn(io: CliIo): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of io.stdin.chunks()) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('\n') || text.length > PASSWORD_BYTES_MAX) break
  }
  return text.split(/\r?\n/)[0] ?? ''
}
