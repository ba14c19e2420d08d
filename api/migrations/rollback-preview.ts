/** What `GET …/rollback-preview` answers. */
export type { RollbackPreview } from '../../activities/rollback/preview-rollback';
