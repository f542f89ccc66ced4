/** Runs statements: the pool, or one transaction. First argument of every query function. */
export interface Db {
  /** Rows as typed by the query function; `int8` is bigint, `numeric` text, `timestamptz` Instant. */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]>
}

/** The one way to the database, whether it is embedded or a server. */
export interface Database extends Db {
  /** `embedded` or `server`; for messages and `hes doctor` only, never to branch on. */
  readonly kind: 'embedded' | 'server'
  /** Commits when the work resolves, rolls back when it rejects. Inside, use only `tx`. */
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>
  /** Rows of a large result in batches, without holding all of them. */
  stream<Row extends object>(
    text: string,
    values: readonly unknown[],
    batchRows: number,
  ): AsyncIterable<Row[]>
  close(): Promise<void>
}
