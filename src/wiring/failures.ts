import type { TransportError } from '#drivers/channel'
import { type CliFailure, exitCodes } from '#src/cli'
import type { DatabaseError, MigrationError, TransferError } from '#src/db'

/** A database that cannot be used, in the words of a command. */
export function databaseFailure(error: DatabaseError): CliFailure {
  return { exit: exitCodes.failed, code: `database.${error.code}`, message: error.message }
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

/** An export or import that did not come to its end. */
export function transferFailure(error: TransferError): CliFailure {
  return { exit: exitCodes.failed, code: `transfer.${error.code}`, message: error.message }
}
