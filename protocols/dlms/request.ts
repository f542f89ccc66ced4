import type { Apdu } from './apdu.ts'
import type { HdlcAddress } from './frame.ts'
import type { Job } from './job.ts'
import type { Route } from './route.ts'
import type { Task } from './task.ts'
import type { Transfer } from './transfer.ts'

/** A piece of work and how far it is: what the next frame is, the conversation decides. */
export interface DlmsRequest {
  readonly route: Route
  readonly task: Task
  /** Null before anything was asked. */
  readonly job: Job | null
  /**
   * What is next: the task's next APDU, the next piece of one of ours, or more of an answer, of the
   * link or of the application.
   */
  readonly turn: 'apdu' | 'piece' | 'poll' | 'confirm'
  /** The rest of an APDU of ours that is sent in pieces. */
  readonly unsent: Uint8Array | null
}

/** One frame of a device. */
export interface DlmsResponse {
  readonly framing: 'hdlc' | 'wrapper'
  readonly server: HdlcAddress
  readonly client: number
  readonly control: number | null
  readonly segmented: boolean
  /** The bytes of the APDU that it carries, or the parameters of the link. */
  readonly bytes: Uint8Array
  /** The whole APDU, deciphered; null while pieces are missing and where there is none. */
  readonly apdu: Apdu | null
  /** The block of an APDU that it carries, where it comes by general block transfer. */
  readonly transfer?: Transfer
}

export function requestFor(route: Route, task: Task): DlmsRequest {
  return { route, task, job: null, turn: 'apdu', unsent: null }
}
