import { randomInt } from 'node:crypto'
import {
  askBlocks,
  askFile,
  askResult,
  askVersion,
  blocksIn,
  type Dlt698Response,
  dlt698,
  failureOf,
  fileIn,
  resultIn,
  startTransfer,
  versionIn as versionIn698,
  writeBlock,
} from '#protocols/dlt698'
import {
  type Gdw376Response,
  gdw376,
  segmentTaken,
  sendSegment,
  versionItem,
} from '#protocols/gdw376'
import type { Reading } from '#protocols/model'
import { type ChannelId, fail, ok, type Result } from '#src/core'
import type { DeviceVersion, FileToSend, FirmwareTalk, TalkFailure } from '#src/firmware'
import type { Permit } from '../gate/index.ts'
import { type Line, mobileLimits } from '../wire/index.ts'
import { away, hearing, taken } from './talk.ts'

export interface FirmwareTalkOptions {
  /** Lends the line of a channel for one exchange, behind all that it has to do. */
  readonly spare: (
    channel: ChannelId,
    use: (line: Line, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<Result<void, { readonly message: string }>>
  /** Leave for one frame with a part of this file; the gate checks it by itself. */
  readonly permit: (
    device: { readonly protocol: 'gdw376' | 'dlt698'; readonly address: string },
    file: FileToSend,
  ) => Promise<Permit>
}

type Said<T> = Promise<Result<T, TalkFailure>>

/** What a terminal of one protocol is asked and told; each call is one exchange or two. */
interface Terminal {
  version(): Said<DeviceVersion>
  begin(file: FileToSend, at: number | null): Said<number>
  write(file: FileToSend, block: number, data: Uint8Array): Said<'taken' | 'lost'>
  verdict(): Said<string | null>
}

const PIIDS = 64
const SEQUENCES = 16

/** Files for terminals of 376.1 and 698.45, block by block, behind the gate. */
export function firmwareTalk({ spare, permit }: FirmwareTalkOptions): FirmwareTalk {
  async function on<T>(
    channel: ChannelId,
    signal: AbortSignal,
    work: (terminal: Terminal) => Said<T>,
  ): Said<T> {
    let worked: Result<T, TalkFailure> = fail(away('nobody lent the line'))
    const use = async (line: Line, lineSignal: AbortSignal) => {
      const terminal = terminalOn(line, AbortSignal.any([signal, lineSignal]), permit)
      worked = terminal ? await work(terminal) : fail(noTerminal)
    }
    const lent = await spare(channel, use, signal)
    return lent.ok ? worked : fail(away(lent.error.message))
  }

  return {
    version: (channel, signal) => on(channel, signal, (terminal) => terminal.version()),
    begin: (channel, file, at, signal) =>
      on(channel, signal, (terminal) => terminal.begin(file, at)),
    write: (channel, file, block, data, signal) =>
      on(channel, signal, (terminal) => terminal.write(file, block, data)),
    verdict: (channel, signal) => on(channel, signal, (terminal) => terminal.verdict()),
  }
}

const noTerminal: TalkFailure = {
  kind: 'unsupported',
  message: 'what calls on this channel takes no files',
}

function terminalOn(
  line: Line,
  signal: AbortSignal,
  permit: FirmwareTalkOptions['permit'],
): Terminal | null {
  const { terminal } = line.channel.facts
  switch (terminal?.protocol) {
    case 'gdw376':
      return terminal376(line, terminal.address, signal, permit)
    case 'dlt698':
      return terminal698(line, terminal.address, signal, permit)
    default:
      return null
  }
}

function terminal376(
  line: Line,
  address: string,
  signal: AbortSignal,
  permit: FirmwareTalkOptions['permit'],
): Terminal {
  return {
    async version() {
      const [request] = gdw376.plan([versionItem], { address, profile: null }).requests
      if (!request) return fail(noTerminal)
      const outcome = await line.exchange(gdw376, request, mobileLimits, signal)
      if (outcome.kind !== 'answered') return failureIn(taken(outcome))
      const { readings } = outcome
      return ok({
        protocol: 'gdw376',
        maker: textIn(readings, 'Maker'),
        model: textIn(readings, 'Hardware version'),
        version: textIn(readings, 'Software version'),
      })
    },
    // The first segment begins a file, and the terminal tells of each which it has.
    begin: async (_file, at) => ok(at ?? 0),
    async write(file, block, data) {
      const sequence = block % SEQUENCES
      const request = sendSegment(address, block, file.blocks, data, null, sequence)
      if (!request) return fail(noTerminal)
      let has: number | null = null
      const heard = hearing(gdw376, ([answer]: readonly Gdw376Response[]) => {
        has = answer ? segmentTaken(block, answer) : null
      })
      const leave = await permit({ protocol: 'gdw376', address }, file)
      const outcome = await line.exchange(heard, request, mobileLimits, signal, leave)
      if (outcome.kind === 'refused') return ok('lost')
      if (outcome.kind !== 'answered') return failureIn(taken(outcome))
      if (has === null || has === block) return ok(has === null ? 'lost' : 'taken')
      return fail({ kind: 'silent', message: `it told of segment ${has}, not of ${block}` })
    },
    verdict: async () => ok(null),
  }
}

function terminal698(
  line: Line,
  address: string,
  signal: AbortSignal,
  permit: FirmwareTalkOptions['permit'],
): Terminal {
  type Request = ReturnType<typeof askFile>

  async function said(
    request: Request,
    leave: Permit | null = null,
  ): Said<readonly Dlt698Response[]> {
    let parts: readonly Dlt698Response[] = []
    const heard = hearing(dlt698, (all: readonly Dlt698Response[]) => {
      parts = all
    })
    const told = taken(await line.exchange(heard, request, mobileLimits, signal, leave))
    return told.ok ? ok(parts) : told
  }
  const piid = () => randomInt(PIIDS)

  async function order(request: Request, file: FileToSend): Said<'taken' | 'lost'> {
    const leave = await permit({ protocol: 'dlt698', address }, file)
    const told = await said(request, leave)
    if (told.ok) return ok('taken')
    return told.error.kind === 'refused' ? ok('lost') : told
  }

  /** The first block that the terminal lacks; null where it is not at this file. */
  async function wanted(file: FileToSend): Said<number | null> {
    const info = await said(askFile(address, piid()))
    if (!info.ok && info.error.kind !== 'refused') return info
    const known = info.ok ? fileIn(info.value) : null
    if (known && (known.bytes !== file.size || known.version !== file.version)) return ok(null)
    const status = await said(askBlocks(address, piid()))
    if (!status.ok) return status.error.kind === 'refused' ? ok(null) : status
    const blocks = blocksIn(status.value)
    if (blocks?.length !== file.blocks) return ok(null)
    const lacking = blocks.indexOf(false)
    return ok(lacking < 0 ? file.blocks : lacking)
  }

  return {
    async version() {
      const told = await said(askVersion(address, piid()))
      if (!told.ok) return told
      const found = versionIn698(told.value)
      if (!found) return fail({ kind: 'refused', message: 'it tells no version' })
      const { maker, hardware, version } = found
      return ok({ protocol: 'dlt698', maker, model: hardware, version })
    },
    async begin(file, at) {
      const resumed = at === null ? ok(null) : await wanted(file)
      if (!resumed.ok) return resumed
      if (resumed.value !== null) return ok(resumed.value)
      // All but the last block were there: the file may be taken, and the rest tells its version.
      if (at !== null && at >= file.blocks - 1) return ok(at)
      const { name, size: bytes, version, blockBytes, md5 } = file
      const request = startTransfer(address, { name, bytes, version, blockBytes, md5 }, piid())
      const begun = await order(request, file)
      if (!begun.ok) return begun
      return begun.value === 'taken'
        ? ok(0)
        : fail({ kind: 'refused', message: 'it takes no file' })
    },
    write: (file, block, data) => order(writeBlock(address, block, data, piid()), file),
    async verdict() {
      const told = await said(askResult(address, piid()))
      if (!told.ok) return told
      const result = resultIn(told.value)
      return ok(result === null ? null : failureOf(result))
    },
  }
}

function failureIn(outcome: Result<unknown, TalkFailure>): Result<never, TalkFailure> {
  return outcome.ok ? fail({ kind: 'refused', message: 'an answer to something else' }) : outcome
}

function textIn(readings: readonly Reading[], name: string): string {
  const value = readings.find((one) => one.name === name)?.value
  return value?.kind === 'text' ? value.text.trim() : ''
}
