import type { Command } from 'commander'
import { addSettingOptions, type CliContext, runOf, settingFlags, settingsOr2 } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { printJson, reportFailure } from '../report.ts'

const examples = `
Examples:
  hes migrate
  hes migrate --status
  HES_DATABASE_URL=postgres://hes:secret@db/hes hes migrate --json

Safe to run from several nodes at once. --status changes nothing and exits 1
while migrations are pending.
`

const keys = ['databaseUrl', 'dataDir'] as const

export async function buildMigrate(command: Command, context: CliContext): Promise<void> {
  const { io, actions } = context
  command
    .description('Bring a database up to date.')
    .option('--status', 'only say which migrations are applied and which are pending')
    .option('--json', 'one JSON document on stdout')
  await addSettingOptions(command, keys)
  command.addHelpText('after', examples).action(
    context.runs(async (options: { status?: true; json?: true } & Record<string, unknown>) => {
      const loaded = await settingsOr2(io, settingFlags(options, keys))
      if (loaded === null) return exitCodes.usage
      const run = runOf(io, loaded)
      const done = options.status ? await actions.migrationStatus(run) : await actions.migrate(run)
      if (!done.ok) return reportFailure(io, done.error)
      const { applied, pending } = done.value
      if (options.json) printJson(io, { applied, pending })
      else {
        for (const name of applied) io.stdout.write(`applied  ${name}\n`)
        for (const name of pending) io.stdout.write(`pending  ${name}\n`)
        if (applied.length + pending.length === 0) io.stdout.write('up to date\n')
      }
      return pending.length === 0 ? exitCodes.done : exitCodes.failed
    }),
  )
}
