import type { Command } from 'commander'
import { explainSettings, viewSettings } from '#src/config'
import { addSettingOptions, type CliContext, runOf, settingFlags, settingsOr2 } from '../context.ts'
import { checkInstallation, type Finding, registerMapFile } from '../doctor-checks.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { printJson, progress } from '../report.ts'
import { renderTable, wrap } from '../table.ts'

const examples = `
Examples:
  hes doctor
  hes doctor --json
  hes doctor --settings          every setting, where its value is from
  hes doctor --profile pump.yaml a register map of your own, all its mistakes
  HES_DATABASE_URL=postgres://hes:secret@db/hes hes doctor

Exit code 1 when a check failed, 3 when a named file is not there; warnings
alone are 0.
`

type Options = {
  readonly json?: true
  readonly settings?: true
  readonly profile?: readonly string[]
} & Readonly<Record<string, unknown>>

export async function buildDoctor(command: Command, context: CliContext): Promise<void> {
  command
    .description('Check settings, database, broker, ports and clock, and say what to do.')
    .option('--settings', 'show every setting instead, its value and what is allowed')
    .option('--profile <PATH...>', 'check only these files of Modbus register maps')
    .option('--json', 'one JSON document on stdout')
  await addSettingOptions(command, 'server')
  command
    .addHelpText('after', examples)
    .action(context.runs((options: Options) => doctorCommand(options, context)))
}

async function doctorCommand(options: Options, context: CliContext): Promise<ExitCode> {
  if (options.profile) return checkMaps(options.profile, options, context)
  const { io, actions } = context
  const keys = explainSettings().map((row) => row.key)
  const loaded = await settingsOr2(io, settingFlags(options, keys))
  if (loaded === null) return exitCodes.usage
  if (options.settings) {
    const rows = viewSettings(loaded)
    if (options.json) printJson(io, rows)
    else {
      const columns = [{ title: 'SETTING' }, { title: 'VALUE' }, { title: 'FROM' }]
      const cells = rows.map(({ name, value, source }) => [name, String(value ?? '-'), source])
      io.stdout.write(await renderTable(columns, cells))
    }
    return exitCodes.done
  }
  const shown = progress(io)
  const inspection = await actions.inspect(runOf(io, loaded))
  const findings: Finding[] = []
  for await (const finding of checkInstallation(loaded.settings, inspection, shown.show)) {
    findings.push(finding)
    shown.clear()
    if (!options.json) io.stdout.write(findingText(finding))
  }
  shown.clear()
  return conclude(findings, options, io)
}

/** Looks at nothing but these files; needs no settings. */
async function checkMaps(
  paths: readonly string[],
  options: Options,
  { io, actions }: CliContext,
): Promise<ExitCode> {
  const findings: Finding[] = []
  let missing = 0
  for (const path of paths) {
    const read = await actions.lintRegisterMap(path)
    if (!read.ok && read.error.kind === 'unreadable') missing++
    const finding = registerMapFile(path, read)
    findings.push(finding)
    if (!options.json) io.stdout.write(findingText(finding))
  }
  const exit = conclude(findings, options, io)
  const isOnlyMissing = missing > 0 && findings.filter(hasFailed).length === missing
  return isOnlyMissing ? exitCodes.notFound : exit
}

function conclude(findings: readonly Finding[], { json }: Options, io: CliIo): ExitCode {
  const failed = findings.filter(hasFailed).length
  const warned = findings.filter((finding) => finding.status === 'warn').length
  if (json) printJson(io, { ok: failed === 0, checks: findings })
  else io.stdout.write(`\n${findings.length} checks: ${failed} failed, ${warned} warnings\n`)
  return failed === 0 ? exitCodes.done : exitCodes.failed
}

function hasFailed({ status }: Finding): boolean {
  return status === 'fail'
}

const marks = { ok: 'OK  ', warn: 'WARN', fail: 'FAIL' } as const

function findingText({ name, status, message, advice, mistakes = [] }: Finding): string {
  const head = [`${marks[status]}  ${name.padEnd(15)} ${message}\n`]
    .concat(mistakes.map((mistake) => `      ${mistake}\n`))
    .join('')
  return advice === null ? head : `${head}${' '.repeat(22)}${wrap(advice, 78, ' '.repeat(22))}\n`
}
