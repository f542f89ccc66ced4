import { errorMessage, FRAME_BYTES_MAX, type Frame, message, readyMessage } from './frames.ts'

/**
 * Gathers COPY … FROM STDIN. The backend traps when it has to wait for data, so the client is
 * told to send before the backend has seen the statement, and the backend gets both at once.
 */
export function copyIn(): {
  active(): boolean
  /** The answer that starts a COPY, or undefined where the text is no such statement. */
  open(frame: Frame, text: string): Buffer | undefined
  /** Everything, when the client has sent its last piece. */
  take(frame: Frame): Buffer | undefined
} {
  let statement: Frame | undefined
  let parts: Buffer[] = []
  let partBytes = 0

  return {
    active: () => statement !== undefined,
    open(frame, text) {
      if (!mentionsCopyIn(text)) return undefined
      if (!copyStatement.test(text)) {
        return Buffer.concat([errorMessage('ERROR', '0A000', copyAlone), readyMessage('I')])
      }
      statement = frame
      parts = [frame.bytes]
      partBytes = 0
      const format = /\bbinary\b/i.test(text) ? 1 : 0
      return message('G', Buffer.from([format, 0, 0]))
    },
    take(frame) {
      // Sync and Flush mean nothing while data comes.
      if (!/^[dcf]$/.test(frame.type)) return undefined
      partBytes += frame.bytes.length
      if (frame.type === 'd' && partBytes <= FRAME_BYTES_MAX) {
        parts.push(frame.bytes)
        return undefined
      }
      if (frame.type === 'd') {
        // Too much for one go: the rest is dropped, and the end of it fails the statement.
        parts.length = 1
        return undefined
      }
      const fits = partBytes <= FRAME_BYTES_MAX
      const whole = [...parts, fits ? frame.bytes : message('f', 'too much data for one COPY')]
      statement = undefined
      parts = []
      return Buffer.concat(whole)
    },
  }
}

const copyAlone = 'the embedded database takes COPY FROM STDIN only as a statement of its own'

/** Cheap and wide first: nearly no statement gets past it. */
const mentionsCopyIn = (text: string): boolean => /^\s*copy\b[^;]*\bfrom\s+stdin\b/i.test(text)

const copyStatement = /^\s*copy\b[^;]*\bfrom\s+stdin\b[^;]*;?\s*$/i
