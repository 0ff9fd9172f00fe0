-- +goose Up
-- create "accruals" table
CREATE TABLE `accruals` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `starts_on` date NOT NULL, `ends_on` date NOT NULL, `amount` integer NOT NULL DEFAULT (0), `withheld` integer NOT NULL DEFAULT (0), `accrued_on` date NOT NULL, `paid_on` date NULL, `benefit_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `accruals_benefits_accruals` FOREIGN KEY (`benefit_id`) REFERENCES `benefits` (`id`) ON DELETE NO ACTION);
-- create index "accrual_benefit_id_accrued_on_id" to table: "accruals"
CREATE INDEX `accrual_benefit_id_accrued_on_id` ON `accruals` (`benefit_id`, `accrued_on`, `id`);
-- create "appeals" table
CREATE TABLE `appeals` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `number` text NULL, `kind` text NOT NULL, `state` text NOT NULL, `subject` text NOT NULL DEFAULT (''), `body` blob NULL, `specialist` text NULL, `submitted_at` datetime NULL, `registered_at` datetime NULL, `due_on` date NULL, `fund_sequence` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "appeals_number_key" to table: "appeals"
CREATE UNIQUE INDEX `appeals_number_key` ON `appeals` (`number`);
-- create index "appeal_owner_id_created_at_id" to table: "appeals"
CREATE INDEX `appeal_owner_id_created_at_id` ON `appeals` (`owner_id`, `created_at`, `id`);
-- create index "appeal_owner_id_updated_at_id" to table: "appeals"
CREATE INDEX `appeal_owner_id_updated_at_id` ON `appeals` (`owner_id`, `updated_at`, `id`);
-- create index "appeal_owner_id_state_created_at_id" to table: "appeals"
CREATE INDEX `appeal_owner_id_state_created_at_id` ON `appeals` (`owner_id`, `state`, `created_at`, `id`);
-- create index "appeal_owner_id_kind_created_at_id" to table: "appeals"
CREATE INDEX `appeal_owner_id_kind_created_at_id` ON `appeals` (`owner_id`, `kind`, `created_at`, `id`);
-- create "appeal_attachments" table
CREATE TABLE `appeal_attachments` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `attached_at` datetime NOT NULL, `appeal_id` uuid NOT NULL, `version_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `appeal_attachments_appeals_attachments` FOREIGN KEY (`appeal_id`) REFERENCES `appeals` (`id`) ON DELETE NO ACTION, CONSTRAINT `appeal_attachments_document_versions_version` FOREIGN KEY (`version_id`) REFERENCES `document_versions` (`id`) ON DELETE NO ACTION);
-- create index "appealattachment_appeal_id_version_id" to table: "appeal_attachments"
CREATE UNIQUE INDEX `appealattachment_appeal_id_version_id` ON `appeal_attachments` (`appeal_id`, `version_id`);
-- create "appeal_messages" table
CREATE TABLE `appeal_messages` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `author` text NOT NULL, `author_name` text NULL, `body` blob NOT NULL, `sent_at` datetime NOT NULL, `appeal_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `appeal_messages_appeals_messages` FOREIGN KEY (`appeal_id`) REFERENCES `appeals` (`id`) ON DELETE NO ACTION);
-- create index "appealmessage_appeal_id_sent_at_id" to table: "appeal_messages"
CREATE INDEX `appealmessage_appeal_id_sent_at_id` ON `appeal_messages` (`appeal_id`, `sent_at`, `id`);
-- create "appeal_steps" table
CREATE TABLE `appeal_steps` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `from` text NULL, `to` text NOT NULL, `comment` text NULL, `actor` text NOT NULL, `occurred_at` datetime NOT NULL, `appeal_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `appeal_steps_appeals_steps` FOREIGN KEY (`appeal_id`) REFERENCES `appeals` (`id`) ON DELETE NO ACTION);
-- create index "appealstep_appeal_id_occurred_at_id" to table: "appeal_steps"
CREATE INDEX `appealstep_appeal_id_occurred_at_id` ON `appeal_steps` (`appeal_id`, `occurred_at`, `id`);
-- create "audit_entries" table
CREATE TABLE `audit_entries` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `sequence` integer NOT NULL, `actor` text NOT NULL, `session_id` uuid NULL, `action` text NOT NULL, `subject` text NOT NULL DEFAULT (''), `allowed` bool NOT NULL, `reason` text NOT NULL DEFAULT (''), `occurred_at` datetime NOT NULL, `previous_hash` blob NULL, `hash` blob NOT NULL, PRIMARY KEY (`id`));
-- create index "auditentry_owner_id_sequence" to table: "audit_entries"
CREATE UNIQUE INDEX `auditentry_owner_id_sequence` ON `audit_entries` (`owner_id`, `sequence`);
-- create "benefits" table
CREATE TABLE `benefits` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `number` text NOT NULL, `type` text NOT NULL, `state` text NOT NULL, `starts_on` date NOT NULL, `ends_on` date NULL, `amount` integer NULL, `notice` text NULL, `fund_sequence` integer NOT NULL DEFAULT (0), `sick_leave_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `benefits_sick_leaves_sick_leave` FOREIGN KEY (`sick_leave_id`) REFERENCES `sick_leaves` (`id`) ON DELETE SET NULL);
-- create index "benefits_number_key" to table: "benefits"
CREATE UNIQUE INDEX `benefits_number_key` ON `benefits` (`number`);
-- create index "benefit_owner_id_starts_on_id" to table: "benefits"
CREATE INDEX `benefit_owner_id_starts_on_id` ON `benefits` (`owner_id`, `starts_on`, `id`);
-- create index "benefit_owner_id_updated_at_id" to table: "benefits"
CREATE INDEX `benefit_owner_id_updated_at_id` ON `benefits` (`owner_id`, `updated_at`, `id`);
-- create index "benefit_owner_id_state_starts_on_id" to table: "benefits"
CREATE INDEX `benefit_owner_id_state_starts_on_id` ON `benefits` (`owner_id`, `state`, `starts_on`, `id`);
-- create index "benefit_owner_id_type_starts_on_id" to table: "benefits"
CREATE INDEX `benefit_owner_id_type_starts_on_id` ON `benefits` (`owner_id`, `type`, `starts_on`, `id`);
-- create index "benefit_sick_leave_id" to table: "benefits"
CREATE INDEX `benefit_sick_leave_id` ON `benefits` (`sick_leave_id`);
-- create "documents" table
CREATE TABLE `documents` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `title` text NOT NULL, `kind` text NOT NULL, `state` text NOT NULL, `verdict` text NULL, `current_version` integer NOT NULL DEFAULT (1), `deleted_at` datetime NULL, `fund_sequence` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "document_owner_id_created_at_id" to table: "documents"
CREATE INDEX `document_owner_id_created_at_id` ON `documents` (`owner_id`, `created_at`, `id`);
-- create index "document_owner_id_updated_at_id" to table: "documents"
CREATE INDEX `document_owner_id_updated_at_id` ON `documents` (`owner_id`, `updated_at`, `id`);
-- create index "document_owner_id_state_created_at_id" to table: "documents"
CREATE INDEX `document_owner_id_state_created_at_id` ON `documents` (`owner_id`, `state`, `created_at`, `id`);
-- create "document_versions" table
CREATE TABLE `document_versions` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `number` integer NOT NULL, `file_name` text NOT NULL, `media_type` text NOT NULL, `size` integer NOT NULL, `sha256` blob NOT NULL, `blob_key` text NOT NULL, `created_at` datetime NOT NULL, `document_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `document_versions_documents_versions` FOREIGN KEY (`document_id`) REFERENCES `documents` (`id`) ON DELETE NO ACTION);
-- create index "documentversion_document_id_number" to table: "document_versions"
CREATE UNIQUE INDEX `documentversion_document_id_number` ON `document_versions` (`document_id`, `number`);
-- create "feed_events" table
CREATE TABLE `feed_events` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `sequence` integer NOT NULL, `subject_kind` text NOT NULL, `subject_id` uuid NOT NULL, `from` text NULL, `to` text NULL, `comment` text NULL, `occurred_at` datetime NOT NULL, `announced_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "feedevent_owner_id_sequence" to table: "feed_events"
CREATE UNIQUE INDEX `feedevent_owner_id_sequence` ON `feed_events` (`owner_id`, `sequence`);
-- create index "feedevent_occurred_at" to table: "feed_events"
CREATE INDEX `feedevent_occurred_at` ON `feed_events` (`occurred_at`) WHERE announced_at IS NULL;
-- create "fund_events" table
CREATE TABLE `fund_events` (`id` uuid NOT NULL, `source` text NOT NULL, `event_id` text NOT NULL, `type` text NOT NULL, `subject` text NOT NULL, `sequence` integer NOT NULL, `outcome` text NOT NULL, `reason` text NOT NULL DEFAULT (''), `payload` blob NOT NULL, `received_at` datetime NOT NULL, `applied_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "fundevent_source_event_id" to table: "fund_events"
CREATE UNIQUE INDEX `fundevent_source_event_id` ON `fund_events` (`source`, `event_id`);
-- create index "fundevent_outcome_received_at_id" to table: "fund_events"
CREATE INDEX `fundevent_outcome_received_at_id` ON `fund_events` (`outcome`, `received_at`, `id`);
-- create "idempotency_records" table
CREATE TABLE `idempotency_records` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `operation` text NOT NULL, `key` text NOT NULL, `input_hash` blob NOT NULL, `result` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "idempotencyrecord_owner_id_operation_key" to table: "idempotency_records"
CREATE UNIQUE INDEX `idempotencyrecord_owner_id_operation_key` ON `idempotency_records` (`owner_id`, `operation`, `key`);
-- create index "idempotencyrecord_created_at" to table: "idempotency_records"
CREATE INDEX `idempotencyrecord_created_at` ON `idempotency_records` (`created_at`);
-- create "organisations" table
CREATE TABLE `organisations` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `kind` text NOT NULL, `name` text NOT NULL, `identity` blob NULL, `inn_hash` blob NULL, `registration_number_hash` blob NULL, PRIMARY KEY (`id`));
-- create index "organisations_registration_number_hash_key" to table: "organisations"
CREATE UNIQUE INDEX `organisations_registration_number_hash_key` ON `organisations` (`registration_number_hash`);
-- create index "organisation_inn_hash" to table: "organisations"
CREATE INDEX `organisation_inn_hash` ON `organisations` (`inn_hash`);
-- create "owners" table
CREATE TABLE `owners` (`id` uuid NOT NULL, `kind` text NOT NULL, `sequence` integer NOT NULL DEFAULT (0), `audit_sequence` integer NOT NULL DEFAULT (0), `audit_head` blob NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create "persons" table
CREATE TABLE `persons` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `subject_hash` blob NULL, `snils_hash` blob NULL, `trusted` bool NOT NULL DEFAULT (false), `identity` blob NULL, PRIMARY KEY (`id`));
-- create index "persons_subject_hash_key" to table: "persons"
CREATE UNIQUE INDEX `persons_subject_hash_key` ON `persons` (`subject_hash`);
-- create index "persons_snils_hash_key" to table: "persons"
CREATE UNIQUE INDEX `persons_snils_hash_key` ON `persons` (`snils_hash`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `token_hash` blob NOT NULL, `sealed` blob NOT NULL, `kind` text NOT NULL, `device` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, `idle_ends_at` datetime NOT NULL, `absolute_ends_at` datetime NOT NULL, `ended_at` datetime NULL, `end_reason` text NOT NULL DEFAULT (''), `forgotten_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "sessions_token_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_token_hash_key` ON `sessions` (`token_hash`);
-- create index "session_owner_id_created_at_id" to table: "sessions"
CREATE INDEX `session_owner_id_created_at_id` ON `sessions` (`owner_id`, `created_at`, `id`);
-- create index "session_ended_at" to table: "sessions"
CREATE INDEX `session_ended_at` ON `sessions` (`ended_at`) WHERE ended_at IS NOT NULL AND forgotten_at IS NULL;
-- create index "session_absolute_ends_at" to table: "sessions"
CREATE INDEX `session_absolute_ends_at` ON `sessions` (`absolute_ends_at`);
-- create "sick_leaves" table
CREATE TABLE `sick_leaves` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `number` text NOT NULL, `previous_number` text NULL, `next_number` text NULL, `continuation` bool NOT NULL DEFAULT (false), `duplicate` bool NOT NULL DEFAULT (false), `state` text NOT NULL, `reason` text NOT NULL, `outcome` text NULL, `diagnosis` blob NULL, `issued_on` date NOT NULL, `starts_on` date NOT NULL, `ends_on` date NULL, `return_on` date NULL, `clinic_name` text NOT NULL DEFAULT (''), `clinic_address` text NULL, `clinic_ogrn` text NULL, `employer_name` text NULL, `employer_registration_number` text NULL, `employment` text NULL, `insured_months` integer NOT NULL DEFAULT (0), `average_earnings` integer NULL, `average_daily_earnings` integer NULL, `paid_by_employer` integer NULL, `paid_by_fund` integer NULL, `paid_on` date NULL, `fund_sequence` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "sick_leaves_number_key" to table: "sick_leaves"
CREATE UNIQUE INDEX `sick_leaves_number_key` ON `sick_leaves` (`number`);
-- create index "sickleave_owner_id_issued_on_id" to table: "sick_leaves"
CREATE INDEX `sickleave_owner_id_issued_on_id` ON `sick_leaves` (`owner_id`, `issued_on`, `id`);
-- create index "sickleave_owner_id_updated_at_id" to table: "sick_leaves"
CREATE INDEX `sickleave_owner_id_updated_at_id` ON `sick_leaves` (`owner_id`, `updated_at`, `id`);
-- create index "sickleave_owner_id_state_issued_on_id" to table: "sick_leaves"
CREATE INDEX `sickleave_owner_id_state_issued_on_id` ON `sick_leaves` (`owner_id`, `state`, `issued_on`, `id`);
-- create "treatment_periods" table
CREATE TABLE `treatment_periods` (`id` uuid NOT NULL, `owner_id` uuid NOT NULL, `ordinal` integer NOT NULL, `starts_on` date NOT NULL, `ends_on` date NOT NULL, `doctor_name` text NOT NULL DEFAULT (''), `doctor_post` text NULL, `commission_chairman` text NULL, `sick_leave_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `treatment_periods_sick_leaves_periods` FOREIGN KEY (`sick_leave_id`) REFERENCES `sick_leaves` (`id`) ON DELETE NO ACTION);
-- create index "treatmentperiod_sick_leave_id_ordinal" to table: "treatment_periods"
CREATE UNIQUE INDEX `treatmentperiod_sick_leave_id_ordinal` ON `treatment_periods` (`sick_leave_id`, `ordinal`);

-- +goose Down
-- reverse: create index "treatmentperiod_sick_leave_id_ordinal" to table: "treatment_periods"
DROP INDEX `treatmentperiod_sick_leave_id_ordinal`;
-- reverse: create "treatment_periods" table
DROP TABLE `treatment_periods`;
-- reverse: create index "sickleave_owner_id_state_issued_on_id" to table: "sick_leaves"
DROP INDEX `sickleave_owner_id_state_issued_on_id`;
-- reverse: create index "sickleave_owner_id_updated_at_id" to table: "sick_leaves"
DROP INDEX `sickleave_owner_id_updated_at_id`;
-- reverse: create index "sickleave_owner_id_issued_on_id" to table: "sick_leaves"
DROP INDEX `sickleave_owner_id_issued_on_id`;
-- reverse: create index "sick_leaves_number_key" to table: "sick_leaves"
DROP INDEX `sick_leaves_number_key`;
-- reverse: create "sick_leaves" table
DROP TABLE `sick_leaves`;
-- reverse: create index "session_absolute_ends_at" to table: "sessions"
DROP INDEX `session_absolute_ends_at`;
-- reverse: create index "session_ended_at" to table: "sessions"
DROP INDEX `session_ended_at`;
-- reverse: create index "session_owner_id_created_at_id" to table: "sessions"
DROP INDEX `session_owner_id_created_at_id`;
-- reverse: create index "sessions_token_hash_key" to table: "sessions"
DROP INDEX `sessions_token_hash_key`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "persons_snils_hash_key" to table: "persons"
DROP INDEX `persons_snils_hash_key`;
-- reverse: create index "persons_subject_hash_key" to table: "persons"
DROP INDEX `persons_subject_hash_key`;
-- reverse: create "persons" table
DROP TABLE `persons`;
-- reverse: create "owners" table
DROP TABLE `owners`;
-- reverse: create index "organisation_inn_hash" to table: "organisations"
DROP INDEX `organisation_inn_hash`;
-- reverse: create index "organisations_registration_number_hash_key" to table: "organisations"
DROP INDEX `organisations_registration_number_hash_key`;
-- reverse: create "organisations" table
DROP TABLE `organisations`;
-- reverse: create index "idempotencyrecord_created_at" to table: "idempotency_records"
DROP INDEX `idempotencyrecord_created_at`;
-- reverse: create index "idempotencyrecord_owner_id_operation_key" to table: "idempotency_records"
DROP INDEX `idempotencyrecord_owner_id_operation_key`;
-- reverse: create "idempotency_records" table
DROP TABLE `idempotency_records`;
-- reverse: create index "fundevent_outcome_received_at_id" to table: "fund_events"
DROP INDEX `fundevent_outcome_received_at_id`;
-- reverse: create index "fundevent_source_event_id" to table: "fund_events"
DROP INDEX `fundevent_source_event_id`;
-- reverse: create "fund_events" table
DROP TABLE `fund_events`;
-- reverse: create index "feedevent_occurred_at" to table: "feed_events"
DROP INDEX `feedevent_occurred_at`;
-- reverse: create index "feedevent_owner_id_sequence" to table: "feed_events"
DROP INDEX `feedevent_owner_id_sequence`;
-- reverse: create "feed_events" table
DROP TABLE `feed_events`;
-- reverse: create index "documentversion_document_id_number" to table: "document_versions"
DROP INDEX `documentversion_document_id_number`;
-- reverse: create "document_versions" table
DROP TABLE `document_versions`;
-- reverse: create index "document_owner_id_state_created_at_id" to table: "documents"
DROP INDEX `document_owner_id_state_created_at_id`;
-- reverse: create index "document_owner_id_updated_at_id" to table: "documents"
DROP INDEX `document_owner_id_updated_at_id`;
-- reverse: create index "document_owner_id_created_at_id" to table: "documents"
DROP INDEX `document_owner_id_created_at_id`;
-- reverse: create "documents" table
DROP TABLE `documents`;
-- reverse: create index "benefit_sick_leave_id" to table: "benefits"
DROP INDEX `benefit_sick_leave_id`;
-- reverse: create index "benefit_owner_id_type_starts_on_id" to table: "benefits"
DROP INDEX `benefit_owner_id_type_starts_on_id`;
-- reverse: create index "benefit_owner_id_state_starts_on_id" to table: "benefits"
DROP INDEX `benefit_owner_id_state_starts_on_id`;
-- reverse: create index "benefit_owner_id_updated_at_id" to table: "benefits"
DROP INDEX `benefit_owner_id_updated_at_id`;
-- reverse: create index "benefit_owner_id_starts_on_id" to table: "benefits"
DROP INDEX `benefit_owner_id_starts_on_id`;
-- reverse: create index "benefits_number_key" to table: "benefits"
DROP INDEX `benefits_number_key`;
-- reverse: create "benefits" table
DROP TABLE `benefits`;
-- reverse: create index "auditentry_owner_id_sequence" to table: "audit_entries"
DROP INDEX `auditentry_owner_id_sequence`;
-- reverse: create "audit_entries" table
DROP TABLE `audit_entries`;
-- reverse: create index "appealstep_appeal_id_occurred_at_id" to table: "appeal_steps"
DROP INDEX `appealstep_appeal_id_occurred_at_id`;
-- reverse: create "appeal_steps" table
DROP TABLE `appeal_steps`;
-- reverse: create index "appealmessage_appeal_id_sent_at_id" to table: "appeal_messages"
DROP INDEX `appealmessage_appeal_id_sent_at_id`;
-- reverse: create "appeal_messages" table
DROP TABLE `appeal_messages`;
-- reverse: create index "appealattachment_appeal_id_version_id" to table: "appeal_attachments"
DROP INDEX `appealattachment_appeal_id_version_id`;
-- reverse: create "appeal_attachments" table
DROP TABLE `appeal_attachments`;
-- reverse: create index "appeal_owner_id_kind_created_at_id" to table: "appeals"
DROP INDEX `appeal_owner_id_kind_created_at_id`;
-- reverse: create index "appeal_owner_id_state_created_at_id" to table: "appeals"
DROP INDEX `appeal_owner_id_state_created_at_id`;
-- reverse: create index "appeal_owner_id_updated_at_id" to table: "appeals"
DROP INDEX `appeal_owner_id_updated_at_id`;
-- reverse: create index "appeal_owner_id_created_at_id" to table: "appeals"
DROP INDEX `appeal_owner_id_created_at_id`;
-- reverse: create index "appeals_number_key" to table: "appeals"
DROP INDEX `appeals_number_key`;
-- reverse: create "appeals" table
DROP TABLE `appeals`;
-- reverse: create index "accrual_benefit_id_accrued_on_id" to table: "accruals"
DROP INDEX `accrual_benefit_id_accrued_on_id`;
-- reverse: create "accruals" table
DROP TABLE `accruals`;
