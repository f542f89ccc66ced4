import { message } from './frames.ts'

/** What we call of the WebAssembly module itself, beside PGlite's own wrapping. */
export interface BackendModule {
  readonly HEAPU8: Uint8Array
  addFunction(run: (pointer: number, length: number) => number, signature: string): number
  _set_read_write_cbs(read: number, write: number): void
  _interactive_one(length: number, firstByte: number): void
  _pgl_shutdown(): void
}

export interface RawBackend {
  /** Runs one or more whole frontend messages; the answers went out when it returns. */
  run(bytes: Uint8Array): void
  /** Leaves a folder that needs no recovery. PGlite's own closing would want its callbacks back. */
  close(): void
}

const OUTPUT_CHUNK_BYTES = 256 * 1024

/**
 * Talks to the backend without PGlite's parsing: its wrapper decodes every answer a second time
 * and keeps all of it.
 */
export function backendOver(
  module: BackendModule,
  output: (bytes: Uint8Array<ArrayBuffer>) => void,
): RawBackend {
  let input: Uint8Array = new Uint8Array(0)
  let inputOffset = 0
  const chunk = new Uint8Array(OUTPUT_CHUNK_BYTES)
  let chunkBytes = 0

  const flush = () => {
    if (chunkBytes === 0) return
    output(chunk.slice(0, chunkBytes))
    chunkBytes = 0
  }
  const read = module.addFunction((pointer, lengthMax) => {
    const part = input.subarray(inputOffset, inputOffset + lengthMax)
    module.HEAPU8.set(part, pointer)
    inputOffset += part.length
    return part.length
  }, 'iii')
  const write = module.addFunction((pointer, length) => {
    if (chunkBytes + length > OUTPUT_CHUNK_BYTES) flush()
    const bytes = module.HEAPU8.subarray(pointer, pointer + length)
    if (length > OUTPUT_CHUNK_BYTES) {
      output(bytes.slice())
    } else {
      chunk.set(bytes, chunkBytes)
      chunkBytes += length
    }
    return length
  }, 'iii')
  module._set_read_write_cbs(read, write)

  const run = (bytes: Uint8Array) => {
    input = bytes
    inputOffset = 0
    // It reads 8 KiB at a time and returns where a message ends with them, whatever follows.
    do module._interactive_one(bytes.length - inputOffset, bytes[inputOffset] ?? 0)
    while (inputOffset < bytes.length)
    flush()
    input = new Uint8Array(0)
  }

  return {
    run,
    close() {
      run(message('Q', 'checkpoint'))
      try {
        run(message('X'))
        module._pgl_shutdown()
      } catch (error) {
        // The C program's exit(0) arrives as an exception; any other status is a real fault.
        if (!isCleanExit(error)) throw error
      }
    },
  }
}

const isCleanExit = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Reflect.get(error, 'status') === 0
