-- +goose Up
-- create "announcements" table
CREATE TABLE "announcements" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "number" character varying NOT NULL, "sequence" bigint NOT NULL, "importance" character varying NOT NULL, "title_ru" character varying NOT NULL, "title_en" character varying NOT NULL DEFAULT '', "text_ru" character varying NOT NULL, "text_en" character varying NOT NULL DEFAULT '', "published_at" timestamptz NOT NULL, "expires_at" timestamptz NULL, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "announcement_published_at_id" to table: "announcements"
CREATE INDEX "announcement_published_at_id" ON "announcements" ("published_at", "id");
-- create index "announcements_number_key" to table: "announcements"
CREATE UNIQUE INDEX "announcements_number_key" ON "announcements" ("number");
-- create index "announcements_sequence_key" to table: "announcements"
CREATE UNIQUE INDEX "announcements_sequence_key" ON "announcements" ("sequence");
-- create "clarifications" table
CREATE TABLE "clarifications" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "sick_leave_id" uuid NOT NULL, "addressee" character varying NOT NULL, "state" character varying NOT NULL, "question" bytea NULL, "answer" bytea NULL, "answered_at" timestamptz NULL, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "clarification_owner_id_created_at_id" to table: "clarifications"
CREATE INDEX "clarification_owner_id_created_at_id" ON "clarifications" ("owner_id", "created_at", "id");
-- create index "clarification_sick_leave_id_created_at_id" to table: "clarifications"
CREATE INDEX "clarification_sick_leave_id_created_at_id" ON "clarifications" ("sick_leave_id", "created_at", "id");
-- create "commands" table
CREATE TABLE "commands" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "type" character varying NOT NULL, "subject" character varying NOT NULL, "sequence" bigint NOT NULL, "payload" bytea NOT NULL, "state" character varying NOT NULL, "attempts" bigint NOT NULL DEFAULT 0, "last_error" character varying NOT NULL DEFAULT '', "next_attempt_at" timestamptz NULL, "claimed_until" timestamptz NULL, "delivered_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "command_next_attempt_at" to table: "commands"
CREATE INDEX "command_next_attempt_at" ON "commands" ("next_attempt_at") WHERE (next_attempt_at IS NOT NULL);
-- create index "command_owner_id_created_at_id" to table: "commands"
CREATE INDEX "command_owner_id_created_at_id" ON "commands" ("owner_id", "created_at", "id");
-- create index "command_subject_sequence" to table: "commands"
CREATE UNIQUE INDEX "command_subject_sequence" ON "commands" ("subject", "sequence");
-- create "contributions" table
CREATE TABLE "contributions" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "number" character varying NOT NULL, "kind" character varying NOT NULL, "period" date NOT NULL, "employer_name" character varying NOT NULL, "employer_registration_number" character varying NOT NULL DEFAULT '', "base" bigint NOT NULL DEFAULT 0, "amount" bigint NOT NULL DEFAULT 0, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "contribution_owner_id_kind_period_id" to table: "contributions"
CREATE INDEX "contribution_owner_id_kind_period_id" ON "contributions" ("owner_id", "kind", "period", "id");
-- create index "contribution_owner_id_period_id" to table: "contributions"
CREATE INDEX "contribution_owner_id_period_id" ON "contributions" ("owner_id", "period", "id");
-- create index "contributions_number_key" to table: "contributions"
CREATE UNIQUE INDEX "contributions_number_key" ON "contributions" ("number");
-- create "deadlines" table
CREATE TABLE "deadlines" ("id" uuid NOT NULL, "owner_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "number" character varying NOT NULL, "state" character varying NOT NULL, "title" character varying NOT NULL, "due_on" date NOT NULL, "subject" character varying NOT NULL DEFAULT '', "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "deadline_owner_id_due_on_id" to table: "deadlines"
CREATE INDEX "deadline_owner_id_due_on_id" ON "deadlines" ("owner_id", "due_on", "id");
-- create index "deadline_owner_id_state_due_on_id" to table: "deadlines"
CREATE INDEX "deadline_owner_id_state_due_on_id" ON "deadlines" ("owner_id", "state", "due_on", "id");
-- create index "deadlines_number_key" to table: "deadlines"
CREATE UNIQUE INDEX "deadlines_number_key" ON "deadlines" ("number");
-- create "maintenances" table
CREATE TABLE "maintenances" ("id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "number" character varying NOT NULL, "systems" character varying NOT NULL, "text_ru" character varying NOT NULL, "text_en" character varying NOT NULL DEFAULT '', "starts_at" timestamptz NOT NULL, "ends_at" timestamptz NOT NULL, "cancelled" boolean NOT NULL DEFAULT false, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "maintenance_ends_at_id" to table: "maintenances"
CREATE INDEX "maintenance_ends_at_id" ON "maintenances" ("ends_at", "id");
-- create index "maintenances_number_key" to table: "maintenances"
CREATE UNIQUE INDEX "maintenances_number_key" ON "maintenances" ("number");
-- create "system_status" table
CREATE TABLE "system_status" ("id" uuid NOT NULL, "system" character varying NOT NULL, "state" character varying NOT NULL, "note_ru" character varying NOT NULL DEFAULT '', "note_en" character varying NOT NULL DEFAULT '', "since" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "fund_sequence" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "system_status_system_key" to table: "system_status"
CREATE UNIQUE INDEX "system_status_system_key" ON "system_status" ("system");

-- +goose Down
-- reverse: create index "system_status_system_key" to table: "system_status"
DROP INDEX "system_status_system_key";
-- reverse: create "system_status" table
DROP TABLE "system_status";
-- reverse: create index "maintenances_number_key" to table: "maintenances"
DROP INDEX "maintenances_number_key";
-- reverse: create index "maintenance_ends_at_id" to table: "maintenances"
DROP INDEX "maintenance_ends_at_id";
-- reverse: create "maintenances" table
DROP TABLE "maintenances";
-- reverse: create index "deadlines_number_key" to table: "deadlines"
DROP INDEX "deadlines_number_key";
-- reverse: create index "deadline_owner_id_state_due_on_id" to table: "deadlines"
DROP INDEX "deadline_owner_id_state_due_on_id";
-- reverse: create index "deadline_owner_id_due_on_id" to table: "deadlines"
DROP INDEX "deadline_owner_id_due_on_id";
-- reverse: create "deadlines" table
DROP TABLE "deadlines";
-- reverse: create index "contributions_number_key" to table: "contributions"
DROP INDEX "contributions_number_key";
-- reverse: create index "contribution_owner_id_period_id" to table: "contributions"
DROP INDEX "contribution_owner_id_period_id";
-- reverse: create index "contribution_owner_id_kind_period_id" to table: "contributions"
DROP INDEX "contribution_owner_id_kind_period_id";
-- reverse: create "contributions" table
DROP TABLE "contributions";
-- reverse: create index "command_subject_sequence" to table: "commands"
DROP INDEX "command_subject_sequence";
-- reverse: create index "command_owner_id_created_at_id" to table: "commands"
DROP INDEX "command_owner_id_created_at_id";
-- reverse: create index "command_next_attempt_at" to table: "commands"
DROP INDEX "command_next_attempt_at";
-- reverse: create "commands" table
DROP TABLE "commands";
-- reverse: create index "clarification_sick_leave_id_created_at_id" to table: "clarifications"
DROP INDEX "clarification_sick_leave_id_created_at_id";
-- reverse: create index "clarification_owner_id_created_at_id" to table: "clarifications"
DROP INDEX "clarification_owner_id_created_at_id";
-- reverse: create "clarifications" table
DROP TABLE "clarifications";
-- reverse: create index "announcements_sequence_key" to table: "announcements"
DROP INDEX "announcements_sequence_key";
-- reverse: create index "announcements_number_key" to table: "announcements"
DROP INDEX "announcements_number_key";
-- reverse: create index "announcement_published_at_id" to table: "announcements"
DROP INDEX "announcement_published_at_id";
-- reverse: create "announcements" table
DROP TABLE "announcements";
