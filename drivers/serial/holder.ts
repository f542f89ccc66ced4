import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'

/** Who keeps a port from us, as far as this user may see: `picocom (process 1234)`. */
export async function holderOf(path: string): Promise<string | null> {
  const device = await realpath(path).catch(() => path)
  const [opened, locking] = await Promise.all([whoOpened(device), whoLocks(device)])
  // Others may have the port open without a claim to it; the one with the lock is in our way.
  const id = opened.find((process) => locking.has(process)) ?? opened[0]
  return id === undefined ? null : `${await nameOf(id)} (process ${id})`
}

async function whoOpened(device: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const opened = await Promise.all(ids.map((id) => hasOpened(id, device)))
  return ids.filter((_, index) => opened[index])
}

async function hasOpened(id: string, device: string): Promise<boolean> {
  const files = await readdir(`/proc/${id}/fd`).catch(() => [])
  for (const file of files) {
    if ((await readlink(`/proc/${id}/fd/${file}`).catch(() => null)) === device) return true
  }
  return false
}

/** Rows such as `3: FLOCK  ADVISORY  WRITE 1234 00:1b:5 0 EOF`; the sixth word ends in the inode. */
async function whoLocks(device: string): Promise<ReadonlySet<string>> {
  const inode = await stat(device)
    .then(({ ino }) => String(ino))
    .catch(() => null)
  const rows = (await readFile('/proc/locks', 'utf8').catch(() => '')).split('\n')
  const words = rows.map((row) => row.trim().split(/\s+/))
  const locks = words.filter(([, kind, , , , file]) => {
    return kind === 'FLOCK' && file?.split(':').at(-1) === inode
  })
  return new Set(locks.map(([, , , , id = '']) => id))
}

async function nameOf(id: string): Promise<string> {
  const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
  return line.split('\0')[0]?.split('/').at(-1) || 'a program'
}
