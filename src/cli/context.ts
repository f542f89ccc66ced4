import type { Command } from 'commander'
import type { LoadedSettings, SettingFlags, SettingKey } from '#src/config'
import type { CliActions, Run } from './actions.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import type { CliIo } from './io.ts'
import { progress, say } from './report.ts'

/** What every command is built with. */
export interface CliContext {
  readonly io: CliIo
  readonly actions: CliActions
  /** True where help was asked for: some of it takes time to gather. */
  readonly isHelp: boolean
  /** Runs a command's work when it is chosen and keeps its exit code. */
  runs<Arguments extends unknown[]>(
    work: (...parsed: Arguments) => Promise<ExitCode>,
  ): (...parsed: Arguments) => Promise<void>
}

/** Builds the options, arguments and examples of one command. */
export type BuildCommand = (command: Command, context: CliContext) => void | Promise<void>

/** A wrong call: says so and gives 2. */
export function wrongCall(io: CliIo, message: string, command: string): ExitCode {
  say(io, `hes: ${message}`)
  say(io, `     next: hes ${command} --help`)
  return exitCodes.usage
}

/** The settings, or null after every mistake in them was said; the exit code is then 2. */
export async function settingsOr2(
  io: CliIo,
  flags: SettingFlags = {},
): Promise<LoadedSettings | null> {
  const { loadSettings } = await import('#src/config')
  const loaded = loadSettings({ env: io.env, readFile: io.readFile, flags })
  if (loaded.ok) return loaded.value
  for (const mistake of loaded.error.mistakes) say(io, `hes: ${mistake}`)
  return null
}

/** Adds `--http-port` and its like for the settings a command uses. */
export async function addSettingOptions(
  command: Command,
  keys: readonly SettingKey[] | 'server',
): Promise<void> {
  const { explainSettings } = await import('#src/config')
  command.optionsGroup('Settings (also HES_… in the environment, or the file HES_CONFIG):')
  for (const row of explainSettings()) {
    const wanted = keys === 'server' ? row.group === 'server' : keys.includes(row.key)
    if (!wanted || row.flag === null) continue
    command.option(`${row.flag} <${row.takes}>`, `${row.meaning} (default: ${row.default})`)
  }
  command.optionsGroup('Options:')
}

/** Setting texts among a command's parsed options. */
export function settingFlags(
  options: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): SettingFlags {
  const given = keys.flatMap((key) => {
    const value = options[key]
    return typeof value === 'string' ? [[key, value] as const] : []
  })
  return Object.fromEntries(given)
}

/** What a piece of work gets of this command. */
export function runOf(io: CliIo, loaded: LoadedSettings): Run {
  const shown = progress(io)
  return {
    loaded,
    signal: io.signal,
    say: (text) => {
      shown.clear()
      say(io, text)
    },
    progress: (text) => shown.show(text),
  }
}
