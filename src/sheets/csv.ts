/** Marks the text as UTF-8 for spreadsheets that would guess otherwise. */
const MARK = '\uFEFF'

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * Rows as RFC 4180 lines. A cell that a spreadsheet would calculate is told to be text, so that a
 * name in the archive can do nothing on the machine of whoever opens the file.
 */
export function csvText(rows: readonly (readonly string[])[]): string {
  return MARK + csvLines(rows)
}

/** The same without the mark: what follows of a table that leaves in parts. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')
}

function cellOf(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
