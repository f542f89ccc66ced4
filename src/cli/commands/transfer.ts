import type { Command } from 'commander'
import type { CliActions, TransferReport } from '../actions.ts'
import { addSettingOptions, type CliContext, runOf, settingFlags, settingsOr2 } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { printJson, reportFailure } from '../report.ts'
import { renderTable } from '../table.ts'
import { addExportCollection } from './export-collection.ts'
import { addExportLoss } from './export-loss.ts'
import { addExportUsage } from './export-usage.ts'
import { addImportFiles } from './import-files.ts'

const keys = ['databaseUrl', 'dataDir'] as const

const exportExamples = `
Examples:
  hes export all ./backup
  hes export all ./backup --data-dir /var/lib/hes
  hes export collection --date 2026-11-21 > morning.csv
  hes export line-loss --scope feeder --month 2026-10 --output feeders.xlsx
`

const importExamples = `
Examples:
  hes import archive meters.csv
  HES_DATABASE_URL=postgres://hes:secret@db/hes hes import all ./backup
`

type Options = { readonly json?: true } & Readonly<Record<string, unknown>>

export async function buildExport(command: Command, context: CliContext): Promise<void> {
  command.description('Write data out of the database.').addHelpText('after', exportExamples)
  const all = command
    .command('all')
    .description('Write everything to a folder, to be read by hes import all. Resumable.')
    .argument('<DIR>', 'folder to write to; made if it is not there')
  await addTransfer(all, context, 'exportAll', exportExamples)
  await addExportCollection(command, context)
  await addExportLoss(command, context)
  await addExportUsage(command, context)
}

export async function buildImport(command: Command, context: CliContext): Promise<void> {
  command.description('Take data into the database.').addHelpText('after', importExamples)
  const all = command
    .command('all')
    .description('Take in what hes export all wrote. Resumable; counts and hashes compared.')
    .argument('<DIR>', 'folder that hes export all wrote')
  await addTransfer(all, context, 'importAll', importExamples)
  await addImportFiles(command, context)
}

async function addTransfer(
  command: Command,
  context: CliContext,
  action: keyof Pick<CliActions, 'exportAll' | 'importAll'>,
  examples: string,
): Promise<void> {
  const { io, actions } = context
  command.option('--json', 'one JSON document on stdout')
  await addSettingOptions(command, keys)
  command.addHelpText('after', examples).action(
    context.runs(async (directory: string, options: Options) => {
      const loaded = await settingsOr2(io, settingFlags(options, keys))
      if (loaded === null) return exitCodes.usage
      const run = runOf(io, loaded)
      const done = await actions[action](directory, run)
      if (!done.ok) return reportFailure(io, done.error)
      return printTransfer(io, done.value, options.json === true)
    }),
  )
}

async function printTransfer(io: CliIo, report: TransferReport, json: boolean): Promise<ExitCode> {
  const rows = report.tables.reduce((sum, table) => sum + table.rows, 0)
  if (json) printJson(io, { ...report, rows })
  else {
    const columns = [{ title: 'TABLE' }, { title: 'ROWS', align: 'right' as const }]
    const lines = report.tables.map(({ table, rows: count }) => [table, String(count)])
    io.stdout.write(await renderTable(columns, [...lines, ['total', String(rows)]]))
  }
  return exitCodes.done
}
