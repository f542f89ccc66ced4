import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { fail, ok, type Result } from '#src/core'

/** What an export holds. Text form, so that a person can check it with standard tools. */
export type Manifest = Static<typeof manifestSchema>
export type TableEntry = Manifest['tables'][number]
export type Part = TableEntry['parts'][number]

export interface TransferError {
  readonly kind: 'transfer'
  readonly code: 'folder' | 'manifest' | 'schema' | 'not-empty' | 'damaged' | 'mismatch' | 'failed'
  readonly message: string
  readonly cause?: unknown
}

/** How far a transfer is; `part` of `parts` files of a table. */
export interface TransferProgress {
  readonly table: string
  readonly part: number
  readonly parts: number
  /** True where an earlier run had already done it. */
  readonly skipped: boolean
}

export interface TransferReport {
  readonly tables: readonly { readonly table: string; readonly rows: number }[]
}

export const transferError = (
  code: TransferError['code'],
  message: string,
  cause?: unknown,
): TransferError => ({
  kind: 'transfer',
  code,
  message,
  ...(cause === undefined ? {} : { cause }),
})

const strict = { additionalProperties: false }
const partSchema = Type.Object(
  {
    file: Type.String(),
    rows: Type.Integer(),
    /** The sum of a hash of every row: the same whatever order the rows come in. */
    fingerprint: Type.String(),
    sha256: Type.String(),
  },
  strict,
)
const tableSchema = Type.Object(
  {
    table: Type.String(),
    columns: Type.Array(Type.String()),
    rows: Type.Integer(),
    fingerprint: Type.String(),
    parts: Type.Array(partSchema),
  },
  strict,
)
const manifestSchema = Type.Object(
  {
    format: Type.Literal('openhes-export-1'),
    /** Names the moment of the database that was exported. */
    state: Type.String(),
    complete: Type.Boolean(),
    migrations: Type.Array(Type.Object({ name: Type.String(), hash: Type.String() }, strict)),
    sequences: Type.Array(
      Type.Object(
        { sequence: Type.String(), value: Type.String(), called: Type.Boolean() },
        strict,
      ),
    ),
    tables: Type.Array(tableSchema),
  },
  strict,
)

const MANIFEST_FILE = 'manifest.json'

/** Undefined where there is none. */
export async function readManifest(
  folder: string,
): Promise<Result<Manifest | undefined, TransferError>> {
  const path = join(folder, MANIFEST_FILE)
  if (!fs.existsSync(path)) return ok(undefined)
  try {
    const manifest: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (Value.Check(manifestSchema, manifest)) return ok(manifest)
    return fail(transferError('manifest', `${path} is not the manifest of an export`))
  } catch (error) {
    return fail(transferError('manifest', `${path} cannot be read`, error))
  }
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await replaceFile(join(folder, MANIFEST_FILE), async (draft) => {
    const file = await open(draft, 'w')
    try {
      await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  })
}

/** The file appears whole or not at all. */
export async function replaceFile(
  path: string,
  write: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.draft`
  await write(draft)
  await rename(draft, path)
}

/** Undefined where the file is missing. */
export async function hashFile(path: string): Promise<string | undefined> {
  if (!fs.existsSync(path)) return undefined
  const hash = createHash('sha256')
  await pipeline(fs.createReadStream(path), hash)
  return hash.digest('hex')
}
