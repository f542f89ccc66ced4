import type { Static, TSchema } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { Result } from '#src/core'
import { addSettingOptions, type CliContext, settingFlags, settingsOr2 } from './context.ts'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
import { HeadEndClient } from './head-end-client.ts'
import { printJson, reportFailure } from './report.ts'

const clientKeys = ['server', 'token', 'username'] as const

/** What every command of a running head-end takes. */
export interface OnlineFlags {
  readonly json?: true
  readonly server?: string
  readonly token?: string
  readonly username?: string
}

/** A verb of a command that works through a running head-end. */
export async function onlineVerb(
  command: Command,
  name: string,
  summary: string,
): Promise<Command> {
  const made = command.command(name).description(summary)
  made.option('--json', 'one JSON document on stdout')
  await addSettingOptions(made, clientKeys)
  return made
}

/** Asks the head-end once and prints what it says: as JSON, or as `show` puts it. */
export async function online<S extends TSchema>(
  flags: OnlineFlags,
  { io }: Pick<CliContext, 'io'>,
  task: (client: HeadEndClient) => Promise<Result<Static<S>, CliFailure>>,
  show: (answer: Static<S>) => string | Promise<string>,
): Promise<ExitCode> {
  const client = await clientFor(flags, io)
  if (typeof client === 'number') return client
  const answer = await task(client)
  if (!answer.ok) return reportFailure(io, bySafeguard(answer.error))
  if (flags.json) printJson(io, answer.value)
  else io.stdout.write(await show(answer.value))
  return exitCodes.done
}

/** Signed in to the head-end; the exit code where that cannot be. */
export async function clientFor(
  flags: OnlineFlags,
  io: CliContext['io'],
): Promise<HeadEndClient | ExitCode> {
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, clientKeys))
  if (loaded === null) return exitCodes.usage
  const client = new HeadEndClient(loaded.settings, fetch, io.signal)
  const signed = await client.signIn(loaded.settings)
  return signed.ok ? client : reportFailure(io, signed.error)
}

/** Refusals of a rule, not of the call. */
const safeguards: ReadonlySet<string> = new Set([
  'server.second-person',
  'server.not-now',
  'server.not-allowed',
])

/** A refusal of a rule ends with its own code. */
export function bySafeguard(failure: CliFailure): CliFailure {
  return safeguards.has(failure.code) ? { ...failure, exit: exitCodes.safeguard } : failure
}
