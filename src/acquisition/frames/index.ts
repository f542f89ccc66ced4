export { frameEncoder, frameTools } from './frame-tools.ts'
export type { FrameEncoder, FrameScanner, FrameTool } from './types.ts'
