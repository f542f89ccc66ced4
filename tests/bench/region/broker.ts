import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort, type Mortal, says } from './mortal.ts'

const MOSQUITTO = '/usr/sbin/mosquitto'

/** Debian's Mosquitto, set to keep sessions and what waits for them when it dies. */
export async function makeBroker(): Promise<Mortal> {
  if (!existsSync(MOSQUITTO)) throw new Error('apt-get install mosquitto')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'hes-region-mqtt-'))
  const settings = path.join(folder, 'mosquitto.conf')
  const port = await freePort()
  const lines = [
    ...[`listener ${port} 127.0.0.1`, 'allow_anonymous true', `user ${os.userInfo().username}`],
    ...['persistence true', `persistence_location ${folder}/`],
    // Each change is written at once.
    ...['autosave_on_changes true', 'autosave_interval 1', 'max_queued_messages 0'],
  ]
  writeFileSync(settings, `${lines.join('\n')}\n`)
  let broker: ChildProcess | null = null
  const kill = async () => {
    const dying = broker
    broker = null
    if (!dying || dying.exitCode !== null) return
    dying.kill('SIGKILL')
    await once(dying, 'exit')
  }
  return {
    name: 'the broker',
    url: `mqtt://127.0.0.1:${port}`,
    async start() {
      broker = spawn(MOSQUITTO, ['-c', settings], { stdio: ['ignore', 'ignore', 'pipe'] })
      await says(broker, 'running')
    },
    kill,
    async remove() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
