import { dlt645 } from './codec.ts'
import { encodeRequest1997, functions1997 } from './edition-1997-request.ts'
import { fromSlave, functionMask, functions, parseFrame, refused } from './frame.ts'

/** The editions of DL/T 645, which share the frame and nothing inside it. */
export type Edition = 'dlt645-2007' | 'dlt645-1997'

/** A question that meters of one edition answer and meters of the other leave or refuse. */
export interface EditionProbe {
  readonly edition: Edition
  readonly frame: Uint8Array
}

/** What a frame says of the edition it belongs to. */
export interface EditionFound {
  readonly edition: Edition
  readonly direction: 'request' | 'reply'
  readonly address: string
  /** True where the device spoke the edition to say no. */
  readonly refused: boolean
}

/**
 * The next probe for a meter, null when it was silent to all of them: 2007 first, which newer
 * meters speak that know both. `tried` are the editions already asked for in vain.
 */
export function probeEdition(address: string, tried: readonly Edition[]): EditionProbe | null {
  if (!tried.includes('dlt645-2007')) {
    const read = { kind: 'read', address, dataId: '00010000', load: null } as const
    return { edition: 'dlt645-2007', frame: dlt645.encode(read) }
  }
  if (tried.includes('dlt645-1997')) return null
  const read = { kind: 'read', address, dataId: '9010', afterwards: [], trailingBytes: 0 } as const
  return { edition: 'dlt645-1997', frame: encodeRequest1997(read) }
}

const functionsOf1997: ReadonlySet<number> = new Set(
  Object.values(functions1997).filter((code) => code !== functions1997.setClock),
)
const first2007 = functions.read
const last2007 = 0x1d

/**
 * The edition of a frame by its function; null for the broadcast time, which both editions have,
 * and for what is no frame or no function of either. The functions of 1997 lie below 11H, those of
 * 2007 from there on; 03H asks again in 1997 and authenticates, with an identifier, in 2007.
 */
export function detectEdition(bytes: Uint8Array): EditionFound | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return null
  const { address, control, data } = parsed.frame
  const code = control & functionMask
  const isReply = (control & fromSlave) !== 0
  const found = (edition: Edition): EditionFound => ({
    edition,
    direction: isReply ? 'reply' : 'request',
    address,
    refused: isReply && (control & refused) !== 0,
  })
  if (code >= first2007 && code <= last2007) return found('dlt645-2007')
  if (code === functions1997.repeat && isAuthentication(control, data)) return found('dlt645-2007')
  return functionsOf1997.has(code) ? found('dlt645-1997') : null
}

/** 070000FF and its likes (安全认证), or the two bytes of its refusal. */
function isAuthentication(control: number, data: Uint8Array): boolean {
  if ((control & refused) !== 0) return data.length === 2
  return data.length >= 4 && data[3] === 0x07
}
