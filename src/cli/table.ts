/** How a column of a table stands. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const ascii = /^[\x20-\x7e]*$/

/**
 * Rows as aligned lines under a header. Chinese characters count as the two columns they take on
 * a terminal; the library that knows is loaded only when there are any.
 */
export async function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const lines = [columns.map((column) => column.title), ...rows]
  const widthOf = await widthFor(lines)
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => widthOf(line[index] ?? ''))),
  )
  const render = (line: readonly string[]) =>
    columns
      .map((column, index) => {
        const text = line[index] ?? ''
        const space = ' '.repeat((widths[index] ?? 0) - widthOf(text))
        return column.align === 'right' ? space + text : text + space
      })
      .join('  ')
      .trimEnd()
  return lines.map((line) => `${render(line)}\n`).join('')
}

async function widthFor(lines: readonly (readonly string[])[]): Promise<(text: string) => number> {
  if (lines.every((line) => line.every((text) => ascii.test(text)))) return (text) => text.length
  const { default: stringWidth } = await import('string-width')
  return stringWidth
}

/** Text in lines of at most `columns`, broken at spaces, each after the first indented. */
export function wrap(text: string, columns: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > columns && line !== '') {
      lines.push(line)
      line = indent + word
    } else {
      line = longer
    }
  }
  return [...lines, line].join('\n')
}
