import type {
  FrameDescription,
  MeterProfile,
  ProtocolName,
  RelayOrder,
  Scanner,
} from '#protocols/model'

/** A scanner that may also be told that nothing more comes for now. */
export interface FrameScanner extends Scanner {
  silence?(): readonly Uint8Array[]
}

/** Finds and explains the frames of a protocol, for people. */
export interface FrameTool {
  readonly protocol: ProtocolName
  /**
   * Whether a frame that checks is proof in itself (start, length, checksum and end), or could be
   * chance in noise (a CRC alone).
   */
  readonly proof: 'strong' | 'weak'
  /** Its frames only stand in TCP connections: on a serial line nobody need look for them. */
  readonly onlyInTcp?: true
  /** Null where frames are lines of text and never stand in a byte stream. */
  scanner(): FrameScanner | null
  describe(frame: Uint8Array): FrameDescription
  /** Explains a line of text in the protocol's own form (`topic payload`); null if it is none. */
  readonly describeText?: (line: string) => FrameDescription | null
}

/** Frames as they go over the wire, and what the protocol has no word for. */
export interface EncodedFrames {
  readonly frames: readonly Uint8Array[]
  readonly unsupported: readonly string[]
}

/** Frames of an order to a relay. */
export interface OrderFrames extends EncodedFrames {
  /** False where the protocol has no field for the end of an order. */
  readonly expires: boolean
}

/** Builds the request frames of one protocol. */
export interface FrameEncoder {
  /** `framing` matters to Modbus only: RTU on serial lines, MBAP on TCP. */
  encode(items: readonly string[], meter: MeterProfile, framing: 'rtu' | 'tcp'): EncodedFrames
  /** The frames that move the relay, not those that lead up to them. */
  order(order: RelayOrder, meter: MeterProfile, framing: 'rtu' | 'tcp'): OrderFrames
}
