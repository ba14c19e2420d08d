/** What `GET …/rollback-preview` answers. */
export type { RollbackPreview } from '../../activities/rollback/preview-rollback';
/** What `GET …/rollback-preview` of a migration answers. */
export type { MigrationRollbackPreview } from '../../activities/rollback/preview-migration-rollback';
/** What `GET …/rollback-report` answers. */
export type { RollbackReport } from '../../activities/rollback/report-rollback';
