/** What `GET …/rollback-preview` answers. */
export type { RollbackPreview } from '../../activities/rollback/preview-rollback';
/** What `GET …/rollback-preview` of a migration answers. */
export type { MigrationRollbackPreview } from '../../activities/rollback/preview-migration-rollback';
