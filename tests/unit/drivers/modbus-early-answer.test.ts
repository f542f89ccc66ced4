import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { modbusDialer } from '#drivers/modbus'
import { ManualClock, settle, virtualNetwork } from '#tests/support'

const never = new AbortController().signal
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** A port that the answer comes in from before it says that the request has gone out. */
function hastyPort(): { readonly port: Duplex; say(): void } {
  const written: (() => void)[] = []
  const port = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => void written.push(done),
  })
  return {
    port,
    say: () => {
      for (const done of written.splice(0)) done()
    },
  }
}

test('a request may follow an answer that was faster than the port', async () => {
  const clock = new ManualClock()
  const { port, say } = hastyPort()
  const settings = { path: 'pty', baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const
  const dialer = modbusDialer(
    { kind: 'serial', settings },
    { network: virtualNetwork(), serialPorts: { open: async () => port }, clock },
  )
  const opened = await dialer.open(never)
  if (!opened.ok) throw new Error(opened.error.message)
  const channel = opened.value
  const answers: string[] = []
  void (async () => {
    for await (const chunk of channel.bytes()) answers.push(Buffer.from(chunk).toString('hex'))
  })()

  const first = channel.send(hex('01 03 0000 0001'), never)
  await clock.advance(500)
  // 01 03 02 00 2A and its CRC, worked by hand.
  port.push(hex('01 03 02 00 2A 39 9B'))
  await settle()
  expect(answers).toEqual(['010302002a'])
  const second = channel.send(hex('01 03 0001 0001'), never)
  await clock.advance(500)
  say()
  await settle()
  expect(await first).toEqual({ ok: true })
  say()
  await settle()
  expect(await second).toEqual({ ok: true })
})
