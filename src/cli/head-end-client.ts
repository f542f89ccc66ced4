import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Settings } from '#src/config'
import { fail, ok, type Result } from '#src/core'
import { failureOf } from './bench-failure.ts'
import { eventsOf, type ServerEvent } from './event-source.ts'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'

const REQUEST_TIMEOUT_MS = 45_000

const Problem = Type.Object({
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  /** What a device or the way to it said. */
  reason: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        message: Type.String(),
        line: Type.Optional(Type.Integer()),
      }),
    ),
  ),
})
const Session = Type.Object({ token: Type.String() })

/** Fetches from the network; tests pass their own. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>

/** What work through a head-end needs. */
export interface RemoteTask {
  readonly settings: Settings
  readonly fetch: Fetch
  readonly signal: AbortSignal
}

/** A running head-end's API, as its own CLI uses it. */
export class HeadEndClient {
  readonly #base: string
  readonly #fetch: Fetch
  readonly #signal: AbortSignal
  #token: string | null

  constructor(settings: Settings, fetch: Fetch, signal: AbortSignal) {
    this.#base = `${settings.server.replace(/\/+$/, '')}/api/v1`
    this.#fetch = fetch
    this.#signal = signal
    this.#token = settings.token
  }

  /** Makes sure that there is a token: the given one, or that of a new session. */
  async signIn({ username, password }: Settings): Promise<Result<void, CliFailure>> {
    if (this.#token !== null) return ok(undefined)
    if (username === null || password === null) {
      return fail({
        exit: exitCodes.notAllowed,
        code: 'server.no-credentials',
        message: 'the head-end wants to know who asks',
        next: 'set HES_TOKEN, or HES_USERNAME and HES_PASSWORD',
      })
    }
    const session = await this.post('/sessions', { username, password }, Session)
    if (!session.ok) return session
    this.#token = session.value.token
    return ok(undefined)
  }

  get<Schema extends TSchema>(path: string, schema: Schema) {
    return this.#ask(path, { method: 'GET' }, schema)
  }

  /** A file as it is. */
  async getFile(path: string): Promise<Result<Uint8Array, CliFailure>> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
    const headers = this.#headers('*/*', false)
    try {
      const response = await this.#fetch(this.#base + path, { headers, signal })
      if (response.status >= 400) return fail(problemOf(response.status, await response.json()))
      return ok(new Uint8Array(await response.arrayBuffer()))
    } catch (error) {
      return fail(unreachable(this.#base, error))
    }
  }

  post<Schema extends TSchema>(
    path: string,
    body: unknown,
    schema: Schema,
    headers: Readonly<Record<string, string>> = {},
  ) {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) }, schema, headers)
  }

  /** A file of text as it is: the head-end knows what it is written in. */
  postCsv<Schema extends TSchema>(path: string, file: Uint8Array, schema: Schema) {
    const body = Uint8Array.from(file)
    return this.#ask(path, { method: 'POST', body }, schema, { 'content-type': 'text/csv' })
  }

  /** A file as it is. */
  postBytes<Schema extends TSchema>(path: string, bytes: Uint8Array, schema: Schema) {
    const body = Uint8Array.from(bytes)
    const headers = { 'content-type': 'application/octet-stream' }
    return this.#ask(path, { method: 'POST', body }, schema, headers)
  }

  put<Schema extends TSchema>(path: string, body: unknown, schema: Schema) {
    return this.#ask(path, { method: 'PUT', body: JSON.stringify(body) }, schema)
  }

  delete<Schema extends TSchema>(path: string, schema: Schema) {
    return this.#ask(path, { method: 'DELETE' }, schema)
  }

  patch<Schema extends TSchema>(path: string, body: unknown, schema: Schema) {
    return this.#ask(path, { method: 'PATCH', body: JSON.stringify(body) }, schema)
  }

  /**
   * The events of a stream: of a POST where there is a body, else of a GET. They end when the
   * stream does or the command is stopped.
   */
  async stream(
    path: string,
    body: unknown = null,
  ): Promise<Result<AsyncIterable<ServerEvent>, CliFailure>> {
    const options = body === null ? {} : { method: 'POST', body: JSON.stringify(body) }
    const headers = this.#headers('text/event-stream', body !== null)
    try {
      const response = await this.#fetch(this.#base + path, {
        ...options,
        headers,
        signal: this.#signal,
      })
      if (response.status >= 400) return fail(problemOf(response.status, await response.json()))
      return ok(eventsOf(response.body ?? new ReadableStream()))
    } catch (error) {
      return fail(unreachable(this.#base, error))
    }
  }

  /** A stream that broke off. */
  lost(error: unknown): CliFailure {
    return unreachable(this.#base, error)
  }

  #headers(accept: string, hasBody: boolean): Record<string, string> {
    return {
      accept,
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
    }
  }

  async #ask<Schema extends TSchema>(
    path: string,
    options: RequestInit,
    schema: Schema,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Result<Static<Schema>, CliFailure>> {
    const headers = { ...this.#headers('application/json', options.body !== undefined), ...more }
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
    let status: number
    let body: unknown
    try {
      const response = await this.#fetch(this.#base + path, { ...options, headers, signal })
      status = response.status
      body = await response.json()
    } catch (error) {
      return fail(unreachable(this.#base, error))
    }
    if (status >= 400) return fail(problemOf(status, body))
    if (Value.Check(schema, body)) return ok(body)
    return fail({
      exit: exitCodes.damaged,
      code: 'server.unexpected',
      message: `${path} of ${this.#base} answered in another form than expected`,
      next: 'check that HES_SERVER is a head-end of this version',
    })
  }
}

const exitOfStatus: Readonly<Record<number, ExitCode>> = {
  400: exitCodes.usage,
  401: exitCodes.notAllowed,
  403: exitCodes.notAllowed,
  404: exitCodes.notFound,
  409: exitCodes.usage,
  422: exitCodes.usage,
  429: exitCodes.notAllowed,
}

function problemOf(status: number, body: unknown): CliFailure {
  const problem: Static<typeof Problem> = Value.Check(Problem, body)
    ? body
    : { code: `http-${status}` }
  const { code, detail, errors, reason } = problem
  if (reason) {
    const failure = failureOf({ ...reason, raw: new Uint8Array(0) }, 'the device')
    return { ...failure, message: `the head-end says: ${detail ?? reason.message}` }
  }
  const lines = (errors ?? []).map(({ line, name, message }) =>
    line === undefined ? `\n  ${name}: ${message}` : `\n  line ${line}: ${name}: ${message}`,
  )
  return {
    exit: exitOfStatus[status] ?? exitCodes.failed,
    code: `server.${code}`,
    message: `the head-end says: ${detail ?? code.replaceAll('-', ' ')}${lines.join('')}`,
    ...(status === 401 ? { next: 'check HES_TOKEN, or HES_USERNAME and HES_PASSWORD' } : {}),
  }
}

function unreachable(base: string, error: unknown): CliFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why = cause instanceof Error ? cause.message : String(cause)
  return {
    exit: exitCodes.noAnswer,
    code: 'server.unreachable',
    message: `${base} does not answer: ${why}`,
    next: 'start it with hes serve, or name another with --server',
  }
}
