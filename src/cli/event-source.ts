/** One server-sent event; `data` is parsed and not yet checked. */
export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

/** Longest event that is taken; ours are far shorter. */
const EVENT_CHARACTERS_MAX = 1_048_576

/** The events of a stream, until it ends. Rejects where it breaks off or is none. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    if (text.length > EVENT_CHARACTERS_MAX) throw new Error('an event without an end')
    for (const block of blocks) {
      const event = eventOf(block)
      if (event !== null) yield event
    }
  }
}

/** Null for a comment: a sign of life. */
function eventOf(block: string): ServerEvent | null {
  const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line))
  const fieldOf = (name: string) => fields.find((field) => field?.[1] === name)?.[2]
  const data = fieldOf('data')
  return data === undefined ? null : { event: fieldOf('event') ?? '', data: JSON.parse(data) }
}
