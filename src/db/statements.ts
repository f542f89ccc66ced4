/**
 * Cuts SQL text at its semicolons, minding strings, quoted names, dollar quotes and comments.
 * A statement keeps the comments in front of it; a body in SQL's own `begin atomic` form is not
 * understood, dollar quotes are.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let start = 0
  let substance = false
  let offset = 0
  while (offset < sql.length) {
    const char = sql[offset] ?? ''
    if (char === ';') {
      if (substance) statements.push(sql.slice(start, offset).trim())
      start = offset + 1
      substance = false
      offset += 1
      continue
    }
    const comment = commentEnd(sql, offset)
    substance ||= comment === undefined && !/\s/.test(char)
    offset = comment ?? quoteEnd(sql, offset) ?? offset + 1
  }
  if (substance) statements.push(sql.slice(start).trim())
  return statements
}

/** The statement itself, for looking at its first words. */
export function withoutLeadingComments(statement: string): string {
  let offset = 0
  for (;;) {
    const end = commentEnd(statement, offset)
    if (end !== undefined) offset = end
    else if (/\s/.test(statement[offset] ?? '')) offset += 1
    else return statement.slice(offset)
  }
}

/** Where the comment that begins here ends; block comments nest. */
function commentEnd(sql: string, offset: number): number | undefined {
  if (sql.startsWith('--', offset)) {
    const end = sql.indexOf('\n', offset)
    return end < 0 ? sql.length : end + 1
  }
  if (!sql.startsWith('/*', offset)) return undefined
  let depth = 0
  let at = offset
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (sql.startsWith('*/', at)) {
      depth -= 1
      at += 2
      if (depth === 0) return at
    } else {
      at += 1
    }
  }
  return sql.length
}

/** Where the string or quoted name that begins here ends. */
function quoteEnd(sql: string, offset: number): number | undefined {
  const char = sql[offset]
  if (char === '$') return dollarEnd(sql, offset)
  if (char !== "'" && char !== '"') return undefined
  const escapes = char === "'" && /(^|[^\w$])e$/i.test(sql.slice(Math.max(0, offset - 2), offset))
  let at = offset + 1
  while (at < sql.length) {
    if (escapes && sql[at] === '\\') {
      at += 2
    } else if (sql[at] !== char) {
      at += 1
    } else if (sql[at + 1] === char) {
      at += 2
    } else {
      return at + 1
    }
  }
  return sql.length
}

function dollarEnd(sql: string, offset: number): number | undefined {
  // Inside a name such as `a$1$b` a dollar quotes nothing.
  if (offset > 0 && /[\w$\u0080-\uffff]/.test(sql[offset - 1] ?? '')) return undefined
  const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(
    sql.slice(offset, offset + TAG_CHARS_MAX),
  )?.[0]
  if (tag === undefined) return undefined
  const end = sql.indexOf(tag, offset + tag.length)
  return end < 0 ? sql.length : end + tag.length
}

const TAG_CHARS_MAX = 66
