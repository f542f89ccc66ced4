/** A JSON number as it was written: a double would already have rounded it. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type JsonObject = { readonly [key: string]: Json }
export type Json = null | boolean | string | NumberText | readonly Json[] | JsonObject

/** Why a payload cannot be used: a stable code and where in the payload it went wrong. */
export class Fault {
  readonly code: string
  readonly message: string
  readonly path: string

  constructor(code: string, message: string, path: string) {
    this.code = code
    this.message = message
    this.path = path
  }
}

/** The parsed text with every number as its own digits; a fault where it is not JSON. */
export function parseJson(text: string): Json | Fault {
  try {
    // The third argument is the source text of a number (ECMAScript's JSON.parse source access).
    return JSON.parse(text, (_key, value: Json, context?: { readonly source?: string }) => {
      return typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value
    })
  } catch (error) {
    // A payload is foreign input: that it does not parse is an answer, not a bug.
    const reason = error instanceof Error ? error.message : String(error)
    return new Fault('mqtt.not-json', `the payload is not JSON: ${reason}`, '$')
  }
}

export function writeJson(value: Json): string {
  if (value instanceof NumberText) return value.text
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.entries(value).map(([key, held]) => {
    return `${JSON.stringify(key)}:${writeJson(held)}`
  })
  return `{${fields.join(',')}}`
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

export function isObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !isList(value) && !(value instanceof NumberText)
  )
}

/** The field of an object, also when the sender named it like something every object has. */
export function field(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** What lies at `ENERGY.Power`; undefined where the way ends early. `''` is the value itself. */
export function at(value: Json, path: string): Json | undefined {
  if (path === '') return value
  let here: Json | undefined = value
  for (const key of path.split('.')) {
    if (!isObject(here)) return undefined
    here = field(here, key)
  }
  return here
}
