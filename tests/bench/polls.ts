import { type ChildProcess, fork } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Measured } from './measure.ts'
import type { Rate } from './polls-asker.ts'

const CHANNELS = [1, 100, 1_000]

/**
 * Polls per second through the whole engine, against a bare socket that writes and waits. Each in
 * a process of its own, so that none runs code that was made ready for another.
 */
export async function run(): Promise<readonly Measured[]> {
  const rows: Measured[] = []
  for (const channels of CHANNELS) {
    const limit = await rateOf('bare', channels)
    const ours = await rateOf('engine', channels)
    const against = 'bare socket'
    rows.push(
      {
        name: `polls on ${channels} channel(s)`,
        ours: ours.perSecond,
        limit: limit.perSecond,
        unit: 'polls/s',
        against,
      },
      {
        name: `polls on ${channels} channel(s), of our processor's time`,
        ours: ours.perProcessorSecond,
        limit: limit.perProcessorSecond,
        unit: 'polls/s',
        against,
      },
    )
  }
  return rows
}

async function rateOf(who: 'bare' | 'engine', channels: number): Promise<Rate> {
  const responder = start('polls-responder.ts', [])
  try {
    const port = await firstOutput(responder)
    const asker = start('polls-asker.ts', [who, port, String(channels)])
    if (!asker.stdout) throw new Error('the asker has no output')
    return JSON.parse(await text(asker.stdout))
  } finally {
    responder.disconnect()
  }
}

function start(program: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url))
  return fork(path, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
}

function firstOutput(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (chunk) => resolve(String(chunk).trim()))
  })
}
