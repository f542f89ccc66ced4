import { type Channel, memoryPair } from '#drivers/channel'
import { Line, type Permit } from '#src/acquisition'
import { milliseconds } from '#src/core'
import { ManualClock, settle, type ToyRequest, testGate, toyProtocol } from '#tests/support'

export const limits = { firstByte: milliseconds(1_000), gap: milliseconds(200) }
export const never = new AbortController().signal
export const ask: ToyRequest = { address: 7, item: 3, part: 0 }

/** A line with a memory of what was sent, and somebody at its other end. */
export function setUp() {
  const clock = new ManualClock()
  const [ours, theirs] = memoryPair()
  const gate = testGate(clock)
  const line = new Line(ours, clock, gate.keeper)
  const heard: Uint8Array[] = []
  void listen(theirs, heard)
  const say = async (...frames: Uint8Array[]) => {
    for (const frame of frames) await theirs.send(frame, never)
    await settle()
  }
  const exchange = (request: ToyRequest = ask, permit: Permit | null = null, signal = never) =>
    line.exchange(toyProtocol, request, limits, signal, permit)
  return { clock, line, heard, say, exchange, theirs, gate }
}

async function listen(channel: Channel, heard: Uint8Array[]): Promise<void> {
  for await (const chunk of channel.bytes()) heard.push(chunk)
}
