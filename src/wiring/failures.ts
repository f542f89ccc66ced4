import type { TransportError } from '#drivers/channel'
import { type CliFailure, type ExitCode, exitCodes } from '#src/cli'
import type { DatabaseError, MigrationError, TransferError } from '#src/db'

/** What some failures of the database end with; every other one with 1. */
const databaseExits: Readonly<Partial<Record<DatabaseError['code'], ExitCode>>> = {
  'url-invalid': exitCodes.usage,
  'database-missing': exitCodes.notFound,
  unreachable: exitCodes.noAnswer,
  'sign-in-refused': exitCodes.notAllowed,
}

/** A database that cannot be used, in the words of a command. */
export function databaseFailure({ code, message }: DatabaseError): CliFailure {
  return { exit: databaseExits[code] ?? exitCodes.failed, code: `database.${code}`, message }
}

/** A port that cannot be listened on; the setting that names it is the way out. */
export function portFailure(setting: string, error: TransportError): CliFailure {
  return {
    exit: exitCodes.failed,
    code: error.code,
    message: error.message,
    next: `set ${setting} to another port, or stop the program that holds this one`,
  }
}

/** A schema that could not be brought up to date. */
export function migrationFailure(error: MigrationError): CliFailure {
  return {
    exit: exitCodes.failed,
    code: `migration.${error.code}`,
    message: `${error.migration}: ${error.message}`,
  }
}

/** What some failures of an export or import end with; every other one with 1. */
const transferExits: Readonly<Partial<Record<TransferError['code'], ExitCode>>> = {
  manifest: exitCodes.notFound,
  'not-empty': exitCodes.safeguard,
  damaged: exitCodes.damaged,
  mismatch: exitCodes.damaged,
}

/** An export or import that did not come to its end. */
export function transferFailure({ code, message }: TransferError): CliFailure {
  return { exit: transferExits[code] ?? exitCodes.failed, code: `transfer.${code}`, message }
}
