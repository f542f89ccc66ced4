import { describe, expect, it } from 'vitest'
import { listSerialPorts, nodeSerialPorts, serialDialer } from '#drivers/serial'

const never = new AbortController().signal
const line = { baud: 2_400, parity: 'even', dataBits: 8, stopBits: 1 } as const
const failing = (code: string, holder: string | null = null) => ({
  open: () => Promise.reject(Object.assign(new Error('no'), { code, holder })),
})

async function errorOf(code: string, holder: string | null = null) {
  const dialer = serialDialer({ path: '/dev/ttyUSB0', ...line }, failing(code, holder))
  const opened = await dialer.open(never)
  if (opened.ok) throw new Error('it opened')
  return opened.error
}

describe('a serial dialer', () => {
  it('says who holds a busy port', async () => {
    const error = await errorOf('EBUSY', 'picocom (process 7)')
    expect(error).toMatchObject({ code: 'transport.busy', retry: 'later' })
    expect(error.message).toContain('/dev/ttyUSB0 is in use by picocom (process 7)')
  })

  it('says how to get the right to a port', async () => {
    const error = await errorOf('EACCES')
    expect(error).toMatchObject({ code: 'transport.permission', retry: 'never' })
    expect(error.message).toContain('dialout')
  })

  it.each(['/dev/no-such-port', '/dev/null'])('says that %s is no port', async (path) => {
    const opened = await serialDialer({ path, ...line }, nodeSerialPorts).open(never)
    expect(opened).toMatchObject({ ok: false, error: { code: 'transport.no-device' } })
    expect(opened.ok ? '' : opened.error.message).toContain(path)
  })

  it('opens nothing for a caller who has given up', async () => {
    const opened = await serialDialer({ path: '/dev/null', ...line }, nodeSerialPorts).open(
      AbortSignal.abort(),
    )
    expect(opened).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
  })
})

it('the list of serial ports never fails', async () => {
  const ports = await listSerialPorts()
  for (const { path } of ports) expect(path).toMatch(/^\/dev\/|^COM/)
})
