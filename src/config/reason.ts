/** `ENOENT: no such file or directory`, without the call and the path that follow it. */
export function systemReason(error: unknown): string {
  return error instanceof Error ? (error.message.split(',')[0] ?? error.message) : String(error)
}
