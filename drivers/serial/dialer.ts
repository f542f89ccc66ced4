import {
  type Dialer,
  describeSystemError,
  type SerialPorts,
  type SerialSettings,
  StreamChannel,
  type TransportError,
} from '#drivers/channel'

/** The longest frame of any protocol carried so far (DL/T 698.45), with room. */
const FRAME_BYTES_MAX = 2_048

/** Opens a serial port as a channel. */
export function serialDialer(settings: SerialSettings, ports: SerialPorts): Dialer {
  const name = `serial:${settings.path}`
  const facts = {
    name,
    halfDuplex: true,
    maxFrameBytes: FRAME_BYTES_MAX,
    framed: false,
    baud: settings.baud,
  }
  return {
    name,
    async open(signal) {
      if (signal.aborted) return { ok: false, error: givenUp(name) }
      try {
        const stream = await ports.open(settings)
        const channel = new StreamChannel(stream, facts)
        if (!signal.aborted) return { ok: true, value: channel }
        await channel.close()
        return { ok: false, error: givenUp(name) }
      } catch (error) {
        return { ok: false, error: describeSerialError(error, settings.path) }
      }
    },
  }
}

/** What the system says about a port, and what to do about it. */
export function describeSerialError(error: unknown, path: string): TransportError {
  const code = propertyOf(error, 'code')
  const holder = propertyOf(error, 'holder')
  switch (code) {
    case 'EBUSY':
    case 'EAGAIN':
      return {
        code: 'transport.busy',
        message: `${path} is in use by ${holder ?? 'another program'}; stop it and try again (${code})`,
        retry: 'later',
      }
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'transport.permission',
        message: `this user may not open ${path}; add it to the group dialout (sudo usermod -aG dialout $USER) and sign in again (${code})`,
        retry: 'never',
      }
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return {
        code: 'transport.no-device',
        message: `there is no device ${path}; check the cable, and the path with \`hes doctor\` (${code})`,
        retry: 'later',
      }
    case 'ENOTTY':
      return {
        code: 'transport.no-device',
        message: `${path} is not a serial port, or does not take these settings (${code})`,
        retry: 'never',
      }
    default:
      return describeSystemError(error, `opening ${path}`)
  }
}

function propertyOf(error: unknown, key: 'code' | 'holder'): string | null {
  if (typeof error !== 'object' || error === null) return null
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : null
}

function givenUp(name: string): TransportError {
  return {
    code: 'transport.timeout',
    message: `${name}: given up before it opened`,
    retry: 'later',
  }
}
