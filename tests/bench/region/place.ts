import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { makeBroker } from './broker.ts'
import { makeCluster } from './cluster.ts'
import type { Mortal } from './mortal.ts'

function argumentOf(name: string): string | undefined {
  return process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
}

/** Where a run keeps what it stores, and what may die meanwhile. */
export interface Place {
  readonly url: string | null
  readonly dataDir: string
  /** A server that may be killed; null where it is somebody else's. */
  readonly cluster: Mortal | null
  /** A broker of meters that publish; null where there are none. */
  readonly broker: Mortal | null
  open(): Promise<Database>
  remove(): Promise<void>
}

export async function makeDatabase(): Promise<Place> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'hes-region-'))
  const cluster = process.argv.includes('--deaths') ? await makeCluster() : null
  await cluster?.start()
  const broker = Number(argumentOf('publishers') ?? 0) > 0 ? await makeBroker() : null
  await broker?.start()
  const server = cluster?.url ?? argumentOf('database')
  const name = `region_${process.pid}`
  const url = server === undefined ? null : Object.assign(new URL(server), { pathname: name }).href
  if (server !== undefined) await onServer(server, `create database ${name}`)
  const open = async () => {
    const opened = await openDatabase({
      ...(url === null ? {} : { url }),
      dataDir,
      clock: systemClock,
      log: { warn: () => {} },
    })
    if (!opened.ok) throw new Error(opened.error.message)
    return opened.value
  }
  return {
    url,
    dataDir,
    cluster,
    broker,
    open,
    async remove() {
      rmSync(dataDir, { recursive: true, force: true })
      const isKept = process.argv.includes('--keep')
      if (isKept) process.stderr.write(`kept ${url ?? 'nothing'}\n`)
      else if (server !== undefined) await onServer(server, `drop database ${name} with (force)`)
      await cluster?.remove()
      await broker?.remove()
    },
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement)
  await client.end()
}
