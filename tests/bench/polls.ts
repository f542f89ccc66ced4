import { type ChildProcess, fork } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Measured } from './measure.ts'
import type { Rate } from './polls-asker.ts'

const CHANNELS = [1, 100, 1_000]
const KINDS = [
  { script: 'present', words: 'as the default plan asks (6 a visit)' },
  { script: 'single', words: 'one a visit' },
]

/**
 * Polls per second through the whole engine, against a bare socket that writes and waits. Each in
 * a process of its own, so that none runs code that was made ready for another.
 */
export async function run(): Promise<readonly Measured[]> {
  const rows: Measured[] = []
  const all = CHANNELS.flatMap((channels) => KINDS.map((kind) => ({ channels, ...kind })))
  for (const { channels, script, words } of all) {
    const limit = await rateOf('bare', channels, script)
    const ours = await rateOf('engine', channels, script)
    const against = 'bare socket'
    const name = `polls on ${channels} channel(s), ${words}`
    rows.push(
      {
        name,
        ours: ours.perSecond,
        limit: limit.perSecond,
        unit: 'polls/s',
        against,
      },
      {
        name: `${name}, of our processor's time`,
        ours: ours.perProcessorSecond,
        limit: limit.perProcessorSecond,
        unit: 'polls/s',
        against,
      },
    )
  }
  return rows
}

async function rateOf(who: 'bare' | 'engine', channels: number, script: string): Promise<Rate> {
  const responder = start('polls-responder.ts', [script])
  try {
    const port = await firstOutput(responder)
    const asker = start('polls-asker.ts', [who, port, String(channels), script])
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
