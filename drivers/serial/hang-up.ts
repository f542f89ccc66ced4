import { read } from 'node:fs'
import type { SerialPort } from 'serialport'

interface Chunk {
  readonly buffer: Buffer
  readonly bytesRead: number
}

/** The parts of the library's Unix binding that are used here. */
interface UnixBinding {
  readonly fd: number | null
  readonly poller: {
    once(event: 'readable', called: (error: Error | null) => void): unknown
  }
  read(buffer: Buffer, offset: number, lengthBytes: number): Promise<Chunk>
}

/**
 * A port that is pulled out reads as nothing, over and over; the library's reader then spins for
 * ever instead of closing. With one byte as the least a read may return, nothing means hung up.
 */
export function noticeHangUp(port: SerialPort): void {
  const binding: unknown = port.port
  if (!isUnix(binding)) return
  binding.read = (buffer, offset, lengthBytes) => readSome(binding, buffer, offset, lengthBytes)
}

async function readSome(
  binding: UnixBinding,
  buffer: Buffer,
  offset: number,
  lengthBytes: number,
): Promise<Chunk> {
  for (;;) {
    if (binding.fd === null) throw closed()
    const bytesRead = await readOnce(binding.fd, buffer, offset, lengthBytes)
    if (bytesRead === 0) throw new Error('the port hung up')
    if (bytesRead !== null) return { buffer, bytesRead }
    // Closed meanwhile: to poll a destroyed poller ends the process.
    if (binding.fd === null) throw closed()
    await new Promise<void>((resolve, reject) => {
      binding.poller.once('readable', (error) => (error ? reject(error) : resolve()))
    })
  }
}

/** The mark by which the library's stream knows that a read ended because the port was closed. */
function closed(): Error {
  return Object.assign(new Error('closed'), { canceled: true })
}

/** Null where there is nothing to read yet. */
function readOnce(
  fd: number,
  buffer: Buffer,
  offset: number,
  lengthBytes: number,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, offset, lengthBytes, null, (error, bytesRead) => {
      if (!error) resolve(bytesRead)
      else if (error.code === 'EAGAIN' || error.code === 'EINTR') resolve(null)
      else reject(error)
    })
  })
}

function isUnix(binding: unknown): binding is UnixBinding {
  return (
    typeof binding === 'object' &&
    binding !== null &&
    'fd' in binding &&
    'poller' in binding &&
    'read' in binding
  )
}
