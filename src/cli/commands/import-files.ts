import path from 'node:path'
import type { Command } from 'commander'
import { civilTime, type Instant } from '#src/core'
import type { ArchiveChange, ArchiveFinding, ArchivePreview, ArchiveProblem } from '#src/registry'
import { addSettingOptions, type CliContext, runOf, settingFlags, settingsOr2 } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { printJson, reportFailure, say } from '../report.ts'
import { renderTable } from '../table.ts'

const keys = ['databaseUrl', 'dataDir'] as const
/** Of a long list a person reads the beginning; `--json` has all of it. */
const SHOWN_MAX = 200

const archiveExamples = `
Examples:
  hes import archive meters.csv --dry-run
  hes import archive meters.csv
  hes import archive meters.csv --json

All or nothing: with one bad line nothing is stored, and every bad line is
named with its column and what is wrong. --dry-run shows what would be added,
changed and closed, with old and new values, and stores nothing.
`

const marketingExamples = `
Examples:
  hes import marketing accounts.csv --dry-run
  hes import marketing accounts.csv
  hes import marketing today.csv --partial

A batch of the marketing system (SG186), keyed by account number: customers,
accounts, contracts and who uses a point follow it. Lines that contradict what
is known for their time are listed and not followed. Unless it is --partial it
has every account, and those that only the archive has are listed.
`

interface Options extends Readonly<Record<string, unknown>> {
  readonly json?: true
  readonly dryRun?: true
  readonly partial?: true
}

/** The files that change the archive. */
export async function addImportFiles(command: Command, context: CliContext): Promise<void> {
  const archive = command
    .command('archive')
    .description('Take in meters, usage points, customers and topology from a table file.')
  const marketing = command
    .command('marketing')
    .description('Follow a batch of the marketing system: customers, accounts, contracts.')
    .option('--partial', 'it does not have every account')
  for (const [verb, kind, examples] of [
    [archive, 'archive', archiveExamples],
    [marketing, 'marketing', marketingExamples],
  ] as const) {
    verb
      .argument('<FILE>', 'a .csv file (UTF-8 or GBK) or .xlsx workbook')
      .option('--dry-run', 'show what would change, and store nothing')
      .option('--json', 'one JSON document on stdout')
    await addSettingOptions(verb, keys)
    verb
      .addHelpText('after', examples)
      .action(
        context.runs((file: string, options: Options) => importFile(file, kind, options, context)),
      )
  }
}

async function importFile(
  file: string,
  kind: 'archive' | 'marketing',
  options: Options,
  { io, actions }: CliContext,
): Promise<ExitCode> {
  const loaded = await settingsOr2(io, settingFlags(options, keys))
  if (loaded === null) return exitCodes.usage
  let bytes: Uint8Array
  try {
    bytes = io.readBytes(file)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return reportFailure(io, {
      exit: exitCodes.notFound,
      code: 'archive.unreadable',
      message: `the archive cannot be read: ${message}`,
      next: 'name a CSV or XLSX file that you may read',
    })
  }
  const given = { kind, name: path.basename(file), bytes, complete: options.partial !== true }
  const mode = options.dryRun ? 'preview' : 'apply'
  const answered = await actions.importArchive(given, mode, runOf(io, loaded))
  if (!answered.ok) return reportFailure(io, answered.error)
  const answer = answered.value
  if (!answer.ok) {
    if (options.json) printJson(io, { stored: false, problems: answer.error })
    await sayProblems(io, file, answer.error)
    return exitCodes.failed
  }
  if ('preview' in answer.value) {
    const { iso } = civilTime(loaded.settings.timezone)
    return await showPreview(io, answer.value.preview, options, iso)
  }
  const { id, sha256, rows, created, changed, counts } = answer.value.applied
  const unchanged = rows - created - changed
  const stored = { stored: true, rows, created, changed, unchanged, problems: [] }
  if (options.json) printJson(io, { ...stored, import: id, sha256, counts })
  else {
    io.stdout.write(`${rows} rows: ${created} new, ${changed} changed, ${unchanged} as before\n`)
    const left = Object.entries(counts).filter(([word]) => findingWords.has(word))
    for (const [word, count] of left) say(io, `hes: ${word}: ${count} (import ${id})`)
  }
  return exitCodes.done
}

const findingWords: ReadonlySet<string> = new Set(['conflict', 'unknown', 'ours-only'])

async function showPreview(
  io: CliIo,
  preview: ArchivePreview,
  options: Options,
  iso: (at: Instant) => string,
): Promise<ExitCode> {
  const { rows, created, changed, changes, findings } = preview
  const isRefused = changes.length === 0 && findings.some(({ kind }) => kind === 'conflict')
  const exit = isRefused ? exitCodes.failed : exitCodes.done
  if (options.json) {
    const written = changes.map(({ validFrom, ...change }) => ({
      ...change,
      validFrom: validFrom === null ? null : iso(validFrom),
    }))
    printJson(io, { stored: false, rows, created, changed, changes: written, findings })
    return exit
  }
  const titles = ['LINE', 'WHAT', 'HOW', 'FROM', 'BEFORE', 'AFTER'].map((title) => ({ title }))
  const lines = changes.slice(0, SHOWN_MAX).map((change) => changeCells(change, iso))
  if (lines.length > 0) io.stdout.write(await renderTable(titles, lines))
  if (changes.length > SHOWN_MAX) {
    io.stdout.write(`… and ${changes.length - SHOWN_MAX} more; --json shows all\n`)
  }
  if (findings.length > 0) {
    const heads = ['LINE', 'FINDING', 'FIELD', 'VALUE', 'WHAT IS WRONG'].map((title) => ({ title }))
    io.stderr.write(await renderTable(heads, findings.slice(0, SHOWN_MAX).map(findingCells)))
  }
  io.stdout.write(
    `${rows} rows: ${created} would be new, ${changed} changed; ${changes.length} changes, ` +
      `${findings.length} findings; nothing was stored\n`,
  )
  return exit
}

const changeCells = (change: ArchiveChange, iso: (at: Instant) => string): string[] => [
  change.line === null ? '' : String(change.line),
  `${change.subject} ${change.key}`,
  change.action,
  change.validFrom === null ? '' : iso(change.validFrom),
  shownText(change.before),
  shownText(change.after),
]

const shownText = (shown: ArchiveChange['before']): string =>
  Object.entries(shown ?? {})
    .map(([name, value]) => `${name}=${value ?? '–'}`)
    .join(' ')

const findingCells = ({ line, kind, field, value, message }: ArchiveFinding): string[] => [
  ...[line === null ? '' : String(line), kind, field ?? '', value ?? '', message],
]

async function sayProblems(
  io: CliIo,
  file: string,
  problems: readonly ArchiveProblem[],
): Promise<void> {
  const columns = [
    { title: 'LINE', align: 'right' as const },
    { title: 'COLUMN' },
    { title: 'VALUE' },
    { title: 'WHAT IS WRONG' },
  ]
  const rows = problems.map(({ line, column, value, message }) => [
    ...[String(line), column ?? '', value ?? '', message],
  ])
  io.stderr.write(await renderTable(columns, rows))
  const lines = new Set(problems.map((problem) => problem.line)).size
  say(io, `hes: nothing of ${file} was stored: ${lines} bad line(s); mend them and try again`)
}
