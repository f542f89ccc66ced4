import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Channel } from '#drivers/channel'
import { channelKinds, type Line, never } from './channel-kinds.ts'

const PATIENCE = { timeout: 10_000 }
/** More than any channel may hold unread. */
const FLOOD_BYTES = 4_000_000

for (const kind of channelKinds) {
  const title = kind.missing ? `a ${kind.name} channel (${kind.missing})` : `a ${kind.name} channel`
  describe.skipIf(kind.missing)(title, () => {
    let line: Line

    beforeEach(async () => {
      line = await kind.open()
    })
    afterEach(() => line.dispose())

    it('carries every byte value to the other end', async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      expect(await line.channel.send(bytes, never)).toEqual({ ok: true })
      await vi.waitUntil(() => line.peer.received().length === 256, PATIENCE)
      expect([...line.peer.received()]).toEqual([...bytes])
    })

    it('carries every byte value from the other end', async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
      await line.peer.write(bytes)
      expect([...(await read(line.channel, 256))]).toEqual([...bytes])
    })

    it('keeps the order of bytes however they are cut into chunks', async () => {
      const reading = read(line.channel, 300)
      for (let i = 0; i < 100; i++) await line.peer.write(Uint8Array.of(i, i + 1, i + 2))
      const expected = Array.from({ length: 100 }, (_, i) => [i, i + 1, i + 2]).flat()
      expect([...(await reading)]).toEqual(expected)
    })

    it('ends the iteration when it is closed, without a failure', async () => {
      const reading = read(line.channel, 1)
      await line.channel.close()
      expect((await reading).length).toBe(0)
      expect(line.channel.failure).toBeNull()
    })

    it('can be closed twice', async () => {
      await line.channel.close()
      await line.channel.close()
      expect(line.channel.failure).toBeNull()
    })

    it('refuses to send once it is closed', async () => {
      await line.channel.close()
      const sent = await line.channel.send(Uint8Array.of(1), never)
      expect(sent).toMatchObject({ ok: false, error: { code: 'transport.closed' } })
    })

    it('ends with a failure when the other end dies', async () => {
      const reading = read(line.channel, 1)
      line.peer.die()
      expect((await reading).length).toBe(0)
      expect(line.channel.failure).toMatchObject({ code: 'transport.closed', retry: 'now' })
      const sent = await line.channel.send(Uint8Array.of(1), never)
      expect(sent).toMatchObject({ ok: false, error: { code: 'transport.closed' } })
    })

    it('gives what had arrived before the other end died', async () => {
      await line.peer.write(Uint8Array.of(1, 2, 3))
      const reading = read(line.channel, 4)
      await line.channel.send(Uint8Array.of(9), never)
      await vi.waitUntil(() => line.peer.received().length === 1, PATIENCE)
      line.peer.die()
      expect([...(await reading)]).toEqual([1, 2, 3])
    })

    it('sends nothing when the caller has given up', async () => {
      const sent = await line.channel.send(Uint8Array.of(1), AbortSignal.abort())
      expect(sent).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
      await line.channel.send(Uint8Array.of(2), never)
      await vi.waitUntil(() => line.peer.received().length > 0, PATIENCE)
      expect([...line.peer.received()]).toEqual([2])
    })

    it('gives up rather than hold what nobody reads', async () => {
      void line.peer.write(new Uint8Array(FLOOD_BYTES))
      await vi.waitUntil(() => line.channel.failure !== null, PATIENCE)
      expect(line.channel.failure).toMatchObject({ code: 'transport.overflow' })
    })

    it('says what it is', () => {
      expect(line.channel.facts).toMatchObject({ halfDuplex: true, framed: false })
      expect(line.channel.facts.name).not.toBe('')
    })
  })
}

/** Reads until so many bytes came or the channel ended. */
async function read(channel: Channel, count: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of channel.bytes()) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= count) break
  }
  return Buffer.concat(chunks)
}
