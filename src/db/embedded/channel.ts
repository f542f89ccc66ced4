/** What the two threads say to each other. One `run` at a time; its answers come in order. */
export type ToWorker =
  | { readonly kind: 'run'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'close' }

export type FromWorker =
  | { readonly kind: 'opened'; readonly serverVersion: string }
  | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'done' }
  /** The WebAssembly instance is dead for good. */
  | { readonly kind: 'trapped'; readonly reason: string }
  | { readonly kind: 'closed' }

export interface WorkerSettings {
  readonly dataDir: string
  /** The folder is new: its maker syncs all of it at the end, instead of file by file. */
  readonly isNew: boolean
  /** Counts what reached the disk: fsync calls. */
  readonly syncCount: SharedArrayBuffer
}
