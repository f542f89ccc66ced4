import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail, ok, type Result } from '#src/core'

export interface Photo {
  readonly hash: string
  readonly type: string
  readonly bytes: Uint8Array
}

/** What a picture's first bytes say that it is; what its name or sender says counts for nothing. */
const kinds: readonly {
  readonly type: string
  readonly ending: string
  starts(b: Uint8Array): boolean
}[] = [
  {
    type: 'image/jpeg',
    ending: 'jpg',
    starts: (b) => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff,
  },
  {
    type: 'image/png',
    ending: 'png',
    starts: (b) => ascii(b, 1, 4) === 'PNG' && b[0] === 0x89 && b[4] === 0x0d && b[5] === 0x0a,
  },
  {
    type: 'image/webp',
    ending: 'webp',
    starts: (b) => ascii(b, 0, 4) === 'RIFF' && ascii(b, 8, 12) === 'WEBP',
  },
]

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to))

/** Photos of displays by the hash of what they are, below a folder; the same photo is kept once. */
export function photoShelf(folder: string) {
  const pathOf = (hash: string, ending: string) =>
    join(folder, hash.slice(0, 2), `${hash}.${ending}`)
  return {
    async keep(bytes: Uint8Array): Promise<Result<Omit<Photo, 'bytes'>, 'not-a-photo'>> {
      const kind = kinds.find(({ starts }) => starts(bytes))
      if (kind === undefined) return fail('not-a-photo')
      const hash = createHash('sha256').update(bytes).digest('hex')
      const path = pathOf(hash, kind.ending)
      await mkdir(join(folder, hash.slice(0, 2)), { recursive: true })
      await writeFile(`${path}.part`, bytes, { mode: 0o600 })
      await rename(`${path}.part`, path)
      return ok({ hash, type: kind.type })
    },
    async get(hash: string): Promise<Photo | undefined> {
      if (!/^[0-9a-f]{64}$/.test(hash)) return undefined
      for (const { type, ending } of kinds) {
        try {
          return { hash, type, bytes: await readFile(pathOf(hash, ending)) }
        } catch {
          // Not of this kind, or not there at all.
        }
      }
      return undefined
    },
  }
}

export type PhotoShelf = ReturnType<typeof photoShelf>
