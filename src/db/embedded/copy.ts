import { splitStatements, withoutLeadingComments } from '../statements.ts'
import {
  errorMessage,
  FRAME_BYTES_MAX,
  type Frame,
  message,
  readyMessage,
  type TransactionStatus,
} from './frames.ts'

/**
 * Gathers COPY … FROM STDIN. The backend traps when it has to wait for data, so the client is
 * told to send before the backend has seen the statement, and the backend gets both at once.
 */
export function copyIn(): {
  active(): boolean
  /** The answer that starts a COPY, or undefined where the text is no such statement. */
  open(frame: Frame, text: string, status: TransactionStatus): Buffer | undefined
  /** Everything, when the client has sent its last piece. */
  take(frame: Frame): Buffer | undefined
} {
  let statement: Frame | undefined
  let parts: Buffer[] = []
  let partBytes = 0

  return {
    active: () => statement !== undefined,
    open(frame, text, status) {
      if (!MENTIONED.test(text)) return undefined
      const statements = splitStatements(text).map(withoutLeadingComments)
      const copies = statements.filter((one) => COPY_IN.test(one))
      if (copies.length === 0) return undefined
      if (statements.length > 1) {
        return Buffer.concat([errorMessage('ERROR', '0A000', COPY_ALONE), readyMessage(status)])
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

const COPY_ALONE = 'the embedded database takes COPY FROM STDIN only as a statement of its own'

/** Wide and cheap, since every simple query passes it. */
const MENTIONED = /\bfrom\s+stdin\b/i
const COPY_IN = /^copy\b[\s\S]*\bfrom\s+stdin\b/i
