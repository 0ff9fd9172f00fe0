-- +goose Up
-- create index "announcement_importance_published_at_id" to table: "announcements"
CREATE INDEX "announcement_importance_published_at_id" ON "announcements" ("importance", "published_at", "id");
-- create index "clarification_owner_id_state_created_at_id" to table: "clarifications"
CREATE INDEX "clarification_owner_id_state_created_at_id" ON "clarifications" ("owner_id", "state", "created_at", "id");
-- create index "contribution_owner_id_employer_registration_number_period_id" to table: "contributions"
CREATE INDEX "contribution_owner_id_employer_registration_number_period_id" ON "contributions" ("owner_id", "employer_registration_number", "period", "id");
-- create index "fundevent_reason_sequence" to table: "fund_events"
CREATE INDEX "fundevent_reason_sequence" ON "fund_events" ("reason", "sequence") WHERE ((outcome)::text = 'PARKED'::text);

-- +goose Down
-- reverse: create index "fundevent_reason_sequence" to table: "fund_events"
DROP INDEX "fundevent_reason_sequence";
-- reverse: create index "contribution_owner_id_employer_registration_number_period_id" to table: "contributions"
DROP INDEX "contribution_owner_id_employer_registration_number_period_id";
-- reverse: create index "clarification_owner_id_state_created_at_id" to table: "clarifications"
DROP INDEX "clarification_owner_id_state_created_at_id";
-- reverse: create index "announcement_importance_published_at_id" to table: "announcements"
DROP INDEX "announcement_importance_published_at_id";
