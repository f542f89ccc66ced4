import type { Duplex } from 'node:stream'
import type { SerialPort } from 'serialport'
import type { SerialPorts, SerialSettings } from '#drivers/channel'
import { noticeHangUp } from './hang-up.ts'
import { holderOf } from './holder.ts'

/** The serial ports of this machine; the binding is loaded when the first one is opened. */
export const nodeSerialPorts: SerialPorts = { open: openPort }

async function openPort(settings: SerialSettings): Promise<Duplex> {
  const { SerialPort } = await import('serialport')
  const port = new SerialPort({
    path: settings.path,
    baudRate: settings.baud,
    parity: settings.parity,
    dataBits: settings.dataBits,
    stopBits: settings.stopBits,
    // Two masters on one bus corrupt both; the lock keeps a second program out.
    lock: true,
    autoOpen: false,
  })
  closeOnDestroy(port)
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()))
  }).catch(async (error: unknown) => {
    throw await withSystemCode(error, settings.path)
  })
  noticeHangUp(port)
  return port
}

/** The library's stream has no `_destroy`: destroyed, it would keep the device open and locked. */
function closeOnDestroy(port: SerialPort): void {
  port._destroy = (error, done) => {
    if (port.isOpen) port.close(() => done(error))
    else done(error)
  }
}

const spoken: readonly (readonly [RegExp, string])[] = [
  [/no such file|file not found|unknown error code 2\b/i, 'ENOENT'],
  [/permission denied|access denied/i, 'EACCES'],
  [/cannot lock|resource busy|temporarily unavailable|device or resource busy/i, 'EBUSY'],
  [/no such device/i, 'ENODEV'],
  [/inappropriate ioctl|not a tty|invalid argument/i, 'ENOTTY'],
]

/** The binding only speaks in sentences; gives them the system's code, and a busy port its holder. */
async function withSystemCode(error: unknown, path: string): Promise<Error> {
  const said = error instanceof Error ? error.message : String(error)
  const code = spoken.find(([pattern]) => pattern.test(said))?.[1] ?? 'EIO'
  const holder = code === 'EBUSY' ? await holderOf(path) : null
  return Object.assign(new Error(said, { cause: error }), { code, holder })
}
