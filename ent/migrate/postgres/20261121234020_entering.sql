-- +goose Up
-- create index "auditentry_owner_id_occurred_at_id" to table: "audit_entries"
CREATE INDEX "auditentry_owner_id_occurred_at_id" ON "audit_entries" ("owner_id", "occurred_at", "id");
-- modify "persons" table
ALTER TABLE "persons" ADD COLUMN "contacts" bytea NULL;
-- modify "sessions" table
ALTER TABLE "sessions" ADD COLUMN "wrapped" bytea NULL, ADD COLUMN "method" character varying NOT NULL DEFAULT '', ADD COLUMN "address" bytea NULL, ADD COLUMN "provider_session_hash" bytea NULL, ADD COLUMN "renewing_until" timestamptz NULL;
-- create index "session_provider_session_hash" to table: "sessions"
CREATE INDEX "session_provider_session_hash" ON "sessions" ("provider_session_hash");
-- create "confirmations" table
CREATE TABLE "confirmations" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "session_id" uuid NOT NULL, "operation" character varying NOT NULL, "payload_hash" bytea NOT NULL, "code_hash" bytea NOT NULL, "channel" character varying NOT NULL, "sent" bigint NOT NULL DEFAULT 1, "failures" bigint NOT NULL DEFAULT 0, "created_at" timestamptz NOT NULL, "sent_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, "used_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "confirmation_expires_at" to table: "confirmations"
CREATE INDEX "confirmation_expires_at" ON "confirmations" ("expires_at");
-- create index "confirmation_owner_id_session_id_operation" to table: "confirmations"
CREATE INDEX "confirmation_owner_id_session_id_operation" ON "confirmations" ("owner_id", "session_id", "operation");
-- create "consents" table
CREATE TABLE "consents" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "document" character varying NOT NULL, "version" character varying NOT NULL, "text_hash" bytea NOT NULL, "session_id" uuid NULL, "accepted_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "consent_owner_id_document_version" to table: "consents"
CREATE UNIQUE INDEX "consent_owner_id_document_version" ON "consents" ("owner_id", "document", "version");
-- create "insured_records" table
CREATE TABLE "insured_records" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "uid_hash" bytea NOT NULL, "record" bytea NULL, "linked_at" timestamptz NULL, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "insured_records_uid_hash_key" to table: "insured_records"
CREATE UNIQUE INDEX "insured_records_uid_hash_key" ON "insured_records" ("uid_hash");
-- create index "insuredrecord_owner_id" to table: "insured_records"
CREATE UNIQUE INDEX "insuredrecord_owner_id" ON "insured_records" ("owner_id");
-- create "networks" table
CREATE TABLE "networks" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "range" bytea NOT NULL, "title" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "network_owner_id_created_at_id" to table: "networks"
CREATE INDEX "network_owner_id_created_at_id" ON "networks" ("owner_id", "created_at", "id");
-- create "secret_locks" table
CREATE TABLE "secret_locks" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "secret" character varying NOT NULL, "failures" bigint NOT NULL DEFAULT 0, "times" bigint NOT NULL DEFAULT 0, "failed_at" timestamptz NULL, "locked_until" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "secretlock_owner_id_secret" to table: "secret_locks"
CREATE UNIQUE INDEX "secretlock_owner_id_secret" ON "secret_locks" ("owner_id", "secret");
-- create "session_tokens" table
CREATE TABLE "session_tokens" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "session_id" uuid NOT NULL, "kind" character varying NOT NULL, "token_hash" bytea NOT NULL, "wrapped" bytea NOT NULL, "challenge" character varying NOT NULL DEFAULT '', "redirect_uri" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, "used_at" timestamptz NULL, "replaced_by" uuid NULL, PRIMARY KEY ("id"));
-- create index "session_tokens_token_hash_key" to table: "session_tokens"
CREATE UNIQUE INDEX "session_tokens_token_hash_key" ON "session_tokens" ("token_hash");
-- create index "sessiontoken_session_id" to table: "session_tokens"
CREATE INDEX "sessiontoken_session_id" ON "session_tokens" ("session_id");
-- create "set_up_steps" table
CREATE TABLE "set_up_steps" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "step" character varying NOT NULL, "done_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "setupstep_owner_id_step" to table: "set_up_steps"
CREATE UNIQUE INDEX "setupstep_owner_id_step" ON "set_up_steps" ("owner_id", "step");
-- create "verifications" table
CREATE TABLE "verifications" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "state" character varying NOT NULL, "passport_version_id" uuid NOT NULL, "snils_version_id" uuid NOT NULL, "faults" bytea NULL, "decided_at" timestamptz NULL, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "verification_owner_id_created_at_id" to table: "verifications"
CREATE INDEX "verification_owner_id_created_at_id" ON "verifications" ("owner_id", "created_at", "id");

-- +goose Down
-- reverse: create index "verification_owner_id_created_at_id" to table: "verifications"
DROP INDEX "verification_owner_id_created_at_id";
-- reverse: create "verifications" table
DROP TABLE "verifications";
-- reverse: create index "setupstep_owner_id_step" to table: "set_up_steps"
DROP INDEX "setupstep_owner_id_step";
-- reverse: create "set_up_steps" table
DROP TABLE "set_up_steps";
-- reverse: create index "sessiontoken_session_id" to table: "session_tokens"
DROP INDEX "sessiontoken_session_id";
-- reverse: create index "session_tokens_token_hash_key" to table: "session_tokens"
DROP INDEX "session_tokens_token_hash_key";
-- reverse: create "session_tokens" table
DROP TABLE "session_tokens";
-- reverse: create index "secretlock_owner_id_secret" to table: "secret_locks"
DROP INDEX "secretlock_owner_id_secret";
-- reverse: create "secret_locks" table
DROP TABLE "secret_locks";
-- reverse: create index "network_owner_id_created_at_id" to table: "networks"
DROP INDEX "network_owner_id_created_at_id";
-- reverse: create "networks" table
DROP TABLE "networks";
-- reverse: create index "insuredrecord_owner_id" to table: "insured_records"
DROP INDEX "insuredrecord_owner_id";
-- reverse: create index "insured_records_uid_hash_key" to table: "insured_records"
DROP INDEX "insured_records_uid_hash_key";
-- reverse: create "insured_records" table
DROP TABLE "insured_records";
-- reverse: create index "consent_owner_id_document_version" to table: "consents"
DROP INDEX "consent_owner_id_document_version";
-- reverse: create "consents" table
DROP TABLE "consents";
-- reverse: create index "confirmation_owner_id_session_id_operation" to table: "confirmations"
DROP INDEX "confirmation_owner_id_session_id_operation";
-- reverse: create index "confirmation_expires_at" to table: "confirmations"
DROP INDEX "confirmation_expires_at";
-- reverse: create "confirmations" table
DROP TABLE "confirmations";
-- reverse: create index "session_provider_session_hash" to table: "sessions"
DROP INDEX "session_provider_session_hash";
-- reverse: modify "sessions" table
ALTER TABLE "sessions" DROP COLUMN "renewing_until", DROP COLUMN "provider_session_hash", DROP COLUMN "address", DROP COLUMN "method", DROP COLUMN "wrapped";
-- reverse: modify "persons" table
ALTER TABLE "persons" DROP COLUMN "contacts";
-- reverse: create index "auditentry_owner_id_occurred_at_id" to table: "audit_entries"
DROP INDEX "auditentry_owner_id_occurred_at_id";
