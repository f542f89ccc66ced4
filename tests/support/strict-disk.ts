import fs from 'node:fs'
import path from 'node:path'

/** One change of a folder, in the order the program made it. */
type Change =
  | { readonly kind: 'write'; readonly file: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: string; readonly size: number }
  | { readonly kind: 'create' | 'remove' | 'makeFolder' | 'removeFolder'; readonly file: string }
  | { readonly kind: 'rename'; readonly file: string; readonly to: string }
  | { readonly kind: 'sync'; readonly file: string | undefined }

/**
 * Records what happens to a folder, and shows what a disk may hold when the power fails: content
 * only as far as it was synced, names as far as any sync came after them (the journal of ext4),
 * and of the rest whatever chance has written.
 */
export interface StrictDisk {
  /** How many changes there are so far: a moment to lose power at. */
  moment(): number
  syncs(): number
  /** Makes `target`, a copy of the folder at the start, into what is left after a power loss. */
  replay(target: string, moment: number, chance: () => number): void
  stop(): void
}

export function recordDisk(folder: string): StrictDisk {
  const changes: Change[] = []
  const files = new Map<number, string>()
  const inside = (name: unknown): string | undefined => {
    if (typeof name !== 'string' || !name.startsWith(`${folder}/`)) return undefined
    return path.relative(folder, name)
  }
  const original = { ...fs }
  const stop = patch({
    openSync(name: fs.PathLike, flags: fs.OpenMode, mode?: fs.Mode) {
      const file = inside(name)
      const isNew = file !== undefined && !original.existsSync(name)
      const fd = original.openSync(name, flags, mode)
      if (file === undefined) return fd
      if (isNew) changes.push({ kind: 'create', file })
      files.set(fd, file)
      return fd
    },
    closeSync(fd: number) {
      files.delete(fd)
      original.closeSync(fd)
    },
    writeSync(
      fd: number,
      data: NodeJS.ArrayBufferView,
      offset: number,
      length: number,
      at: number,
    ) {
      const written = original.writeSync(fd, data, offset, length, at)
      const file = files.get(fd)
      const bytes = Buffer.from(new Uint8Array(data.buffer, data.byteOffset + offset, written))
      if (file !== undefined) changes.push({ kind: 'write', file, at, bytes })
      return written
    },
    writeFileSync(name: string, data: string, options?: fs.WriteFileOptions) {
      original.writeFileSync(name, data, options)
      const file = inside(name)
      if (file !== undefined) changes.push({ kind: 'create', file })
    },
    truncateSync(name: string, size?: number) {
      original.truncateSync(name, size)
      const file = inside(name)
      if (file !== undefined) changes.push({ kind: 'truncate', file, size: size ?? 0 })
    },
    fsyncSync(fd: number) {
      changes.push({ kind: 'sync', file: files.get(fd) })
    },
    unlinkSync(name: fs.PathLike) {
      original.unlinkSync(name)
      const file = inside(name)
      if (file !== undefined) changes.push({ kind: 'remove', file })
    },
    renameSync(from: fs.PathLike, to: fs.PathLike) {
      original.renameSync(from, to)
      const [file, target] = [inside(from), inside(to)]
      if (file === undefined || target === undefined) return
      changes.push({ kind: 'rename', file, to: target })
      for (const [fd, open] of files) if (open === file) files.set(fd, target)
    },
    mkdirSync(name: fs.PathLike) {
      original.mkdirSync(name)
      const file = inside(name)
      if (file !== undefined) changes.push({ kind: 'makeFolder', file })
    },
    rmdirSync(name: fs.PathLike) {
      original.rmdirSync(name)
      const file = inside(name)
      if (file !== undefined) changes.push({ kind: 'removeFolder', file })
    },
  })
  return {
    moment: () => changes.length,
    syncs: () => changes.filter(({ kind }) => kind === 'sync').length,
    replay: (target, moment, chance) => replay(target, changes.slice(0, moment), chance),
    stop,
  }
}

/** The build's file system calls functions of `node:fs` by name, so they can be stood in for. */
function patch(stand: object): () => void {
  const original = Object.fromEntries(
    Object.keys(stand).map((name) => [name, Reflect.get(fs, name)]),
  )
  Object.assign(fs, stand)
  return () => {
    Object.assign(fs, original)
  }
}

function replay(target: string, changes: readonly Change[], chance: () => number): void {
  const lastSync = changes.findLastIndex(({ kind }) => kind === 'sync')
  for (const [index, change] of changes.entries()) {
    if (change.kind === 'sync') continue
    const survives = isContent(change)
      ? isSynced(change.file, changes, index) || chance() < 0.5
      : index < lastSync
    if (survives) apply(target, change)
  }
}

const isContent = ({ kind }: Change): boolean => kind === 'write' || kind === 'truncate'

/** Whether a later sync reached this file, under whatever name it had by then. */
function isSynced(file: string, changes: readonly Change[], from: number): boolean {
  let name = file
  for (let index = from + 1; index < changes.length; index += 1) {
    const change = changes[index]
    if (change === undefined) break
    if (change.kind === 'rename' && change.file === name) name = change.to
    if (change.kind === 'sync' && change.file === name) return true
  }
  return false
}

function apply(target: string, change: Exclude<Change, { kind: 'sync' }>): void {
  const name = path.join(target, change.file)
  // A name that was never synced into being has nothing that could be written or removed.
  const exists = fs.existsSync(name)
  switch (change.kind) {
    case 'create':
      if (!exists && fs.existsSync(path.dirname(name))) fs.writeFileSync(name, '')
      return
    case 'makeFolder':
      if (!exists) fs.mkdirSync(name, { recursive: true })
      return
    case 'write':
      if (exists) writeAt(name, change.bytes, change.at)
      return
    case 'truncate':
      if (exists) fs.truncateSync(name, change.size)
      return
    case 'remove':
    case 'removeFolder':
      fs.rmSync(name, { recursive: true, force: true })
      return
    case 'rename':
      if (exists) fs.renameSync(name, path.join(target, change.to))
  }
}

function writeAt(name: string, bytes: Buffer, at: number): void {
  const fd = fs.openSync(name, 'r+')
  try {
    fs.writeSync(fd, bytes, 0, bytes.length, at)
  } finally {
    fs.closeSync(fd)
  }
}
