export { frameEncoder } from './frame-encoder.ts'
export { frameTools } from './frame-tools.ts'
export type { BuiltFrame, EncodedFrames, FrameEncoder, FrameScanner, FrameTool } from './types.ts'
