import { listSerialPorts } from '#drivers/serial'
import { loadRegisterMaps } from '#src/acquisition/register-maps'
import { type Inspection, nodeInspection, type Run } from '#src/cli'
import { ok, systemClock } from '#src/core'
import { lockHolder } from '#src/db'
import { withDatabase } from './storage.ts'

/** What `hes doctor` looks at. */
export async function inspect(run: Run): Promise<Inspection> {
  return nodeInspection({
    now: systemClock.now(),
    database: () => withDatabase(run, async (db) => ok(db.kind)),
    lockHolder: async (directory) => lockHolder(directory),
    registerMaps: loadRegisterMaps,
    serialPorts: async () =>
      (await listSerialPorts()).map(({ path, stablePath }) => stablePath ?? path),
  })
}
