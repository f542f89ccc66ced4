import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeNetwork } from '#drivers/tcp'
import {
  demoScenario,
  type Fleet,
  type FleetMemory,
  startFleet,
  surrounded,
} from '#simulators/fleet'
import type { Run } from '#src/cli'
import { instant, systemClock } from '#src/core'
import type { Registry } from '#src/registry'
import type { HeadEndPorts } from './head-end-options.ts'

/** What simulated meters must remember over a restart: clocks that were set, open relays. */
const MEMORY_FILE = 'simulated-field.json'

/** Starts the simulated field and enters its meters in the archive; returns how to stop it. */
export async function startDemoField(
  { loaded, say }: Run,
  registry: Registry,
  ports: HeadEndPorts,
): Promise<() => Promise<void>> {
  const { demoMeters, timezone, dataDir } = loaded.settings
  const place = { dialInPort: ports.dialin ?? 0, mqttUrl: ports.mqttUrl, zone: timezone }
  const memoryPath = join(dataDir, MEMORY_FILE)
  const fleet = await startFleet(
    demoScenario(demoMeters, place),
    { clock: systemClock, network: nodeNetwork },
    await readMemory(memoryPath),
  )
  const stop = async () => {
    await fleet.stop()
    await writeFile(memoryPath, JSON.stringify(fleet.memory()))
  }
  try {
    await enter(fleet, registry)
  } catch (error) {
    await stop()
    throw error
  }
  const { meters, devices } = fleet.stats()
  say(`a simulated field of ${meters} meters on ${devices} devices is running`)
  return stop
}

async function enter(fleet: Fleet, registry: Registry): Promise<void> {
  const rows = surrounded(fleet.archive()).map((row) => {
    return { ...row, validFrom: instant(row.validFrom) }
  })
  const entered = await registry.importArchive(rows)
  if (!entered.ok) {
    const [first] = entered.error
    throw new Error(`the simulated archive was refused: ${first?.message ?? 'no reason given'}`)
  }
}

async function readMemory(path: string): Promise<FleetMemory> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    // The first start has none yet; a damaged one costs the simulated meters their set clocks.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return {}
    throw error
  }
}
