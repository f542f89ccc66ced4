import { readdir, readFile, realpath } from 'node:fs/promises'

export interface SerialPortEntry {
  readonly path: string
  /** What the cable calls itself, where it says so. */
  readonly description: string | null
  /** A path that stays the same when cables are plugged in another order. */
  readonly stablePath: string | null
}

/** The serial ports of this machine. Never fails: without the system's help it looks for itself. */
export async function listSerialPorts(): Promise<SerialPortEntry[]> {
  const listed = await askLibrary().catch(() => lookAround())
  return listed.sort((left, right) => left.path.localeCompare(right.path, 'en', { numeric: true }))
}

async function askLibrary(): Promise<SerialPortEntry[]> {
  const { SerialPort } = await import('serialport')
  const stablePaths = await stablePathsIn('/dev/serial/by-id')
  const ports = await SerialPort.list()
  return ports.map(({ path, manufacturer }) => ({
    path,
    description: manufacturer ?? null,
    stablePath: stablePaths.get(path) ?? null,
  }))
}

/** On a minimal Linux the library fails for want of udevadm; the kernel's own tables have it all. */
async function lookAround(): Promise<SerialPortEntry[]> {
  const names = await readdir('/sys/class/tty').catch(() => [])
  const stablePaths = await stablePathsIn('/dev/serial/by-id')
  const entries = await Promise.all(names.map((name) => describe(name, stablePaths)))
  return entries.filter((entry) => entry !== null)
}

/** Null for terminals and for ports the board does not have. */
async function describe(
  name: string,
  stablePaths: ReadonlyMap<string, string>,
): Promise<SerialPortEntry | null> {
  const device = await realpath(`/sys/class/tty/${name}/device`).catch(() => null)
  if (!device) return null
  const kind = await readFile(`/sys/class/tty/${name}/type`, 'utf8').catch(() => null)
  // Type 0 is a place in the kernel's table without a chip behind it.
  if (kind?.trim() === '0') return null
  const path = `/dev/${name}`
  return {
    path,
    description: await productOf(device),
    stablePath: stablePaths.get(path) ?? null,
  }
}

/** USB devices carry their name two or three levels above the port. */
async function productOf(device: string): Promise<string | null> {
  for (const above of ['', '/..', '/../..', '/../../..']) {
    const product = await readFile(`${device}${above}/product`, 'utf8').catch(() => null)
    if (product) return product.trim()
  }
  return null
}

async function stablePathsIn(folder: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  for (const name of await readdir(folder).catch(() => [])) {
    const target = await realpath(`${folder}/${name}`).catch(() => null)
    if (target) paths.set(target, `${folder}/${name}`)
  }
  return paths
}
