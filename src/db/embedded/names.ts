import { type Frame, message, textAt } from './frames.ts'

/** What a client sent, with the names that the backend knows. */
export interface Renamed {
  readonly bytes: Buffer
  /** Channels that it starts or stops to listen to, as far as its text shows. */
  readonly listens: readonly Listen[]
}

interface Listen {
  readonly action: 'listen' | 'unlisten'
  readonly channel: string
}

const BODY = 5

/**
 * Gives each client names of its own for prepared statements and portals: the backend is one
 * session for all of them.
 */
export function nameKeeper(clientId: number): {
  rewrite(frames: readonly Frame[]): Renamed
  /** Closes whatever this client has prepared. */
  closeAll(): Buffer
} {
  const names = new Map<string, string>()
  const own = (name: string): string => {
    // The unnamed statement and portal live only within a batch, and batches do not mix.
    if (name === '') return ''
    const known = names.get(name)
    if (known !== undefined) return known
    const made = `client_${clientId}_${names.size}`
    names.set(name, made)
    return made
  }

  return {
    rewrite(frames) {
      const listens: Listen[] = []
      const parts = frames.map((frame) => {
        const text = statementText(frame)
        if (text !== undefined) listens.push(...listensOf(text))
        return renamed(frame, own)
      })
      return { bytes: Buffer.concat(parts), listens }
    },
    closeAll: () =>
      names.size === 0
        ? Buffer.alloc(0)
        : Buffer.concat([
            ...[...names.values()].flatMap((name) => [
              message('C', Buffer.from('S'), name),
              message('C', Buffer.from('P'), name),
            ]),
            message('S'),
          ]),
  }
}

function renamed(frame: Frame, own: (name: string) => string): Buffer {
  const { bytes } = frame
  switch (frame.type) {
    case 'P':
    case 'E': {
      const name = textAt(bytes, BODY)
      return name.text === ''
        ? bytes
        : message(frame.type, own(name.text), bytes.subarray(name.next))
    }
    case 'B': {
      const portal = textAt(bytes, BODY)
      const statement = textAt(bytes, portal.next)
      if (portal.text === '' && statement.text === '') return bytes
      return message('B', own(portal.text), own(statement.text), bytes.subarray(statement.next))
    }
    case 'D':
    case 'C': {
      const name = textAt(bytes, BODY + 1)
      if (name.text === '') return bytes
      return message(frame.type, bytes.subarray(BODY, BODY + 1), own(name.text))
    }
    default:
      return bytes
  }
}

function statementText(frame: Frame): string | undefined {
  if (frame.type === 'Q') return textAt(frame.bytes, BODY).text
  if (frame.type !== 'P') return undefined
  return textAt(frame.bytes, textAt(frame.bytes, BODY).next).text
}

/** Only a statement that is nothing else is seen; the product listens no other way. */
function listensOf(text: string): readonly Listen[] {
  const match = /^\s*(un)?listen\s+(?:"((?:[^"]|"")+)"|([a-z_][\w$]*)|(\*))\s*;?\s*$/i.exec(text)
  if (match === null) return []
  const channel = match[2]?.replaceAll('""', '"') ?? match[3]?.toLowerCase() ?? '*'
  return [{ action: match[1] === undefined ? 'listen' : 'unlisten', channel }]
}
