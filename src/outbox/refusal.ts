import { DatabaseFailure } from '#src/db'

/** Data that no database takes: data exceptions, broken constraints, limits of a row. */
const REFUSED = /^(22|23|54)/

/** Whether the items are at fault and not the database: it would say so for ever. */
export function isRefusal(error: unknown): boolean {
  return !(error instanceof DatabaseFailure) || REFUSED.test(error.sqlState ?? '')
}
