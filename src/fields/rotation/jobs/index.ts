export type { RotationQueue } from './job-queue.js';
export { type QueuedRotation, type QueueRotationOptions, queueRotation, rotationQueue } from './queue-rotation.js';
export { type RotatedRange, type RotationTask, type RotationTasksOptions, rotationTasks } from './rotation-tasks.js';
