export { createLoading } from './loading.ts'
export {
  contractStates,
  type Loading,
  type LoadingRefusal,
  loadingStates,
  type NodeLoading,
  type Period,
} from './types.ts'
