import { Duplex } from 'node:stream'
import { type Duration, milliseconds } from '#src/core'
import { copyIn } from './copy.ts'
import {
  errorMessage,
  type Frame,
  frontendFramer,
  message,
  readyMessage,
  type TransactionStatus,
  textAt,
} from './frames.ts'
import { nameKeeper, type Renamed } from './names.ts'

/** A run of messages that the backend can work through without hearing from the client again. */
export interface Batch extends Renamed {
  /** The bridge has already answered CopyInResponse, so the backend's own is dropped. */
  readonly copyIn: boolean
}

/** One connection, as the bridge sees it. */
export interface Client {
  readonly id: number
  /** What `pg` takes for its socket. */
  readonly socket: Duplex
  readonly limits: () => Limits
  send(bytes: Buffer): void
  /** Ends the connection with a reason the client can show; `gone` does not report it. */
  end(code: string, reason: string): void
  /** Statements to forget in the backend when the client has gone. */
  farewell(): Buffer
}

/** What the startup packet asked for; zero and absent mean no limit. */
export interface Limits {
  readonly statement?: Duration
  readonly idleInTransaction?: Duration
}

export interface ClientEvents {
  batch(client: Client, batch: Batch): void
  gone(client: Client): void
  /** Whether this client has a transaction open. */
  status(client: Client): TransactionStatus
}

const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const CANCEL_REQUEST = 80877102

export function openClient(id: number, serverVersion: string, events: ClientEvents): Client {
  const status = () => events.status(client)
  const framer = frontendFramer()
  const names = nameKeeper(id)
  const copy = copyIn()
  let started = false
  let gone = false
  let limits: Limits = {}
  let pending: Frame[] = []

  const socket = socketOver({
    write(chunk) {
      let frames = framer.push(chunk)
      while (frames.length > 0) {
        for (const frame of frames) take(frame)
        // The framer stops after an untyped frame; what came with it is cut now.
        frames = framer.push(Buffer.alloc(0))
      }
    },
    gone: leave,
  })
  const client: Client = {
    id,
    socket,
    limits: () => limits,
    send: (bytes) => {
      if (!gone) socket.push(bytes)
    },
    end(code, reason) {
      if (gone) return
      gone = true
      socket.push(errorMessage('FATAL', code, reason))
      socket.push(null)
    },
    farewell: () => names.closeAll(),
  }
  return client

  function leave(): void {
    if (gone) return
    gone = true
    events.gone(client)
  }

  function take(frame: Frame): void {
    if (!started) {
      start(frame)
      return
    }
    if (copy.active()) {
      const done = copy.take(frame)
      if (done !== undefined) events.batch(client, { bytes: done, copyIn: true, listens: [] })
      return
    }
    switch (frame.type) {
      case 'X':
        socket.end()
        leave()
        return
      case 'Q':
        query(frame)
        return
      case 'S':
      case 'H':
      case 'F':
        pending.push(frame)
        hand()
        return
      default:
        pending.push(frame)
    }
  }

  function query(frame: Frame): void {
    const { text } = textAt(frame.bytes, 5)
    const opening = copy.open(frame, text, status())
    if (opening === undefined) {
      pending.push(frame)
      hand()
    } else {
      client.send(opening)
    }
  }

  function hand(): void {
    const batch = names.rewrite(pending)
    pending = []
    events.batch(client, { ...batch, copyIn: false })
  }

  function start(frame: Frame): void {
    const code = frame.bytes.length >= 8 ? frame.bytes.readUInt32BE(4) : 0
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      client.send(Buffer.from('N'))
      return
    }
    if (code === CANCEL_REQUEST) {
      // The backend cannot be interrupted; the statement limit ends what runs too long.
      socket.end()
      leave()
      return
    }
    limits = limitsOf(startupParameters(frame.bytes))
    started = true
    framer.startTyped()
    client.send(greeting(id, serverVersion))
  }
}

function socketOver(events: { write: (chunk: Buffer) => void; gone: () => void }): Duplex {
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      try {
        events.write(chunk)
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
    final(done) {
      socket.push(null)
      done()
    },
    destroy(error, done) {
      events.gone()
      done(error)
    },
  })
  // What `pg` calls on a net.Socket.
  return Object.assign(socket, {
    connect: () => {
      queueMicrotask(() => socket.emit('connect'))
      return socket
    },
    setNoDelay: () => socket,
    setKeepAlive: () => socket,
    ref: () => socket,
    unref: () => socket,
  })
}

function startupParameters(bytes: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  let offset = 8
  while (offset < bytes.length && bytes[offset] !== 0) {
    const name = textAt(bytes, offset)
    const value = textAt(bytes, name.next)
    parameters.set(name.text, value.text)
    offset = value.next
  }
  return parameters
}

function limitsOf(parameters: ReadonlyMap<string, string>): Limits {
  const limit = (name: string) => {
    const value = Number(parameters.get(name))
    return Number.isFinite(value) && value > 0 ? milliseconds(value) : undefined
  }
  const statement = limit('statement_timeout')
  const idleInTransaction = limit('idle_in_transaction_session_timeout')
  return {
    ...(statement === undefined ? {} : { statement }),
    ...(idleInTransaction === undefined ? {} : { idleInTransaction }),
  }
}

const greeting = (id: number, serverVersion: string): Buffer =>
  Buffer.concat([
    message('R', 0),
    message('S', 'server_version', serverVersion),
    message('S', 'server_encoding', 'UTF8'),
    message('S', 'client_encoding', 'UTF8'),
    message('S', 'DateStyle', 'ISO, YMD'),
    message('S', 'TimeZone', 'UTC'),
    message('S', 'integer_datetimes', 'on'),
    message('S', 'standard_conforming_strings', 'on'),
    message('K', id, 0),
    readyMessage('I'),
  ])
