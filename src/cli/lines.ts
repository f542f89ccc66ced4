/** Longest line kept; more is no frame and not a log either. */
const LINE_BYTES_MAX = 65_536

/** Lines of UTF-8 text, without their ends, as they come; an overlong line is cut. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = (parts.pop() ?? '').slice(0, LINE_BYTES_MAX)
    for (const part of parts) yield part.replace(/\r$/, '')
  }
  if (rest !== '') yield rest.replace(/\r$/, '')
}
