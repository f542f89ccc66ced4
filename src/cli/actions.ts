import type { ProtocolName } from '#protocols/model'
import type { Bench, FieldChannel, FieldFailure, RelayBench, Tap } from '#src/acquisition/field'
import type { FrameEncoder, FrameTool } from '#src/acquisition/frames'
import type {
  FileFault,
  MapChoice,
  MapFault,
  RegisterMap,
  RegisterMaps,
} from '#src/acquisition/register-maps'
import type { LoadedSettings } from '#src/config'
import type { Instant, Result } from '#src/core'
import type { ArchiveFile, ArchiveImport, ArchivePreview, ArchiveProblem } from '#src/registry'
import type { CliFailure } from './exit.ts'
import type { SimulateSpec } from './simulate-spec.ts'

/**
 * What the commands can have done, made by main.ts. Every function loads what it needs when it is
 * called, so that a command starts as fast as its own work allows.
 */
export interface CliActions {
  /** How frames are found and explained: of one protocol, or `auto` in the order of trying. */
  frameTools(protocol: ProtocolName | 'auto'): Promise<readonly FrameTool[]>
  /** Null where the protocol has no requests or is not available. */
  frameEncoder(protocol: ProtocolName, maps?: readonly RegisterMap[]): Promise<FrameEncoder | null>
  /** Opens a channel to talk on; the caller closes the bench. */
  openBench(
    channel: FieldChannel,
    protocol: ProtocolName,
    loaded: LoadedSettings,
    signal: AbortSignal,
    maps?: readonly RegisterMap[],
  ): Promise<Result<Bench, FieldFailure>>
  /** Opens a channel to order one meter's relay on, for this process alone; the caller closes it. */
  openRelayBench(
    channel: FieldChannel,
    protocol: ProtocolName,
    loaded: LoadedSettings,
    signal: AbortSignal,
  ): Promise<Result<RelayBench, FieldFailure>>
  /** Opens a channel to listen on; nothing is ever sent. The caller closes it. */
  openTap(
    channel: FieldChannel,
    loaded: LoadedSettings,
    signal: AbortSignal,
  ): Promise<Result<Tap, FieldFailure>>
  /** The register map of a Modbus device: a name, one of the data directory, or a file's path. */
  registerMap(given: string | null, loaded: LoadedSettings): Promise<Result<MapChoice, MapFault>>
  /** Reads the file of a register map and says what is wrong with it. */
  lintRegisterMap(path: string): Promise<Result<RegisterMap, FileFault>>

  /** Runs until the signal aborts. */
  serve(run: Run): Promise<Result<void, CliFailure>>
  demo(run: Run): Promise<Result<void, CliFailure>>
  simulate(spec: SimulateSpec, run: Run): Promise<Result<void, CliFailure>>

  migrate(run: Run): Promise<Result<MigrationReport, CliFailure>>
  migrationStatus(run: Run): Promise<Result<MigrationReport, CliFailure>>
  /** All or nothing: with one bad line nothing is stored; a preview stores nothing. */
  importArchive(
    file: ArchiveFile,
    mode: 'apply' | 'preview',
    run: Run,
  ): Promise<Result<ArchiveAnswer, CliFailure>>
  /** Null makes a password, which is then answered. */
  resetPassword(reset: PasswordReset, run: Run): Promise<Result<PasswordIsReset, CliFailure>>
  exportAll(directory: string, run: Run): Promise<Result<TransferReport, CliFailure>>
  importAll(directory: string, run: Run): Promise<Result<TransferReport, CliFailure>>

  /** What `doctor` looks at. */
  inspect(run: Run): Promise<Inspection>
}

/** What a piece of work for a command may use of it. */
export interface Run {
  readonly loaded: LoadedSettings
  readonly signal: AbortSignal
  /** A line for the person at the terminal. */
  say(text: string): void
  /** A line that may be overwritten by the next; nothing where there is no terminal. */
  progress(text: string): void
}

export interface PasswordReset {
  readonly name: string
  readonly password: string | null
}

export interface PasswordIsReset {
  readonly username: string
  /** The one that was made; null where it was given. */
  readonly password: string | null
}

export interface MigrationReport {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}

/** What became of an archive: stored, or the lines that keep it from being taken. */
export type ArchiveAnswer = Result<
  { readonly applied: ArchiveImport } | { readonly preview: ArchivePreview },
  readonly ArchiveProblem[]
>

export interface TransferReport {
  readonly tables: readonly { readonly table: string; readonly rows: number }[]
}

/** Facts about the machine and its surroundings; `doctor` judges them. */
export interface Inspection {
  readonly nodeVersion: string
  readonly now: Instant
  directory(path: string): Promise<DirectoryFacts>
  /** Null when the port can be listened on, else why not. */
  portProblem(host: string, port: number): Promise<string | null>
  /** Null when a TCP connection opens, else why not. */
  reachProblem(host: string, port: number): Promise<string | null>
  database(): Promise<Result<string, CliFailure>>
  serialPorts(): Promise<readonly string[]>
  /** Those of the user's own, of a data directory. */
  registerMaps(dataDir: string): Promise<RegisterMaps>
}

export interface DirectoryFacts {
  readonly exists: boolean
  readonly writable: boolean
  readonly freeBytes: number | null
  /** Who holds the lock on it: `process 1234`. */
  readonly lockedBy: string | null
}
