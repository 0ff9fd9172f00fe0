-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create index "auditentry_owner_id_occurred_at_id" to table: "audit_entries"
CREATE INDEX `auditentry_owner_id_occurred_at_id` ON `audit_entries` (`owner_id`, `occurred_at`, `id`);
-- add column "contacts" to table: "persons"
ALTER TABLE `persons` ADD COLUMN `contacts` blob NULL;
-- create "new_sessions" table
CREATE TABLE `new_sessions` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `token_hash` blob NOT NULL, `wrapped` blob NULL, `sealed` blob NOT NULL, `kind` text NOT NULL, `device` text NOT NULL DEFAULT (''), `method` text NOT NULL DEFAULT (''), `address` blob NULL, `provider_session_hash` blob NULL, `created_at` datetime NOT NULL, `idle_ends_at` datetime NOT NULL, `absolute_ends_at` datetime NOT NULL, `renewing_until` datetime NULL, `ended_at` datetime NULL, `end_reason` text NOT NULL DEFAULT (''), `forgotten_at` datetime NULL, PRIMARY KEY (`id`));
-- copy rows from old table "sessions" to new temporary table "new_sessions"
INSERT INTO `new_sessions` (`id`, `owner_id`, `token_hash`, `sealed`, `kind`, `device`, `created_at`, `idle_ends_at`, `absolute_ends_at`, `ended_at`, `end_reason`, `forgotten_at`) SELECT `id`, `owner_id`, `token_hash`, `sealed`, `kind`, `device`, `created_at`, `idle_ends_at`, `absolute_ends_at`, `ended_at`, `end_reason`, `forgotten_at` FROM `sessions`;
-- drop "sessions" table after copying rows
DROP TABLE `sessions`;
-- rename temporary table "new_sessions" to "sessions"
ALTER TABLE `new_sessions` RENAME TO `sessions`;
-- create index "sessions_token_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_token_hash_key` ON `sessions` (`token_hash`);
-- create index "session_owner_id_created_at_id" to table: "sessions"
CREATE INDEX `session_owner_id_created_at_id` ON `sessions` (`owner_id`, `created_at`, `id`);
-- create index "session_ended_at" to table: "sessions"
CREATE INDEX `session_ended_at` ON `sessions` (`ended_at`) WHERE ended_at IS NOT NULL AND forgotten_at IS NULL;
-- create index "session_absolute_ends_at" to table: "sessions"
CREATE INDEX `session_absolute_ends_at` ON `sessions` (`absolute_ends_at`);
-- create index "session_provider_session_hash" to table: "sessions"
CREATE INDEX `session_provider_session_hash` ON `sessions` (`provider_session_hash`);
-- create "confirmations" table
CREATE TABLE `confirmations` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `session_id` uuid NOT NULL, `operation` text NOT NULL, `payload_hash` blob NOT NULL, `code_hash` blob NOT NULL, `channel` text NOT NULL, `sent` integer NOT NULL DEFAULT (1), `failures` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `sent_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `used_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "confirmation_owner_id_session_id_operation" to table: "confirmations"
CREATE INDEX `confirmation_owner_id_session_id_operation` ON `confirmations` (`owner_id`, `session_id`, `operation`);
-- create index "confirmation_expires_at" to table: "confirmations"
CREATE INDEX `confirmation_expires_at` ON `confirmations` (`expires_at`);
-- create "consents" table
CREATE TABLE `consents` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `document` text NOT NULL, `version` text NOT NULL, `text_hash` blob NOT NULL, `session_id` uuid NULL, `accepted_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "consent_owner_id_document_version" to table: "consents"
CREATE UNIQUE INDEX `consent_owner_id_document_version` ON `consents` (`owner_id`, `document`, `version`);
-- create "insured_records" table
CREATE TABLE `insured_records` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `uid_hash` blob NOT NULL, `record` blob NULL, `linked_at` datetime NULL, `fund_sequence` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "insured_records_uid_hash_key" to table: "insured_records"
CREATE UNIQUE INDEX `insured_records_uid_hash_key` ON `insured_records` (`uid_hash`);
-- create index "insuredrecord_owner_id" to table: "insured_records"
CREATE UNIQUE INDEX `insuredrecord_owner_id` ON `insured_records` (`owner_id`);
-- create "networks" table
CREATE TABLE `networks` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `range` blob NOT NULL, `title` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "network_owner_id_created_at_id" to table: "networks"
CREATE INDEX `network_owner_id_created_at_id` ON `networks` (`owner_id`, `created_at`, `id`);
-- create "secret_locks" table
CREATE TABLE `secret_locks` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `secret` text NOT NULL, `failures` integer NOT NULL DEFAULT (0), `times` integer NOT NULL DEFAULT (0), `failed_at` datetime NULL, `locked_until` datetime NULL, PRIMARY KEY (`id`));
-- create index "secretlock_owner_id_secret" to table: "secret_locks"
CREATE UNIQUE INDEX `secretlock_owner_id_secret` ON `secret_locks` (`owner_id`, `secret`);
-- create "session_tokens" table
CREATE TABLE `session_tokens` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `session_id` uuid NOT NULL, `kind` text NOT NULL, `token_hash` blob NOT NULL, `wrapped` blob NOT NULL, `challenge` text NOT NULL DEFAULT (''), `redirect_uri` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `used_at` datetime NULL, `replaced_by` uuid NULL, PRIMARY KEY (`id`));
-- create index "session_tokens_token_hash_key" to table: "session_tokens"
CREATE UNIQUE INDEX `session_tokens_token_hash_key` ON `session_tokens` (`token_hash`);
-- create index "sessiontoken_session_id" to table: "session_tokens"
CREATE INDEX `sessiontoken_session_id` ON `session_tokens` (`session_id`);
-- create "set_up_steps" table
CREATE TABLE `set_up_steps` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `step` text NOT NULL, `done_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "setupstep_owner_id_step" to table: "set_up_steps"
CREATE UNIQUE INDEX `setupstep_owner_id_step` ON `set_up_steps` (`owner_id`, `step`);
-- create "verifications" table
CREATE TABLE `verifications` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `state` text NOT NULL, `passport_version_id` uuid NOT NULL, `snils_version_id` uuid NOT NULL, `faults` blob NULL, `decided_at` datetime NULL, `fund_sequence` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "verification_owner_id_created_at_id" to table: "verifications"
CREATE INDEX `verification_owner_id_created_at_id` ON `verifications` (`owner_id`, `created_at`, `id`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "verification_owner_id_created_at_id" to table: "verifications"
DROP INDEX `verification_owner_id_created_at_id`;
-- reverse: create "verifications" table
DROP TABLE `verifications`;
-- reverse: create index "setupstep_owner_id_step" to table: "set_up_steps"
DROP INDEX `setupstep_owner_id_step`;
-- reverse: create "set_up_steps" table
DROP TABLE `set_up_steps`;
-- reverse: create index "sessiontoken_session_id" to table: "session_tokens"
DROP INDEX `sessiontoken_session_id`;
-- reverse: create index "session_tokens_token_hash_key" to table: "session_tokens"
DROP INDEX `session_tokens_token_hash_key`;
-- reverse: create "session_tokens" table
DROP TABLE `session_tokens`;
-- reverse: create index "secretlock_owner_id_secret" to table: "secret_locks"
DROP INDEX `secretlock_owner_id_secret`;
-- reverse: create "secret_locks" table
DROP TABLE `secret_locks`;
-- reverse: create index "network_owner_id_created_at_id" to table: "networks"
DROP INDEX `network_owner_id_created_at_id`;
-- reverse: create "networks" table
DROP TABLE `networks`;
-- reverse: create index "insuredrecord_owner_id" to table: "insured_records"
DROP INDEX `insuredrecord_owner_id`;
-- reverse: create index "insured_records_uid_hash_key" to table: "insured_records"
DROP INDEX `insured_records_uid_hash_key`;
-- reverse: create "insured_records" table
DROP TABLE `insured_records`;
-- reverse: create index "consent_owner_id_document_version" to table: "consents"
DROP INDEX `consent_owner_id_document_version`;
-- reverse: create "consents" table
DROP TABLE `consents`;
-- reverse: create index "confirmation_expires_at" to table: "confirmations"
DROP INDEX `confirmation_expires_at`;
-- reverse: create index "confirmation_owner_id_session_id_operation" to table: "confirmations"
DROP INDEX `confirmation_owner_id_session_id_operation`;
-- reverse: create "confirmations" table
DROP TABLE `confirmations`;
-- reverse: create index "session_provider_session_hash" to table: "sessions"
DROP INDEX `session_provider_session_hash`;
-- reverse: create index "session_absolute_ends_at" to table: "sessions"
DROP INDEX `session_absolute_ends_at`;
-- reverse: create index "session_ended_at" to table: "sessions"
DROP INDEX `session_ended_at`;
-- reverse: create index "session_owner_id_created_at_id" to table: "sessions"
DROP INDEX `session_owner_id_created_at_id`;
-- reverse: create index "sessions_token_hash_key" to table: "sessions"
DROP INDEX `sessions_token_hash_key`;
-- reverse: create "new_sessions" table
DROP TABLE `new_sessions`;
-- reverse: add column "contacts" to table: "persons"
ALTER TABLE `persons` DROP COLUMN `contacts`;
-- reverse: create index "auditentry_owner_id_occurred_at_id" to table: "audit_entries"
DROP INDEX `auditentry_owner_id_occurred_at_id`;
