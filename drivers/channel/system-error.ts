import type { TransportError } from './channel.ts'

type Row = readonly [code: TransportError['code'], retry: TransportError['retry'], sentence: string]

/** What the operating system says, what it means on a line, and what to do about it. */
const table: Readonly<Record<string, Row>> = {
  ECONNREFUSED: [
    'transport.refused',
    'later',
    'nothing accepts connections there; check host and port, and that the device is not already taken',
  ],
  ECONNRESET: ['transport.closed', 'now', 'the other side cut the connection; dial again'],
  EPIPE: ['transport.closed', 'now', 'the other side cut the connection; dial again'],
  ERR_STREAM_DESTROYED: ['transport.closed', 'now', 'the connection is closed; dial again'],
  ETIMEDOUT: [
    'transport.timeout',
    'later',
    'no answer from the network; check the address, the route and firewalls',
  ],
  EHOSTUNREACH: ['transport.unreachable', 'later', 'no route to the host; check the network'],
  ENETUNREACH: ['transport.unreachable', 'later', 'no route to the network; check the network'],
  EHOSTDOWN: ['transport.unreachable', 'later', 'the host is down; check its power and network'],
  ENOTFOUND: [
    'transport.unreachable',
    'later',
    'the host name is unknown; check its spelling and DNS',
  ],
  EAI_AGAIN: ['transport.unreachable', 'later', 'the name server does not answer; check DNS'],
  EADDRINUSE: [
    'transport.busy',
    'later',
    'another program listens on this port; stop it or choose another port',
  ],
  EADDRNOTAVAIL: [
    'transport.unreachable',
    'never',
    'this machine has no such address; choose one of its own',
  ],
  EACCES: [
    'transport.permission',
    'never',
    'the system denies access; give this user the right to it',
  ],
  EPERM: [
    'transport.permission',
    'never',
    'the system denies access; give this user the right to it',
  ],
  EMFILE: ['transport.busy', 'later', 'too many open files; raise the limit (ulimit -n)'],
  ENFILE: ['transport.busy', 'later', 'the machine has too many open files; close some programs'],
  EBUSY: ['transport.busy', 'later', 'another program holds it; close that program'],
  ENOENT: ['transport.no-device', 'later', 'no such device; check the path and the cable'],
  ENODEV: ['transport.no-device', 'later', 'the device is gone; check the cable'],
  ENXIO: ['transport.no-device', 'later', 'the device is gone; check the cable'],
  EIO: ['transport.no-device', 'later', 'the device fails to read or write; check the cable'],
  EBADF: ['transport.closed', 'now', 'the line is closed; open it again'],
}

/** Translates an error of Node or the system; `subject` names what was tried, on what. */
export function describeSystemError(error: unknown, subject: string): TransportError {
  const code = systemCode(error)
  if (code === 'ABORT_ERR') {
    return {
      code: 'transport.timeout',
      message: `${subject}: given up before it was done`,
      retry: 'later',
    }
  }
  const row = table[code]
  if (row) return { code: row[0], message: `${subject}: ${row[2]} (${code})`, retry: row[1] }
  const said = error instanceof Error ? error.message : String(error)
  return { code: 'transport.closed', message: `${subject}: ${said}`, retry: 'later' }
}

/** An attempt on several addresses fails with all their errors; the first one speaks for them. */
function systemCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return systemCode(error.errors[0])
  if (error instanceof Error && error.name === 'AbortError') return 'ABORT_ERR'
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code)
  return ''
}
