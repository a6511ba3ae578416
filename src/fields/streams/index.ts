export { forgetStream, type RegisterStreamOptions, registerStream } from './register.js';
export {
  type RotateStreamsOptions,
  rotateStreams,
  type StreamFiles,
  type StreamProgress,
  type StreamReport,
} from './rotate-streams.js';
export { streamFolder } from './stream-folder.js';
