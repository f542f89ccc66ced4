import { readFile, stat } from 'node:fs/promises'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { faultText, type ModbusProfile, type ProfileFault, parseProfile } from '#protocols/modbus'
import { fail, ok, type Result } from '#src/core'

/** How a file of a register map ends; JSON is YAML too. */
const ending = /\.(?:ya?ml|json)$/i
/** Far more than the longest map; what is larger is something else. */
const FILE_BYTES_MAX = 262_144

/** The registers of a meter family, as Modbus reads them. */
export type RegisterMap = ModbusProfile

/** Why a file gave no map, with every mistake in it. */
export interface FileFault {
  readonly kind: 'unreadable' | 'wrong'
  readonly mistakes: readonly string[]
}

/** True for the name of a file that is read as a register map. */
export function isMapFile(name: string): boolean {
  return ending.test(name)
}

/** Reads a register map of a user, or says everything that is wrong with it. */
export async function lintRegisterMap(path: string): Promise<Result<RegisterMap, FileFault>> {
  let bytes: Uint8Array
  try {
    const found = await stat(path)
    if (!found.isFile()) return wrong(`${path}: is no file`)
    if (found.size > FILE_BYTES_MAX) {
      return wrong(`${path}: has ${found.size} bytes; a register map has up to ${FILE_BYTES_MAX}`)
    }
    bytes = await readFile(path)
  } catch (error) {
    const [reason] = error instanceof Error ? error.message.split(',') : [String(error)]
    return fail({ kind: 'unreadable', mistakes: [`${path}: cannot be read (${reason})`] })
  }
  return parseMapFile(path, bytes)
}

function parseMapFile(path: string, bytes: Uint8Array): Result<RegisterMap, FileFault> {
  const text = textOf(bytes)
  if (text === null) return wrong(`${path}: is not text in UTF-8`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => lines.linePos(offset).line
  if (document.errors.length > 0) {
    return wrong(
      ...document.errors.map(({ pos, message }) => {
        return `${path}:${lineAt(pos[0])}: is not YAML (${message.trimEnd()})`
      }),
    )
  }
  const data = contentOf(document)
  if (data === undefined) return wrong(`${path}: refers to itself too often`)
  const parsed = parseProfile(path, data)
  if (parsed.ok) return ok(parsed.profile)
  const placed = parsed.faults.map((fault) => ({ fault, line: lineAt(offsetOf(document, fault)) }))
  const inOrder = placed.toSorted((one, other) => one.line - other.line)
  return wrong(
    ...inOrder.map(({ fault, line }) => faultText({ ...fault, file: `${path}:${line}` })),
  )
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Another encoding would turn titles into nonsense: the person is told.
    return null
  }
}

/** Undefined where aliases would blow a small file up. */
function contentOf(document: Document): unknown {
  try {
    return document.toJS() ?? null
  } catch {
    return undefined
  }
}

/** Where the value of a mistake begins, else its row, else the file. */
function offsetOf(document: Document, { row, field }: ProfileFault): number {
  const [list = '', number] = row.split(' ')
  const place = [...(number === undefined ? [] : [list, Number(number) - 1]), field]
  const path = field === '' ? place.slice(0, -1) : place
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

function wrong(...mistakes: readonly string[]): Result<RegisterMap, FileFault> {
  return fail({ kind: 'wrong', mistakes })
}
