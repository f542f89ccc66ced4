import type { Command } from 'commander'
import { explainSettings } from '#src/config'
import type { CliActions } from '../actions.ts'
import { addSettingOptions, type CliContext, runOf, settingFlags, settingsOr2 } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { reportFailure } from '../report.ts'

const serveExamples = `
Examples:
  hes serve
  HES_DATABASE_URL=postgres://hes:secret@db/hes hes serve --role api
  HES_CONFIG=/etc/hes.yaml hes serve --http-host 0.0.0.0

The file HES_CONFIG is YAML with lines such as http_port: 8080 or
HES_HTTP_PORT: 8080. It yields to the environment, and that to flags.
`

const demoExamples = `
Examples:
  hes demo
  hes demo --demo-meters 20 --data-dir /tmp/second --http-port 8081 \\
      --dialin-port 9701 --mqtt-port 1884
`

export async function buildServe(command: Command, context: CliContext): Promise<void> {
  command.description('Run the head-end until Ctrl-C: all roles in one process by default.')
  await addSettingOptions(command, 'server')
  command.addHelpText('after', serveExamples).action(longRunning(context, 'serve'))
}

export async function buildDemo(command: Command, context: CliContext): Promise<void> {
  command.description(
    'Run a whole head-end until Ctrl-C: database, broker and a simulated field included.',
  )
  await addSettingOptions(command, 'server')
  command.addHelpText('after', demoExamples).action(longRunning(context, 'demo'))
}

function longRunning(context: CliContext, action: keyof Pick<CliActions, 'serve' | 'demo'>) {
  const { io, actions } = context
  return context.runs(async (options: Record<string, unknown>) => {
    const keys = explainSettings().map((row) => row.key)
    const loaded = await settingsOr2(io, settingFlags(options, keys))
    if (loaded === null) return exitCodes.usage
    const ended = await actions[action](runOf(io, loaded))
    return ended.ok ? exitCodes.done : reportFailure(io, ended.error)
  })
}
