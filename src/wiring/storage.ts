import { userInfo } from 'node:os'
import { dlt645Profiles } from '#protocols/dlt645'
import { loadRegisterMaps, modbusProfiles } from '#src/acquisition/register-maps'
import {
  type ArchiveAnswer,
  type CliFailure,
  exitCodes,
  type MigrationReport,
  type Run,
} from '#src/cli'
import { civilTime, fail, ok, type Result, systemClock } from '#src/core'
import {
  type Database,
  exportAll,
  importAll,
  migrate,
  migrationStatus,
  openDatabase,
  type TransferError,
  type TransferProgress,
  type TransferReport,
} from '#src/db'
import { createAudit } from '#src/identity'
import { type ArchiveFile, createArchiveDesk, type ReadProtocols } from '#src/registry'
import { databaseFailure, migrationFailure, transferFailure } from './failures.ts'
import { migrationsDirectory } from './files.ts'

/** Opens the database of the settings, does the work and closes it again. */
export async function withDatabase<T>(
  { loaded }: Pick<Run, 'loaded'>,
  work: (db: Database) => Promise<Result<T, CliFailure>>,
): Promise<Result<T, CliFailure>> {
  const { databaseUrl, dataDir } = loaded.settings
  const opened = await openDatabase({
    ...(databaseUrl === null ? {} : { url: databaseUrl }),
    dataDir,
    clock: systemClock,
  })
  if (!opened.ok) return fail(databaseFailure(opened.error))
  try {
    return await work(opened.value)
  } finally {
    await opened.value.close()
  }
}

/** The same, with the schema brought up to date first. */
export function withSchema<T>(
  run: Pick<Run, 'loaded'>,
  work: (db: Database) => Promise<Result<T, CliFailure>>,
): Promise<Result<T, CliFailure>> {
  return withDatabase(run, async (db) => {
    const migrated = await migrate(db, migrationsDirectory)
    return migrated.ok ? work(db) : fail(migrationFailure(migrated.error))
  })
}

export function runMigrations(run: Run): Promise<Result<MigrationReport, CliFailure>> {
  return withDatabase(run, async (db) => {
    const migrated = await migrate(db, migrationsDirectory, {
      onStep: (name) => run.progress(`applying ${name}`),
    })
    if (!migrated.ok) return fail(migrationFailure(migrated.error))
    return ok({ applied: migrated.value, pending: [] })
  })
}

export function showMigrations(run: Run): Promise<Result<MigrationReport, CliFailure>> {
  return withDatabase(run, async (db) => {
    const status = await migrationStatus(db, migrationsDirectory)
    if (!status.ok) return fail(migrationFailure(status.error))
    const namesOf = (applied: boolean) =>
      status.value.filter(({ state }) => (state === 'applied') === applied).map(({ name }) => name)
    return ok({ applied: namesOf(true), pending: namesOf(false) })
  })
}

export function importArchiveFile(
  file: ArchiveFile,
  mode: 'apply' | 'preview',
  run: Run,
): Promise<Result<ArchiveAnswer, CliFailure>> {
  return withSchema(run, async (db): Promise<Result<ArchiveAnswer, CliFailure>> => {
    const civil = civilTime(run.loaded.settings.timezone)
    const audit = createAudit(db, systemClock)
    const by = userInfo().username
    const protocols = async () => {
      const { maps, refused } = await loadRegisterMaps(run.loaded.settings.dataDir)
      for (const mistake of refused.flatMap(({ mistakes }) => mistakes)) run.say(mistake)
      return readProtocols(maps.map(({ name }) => name))
    }
    const desk = createArchiveDesk({ db, civil, clock: systemClock, protocols })
    if (mode === 'preview') return ok(ok({ preview: await desk.preview(file) }))
    const done = await desk.importNow(file, by, (tx, detail) =>
      audit.recordIn(tx, {
        ...{ actor: 'system', action: 'archive.import', target: 'archive', outcome: 'done' },
        ...{ detail: { ...detail, by }, remote: 'local', requestId: '' },
      }),
    )
    if (done.ok) return ok(ok({ applied: done.value }))
    if (!('kind' in done.error)) return ok(fail(done.error))
    const { rows, aboveRows } = done.error
    return fail({
      exit: exitCodes.safeguard,
      code: 'archive.second-person',
      message: `the file changes ${rows} rows; of more than ${aboveRows} another person decides`,
      next: 'propose it (hes archive propose), and let somebody else apply it',
    })
  })
}

/** What the head-end reads, and which profiles it knows by name, with register maps of its own. */
export function readProtocols(ownMaps: readonly string[]): ReadProtocols {
  return {
    'dlt645-2007': dlt645Profiles,
    'dlt645-1997': ['no-blocks', 'status-byte'],
    modbus: [...modbusProfiles, ...ownMaps],
    gdw376: ['single-unit'],
    dlt698: ['terminal', 'no-lists', 'challenge'],
    dlms: dlmsProfiles(),
    mqtt: [],
  }
}

/** Words joined by commas, in this order. */
function dlmsProfiles(): readonly string[] {
  const choices = [
    ['hdlc', 'wrapper'],
    ['general-glo'],
    ['no-release'],
    ['wall-clock'],
    ['is15959'],
  ]
  const all = choices.reduce<string[]>(
    (begun, words) => begun.flatMap((one) => [one, ...words.map((word) => `${one},${word}`)]),
    [''],
  )
  return all.filter((one) => one !== '').map((one) => one.slice(1))
}

export function runExport(
  directory: string,
  run: Run,
): Promise<Result<TransferReport, CliFailure>> {
  return withSchema(run, (db) => transfer(exportAll(db, directory, stepsTo(run))))
}

export function runImport(
  directory: string,
  run: Run,
): Promise<Result<TransferReport, CliFailure>> {
  return withSchema(run, (db) => transfer(importAll(db, directory, stepsTo(run))))
}

function stepsTo(run: Run): (step: TransferProgress) => void {
  return ({ table, part, parts, skipped }) =>
    run.progress(`${table} ${part}/${parts}${skipped ? ' (already there)' : ''}`)
}

async function transfer(
  work: Promise<Result<TransferReport, TransferError>>,
): Promise<Result<TransferReport, CliFailure>> {
  const done = await work
  return done.ok ? done : fail(transferFailure(done.error))
}
