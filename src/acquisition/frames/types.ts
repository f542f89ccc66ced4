import type {
  FrameDescription,
  FrameEffect,
  MeterProfile,
  MeterTime,
  ProtocolName,
  RelayAction,
  RequestForms,
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

/** A frame as it goes over the wire, and what it would do to whatever takes it. */
export interface BuiltFrame {
  readonly bytes: Uint8Array
  readonly effect: FrameEffect
  /** Until when it holds, as it stands in the frame; null where its form has no such field. */
  readonly endsAt: MeterTime | null
}

/** Frames in the order in which they would be sent, and why others could not be built. */
export interface EncodedFrames {
  readonly frames: readonly BuiltFrame[]
  /** A sentence each. */
  readonly faults: readonly string[]
  /** What else there is to know of the frames; a sentence each. */
  readonly notes: readonly string[]
}

/** What frames are built for. */
export interface EncodeTarget {
  readonly meter: MeterProfile
  /** When an order ends, where its form says so. */
  readonly expiresAt: MeterTime
  /** It matters to Modbus only: RTU on serial lines, MBAP on TCP. */
  readonly framing: 'rtu' | 'tcp'
}

/** Builds every frame that a master of one protocol can send. */
export interface FrameEncoder {
  /** What can be asked for by name, and how a value to be written is given. */
  readonly forms: Pick<RequestForms, 'requests' | 'writes'>
  /** Reads of items, and writes of those given as `ITEM=VALUE` or as bytes, `ITEM:=HEX`. */
  items(items: readonly string[], target: EncodeTarget): EncodedFrames
  order(action: RelayAction, target: EncodeTarget): EncodedFrames
  /** A request by its name, its arguments as `NAME=VALUE`. */
  request(name: string, args: readonly string[], target: EncodeTarget): EncodedFrames
}
