package ent_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/storage"
)

// policy is what ent/rule promises of an entity.
type policy int

const (
	owned      policy = iota + 1 // its owner reads and writes it
	readOnly                     // its owner reads it, the system writes it
	appendOnly                   // its owner reads it and adds to it; nobody changes it
	growing                      // its owner reads it and adds to it; the system changes it
	systemOnly                   // only the system knows it
	public                       // everybody who is signed in reads it, the system writes it
)

// values are the fields of a new row, or of a change.
type values = map[string]ent.Value

// entity is what the tests know of an entity: everything else they find out by reflection.
type entity struct {
	name   string
	policy policy
	// isOwner tells that the id of a row is that of its owner.
	isOwner bool
	// row gives the fields of a new row; parents holds, by entity, the rows to which it belongs.
	row func(parents map[string]uuid.UUID) values
	// change is a change that the entity can undergo; nil if none can.
	change values
}

// serial makes values that must be unique. It is not shared between tests.
type serial struct{ n uint64 }

func (s *serial) next() int      { s.n++; return int(s.n) }
func (s *serial) bytes() []byte  { s.n++; return binary.BigEndian.AppendUint64(nil, s.n) }
func (s *serial) number() string { return fmt.Sprintf("%012d", s.next()) }

// entities are all entities, parents before their children.
func entities() []entity {
	var s serial
	now := time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)
	day := calendar.NewDate(2026, time.March, 2)
	stamped := func(v values) values { return with(v, values{"created_at": now, "updated_at": now}) }
	sequence := func() int64 { return int64(s.next()) }
	return []entity{
		{
			name: "Owner", policy: readOnly, isOwner: true, change: values{"sequence": int64(7)},
			row: func(map[string]uuid.UUID) values { return values{"kind": "PERSON", "created_at": now} },
		},
		{
			name: "Person", policy: readOnly, isOwner: true, change: values{"trusted": true},
			row: func(map[string]uuid.UUID) values { return stamped(values{}) },
		},
		{
			name: "Organisation", policy: readOnly, isOwner: true, change: values{"name": "changed"},
			row: func(map[string]uuid.UUID) values { return stamped(values{"kind": "LEGAL", "name": "name"}) },
		},
		{
			name: "Session", policy: readOnly, change: values{"device": "changed"},
			row: func(map[string]uuid.UUID) values {
				return values{"token_hash": s.bytes(), "sealed": s.bytes(), "kind": "BROWSER", "created_at": now, "idle_ends_at": now, "absolute_ends_at": now}
			},
		},
		{
			name: "SessionToken", policy: readOnly, change: values{"used_at": now},
			row: func(p map[string]uuid.UUID) values {
				return values{"session_id": p["Session"], "kind": "REFRESH", "token_hash": s.bytes(), "wrapped": s.bytes(), "created_at": now, "expires_at": now}
			},
		},
		{
			name: "InsuredRecord", policy: readOnly, change: values{"fund_sequence": int64(2)},
			row: func(map[string]uuid.UUID) values { return stamped(values{"uid_hash": s.bytes()}) },
		},
		{
			name: "Consent", policy: appendOnly,
			row: func(map[string]uuid.UUID) values {
				return values{"document": "TERMS", "version": s.number(), "text_hash": s.bytes(), "accepted_at": now}
			},
		},
		{
			name: "SetUpStep", policy: growing,
			row: func(map[string]uuid.UUID) values { return values{"step": s.number(), "done_at": now} },
		},
		{
			name: "Network", policy: owned, change: values{"title": "changed"},
			row: func(map[string]uuid.UUID) values { return values{"range": s.bytes(), "created_at": now} },
		},
		{
			name: "Verification", policy: growing, change: values{"state": "CONFIRMED"},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"state": "SUBMITTED", "passport_version_id": uuid.New(), "snils_version_id": uuid.New()})
			},
		},
		{
			name: "Confirmation", policy: readOnly, change: values{"failures": 1},
			row: func(p map[string]uuid.UUID) values {
				return values{
					"session_id": p["Session"], "operation": "approveNetwork", "payload_hash": s.bytes(), "code_hash": s.bytes(),
					"channel": "SMS", "created_at": now, "sent_at": now, "expires_at": now,
				}
			},
		},
		{
			name: "SecretLock", policy: readOnly, change: values{"failures": 1},
			row: func(map[string]uuid.UUID) values { return values{"secret": s.number()} },
		},
		{
			name: "SickLeave", policy: readOnly, change: values{"clinic_name": "changed"},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"number": s.number(), "state": "OPENED", "reason": "DISEASE", "issued_on": day, "starts_on": day})
			},
		},
		{
			name: "TreatmentPeriod", policy: readOnly, change: values{"doctor_name": "changed"},
			row: func(p map[string]uuid.UUID) values {
				return values{"sick_leave_id": p["SickLeave"], "ordinal": s.next(), "starts_on": day, "ends_on": day}
			},
		},
		{
			name: "Benefit", policy: readOnly, change: values{"notice": "changed"},
			row: func(p map[string]uuid.UUID) values {
				return stamped(values{"number": s.number(), "type": "SICKNESS", "state": "LOADED", "starts_on": day, "sick_leave_id": p["SickLeave"]})
			},
		},
		{
			name: "Accrual", policy: readOnly, change: values{"amount": int64(7)},
			row: func(p map[string]uuid.UUID) values {
				return values{"benefit_id": p["Benefit"], "starts_on": day, "ends_on": day, "accrued_on": day}
			},
		},
		{
			name: "Document", policy: owned, change: values{"title": "changed"},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"title": "title", "kind": "OTHER", "state": "PROCESSING"})
			},
		},
		{
			name: "DocumentVersion", policy: appendOnly,
			row: func(p map[string]uuid.UUID) values {
				return values{"document_id": p["Document"], "number": s.next(), "file_name": "f", "media_type": "m", "size": int64(1), "sha256": s.bytes(), "blob_key": "k", "created_at": now}
			},
		},
		{
			name: "Appeal", policy: owned, change: values{"subject": "changed"},
			row: func(map[string]uuid.UUID) values { return stamped(values{"kind": "INQUIRY", "state": "DRAFT"}) },
		},
		{
			name: "AppealStep", policy: appendOnly,
			row: func(p map[string]uuid.UUID) values {
				return values{"appeal_id": p["Appeal"], "to": "DRAFT", "actor": "CITIZEN", "occurred_at": now}
			},
		},
		{
			name: "AppealMessage", policy: appendOnly,
			row: func(p map[string]uuid.UUID) values {
				return values{"appeal_id": p["Appeal"], "author": "FUND", "body": s.bytes(), "sent_at": now}
			},
		},
		{
			name: "AppealAttachment", policy: owned,
			row: func(p map[string]uuid.UUID) values {
				return values{"appeal_id": p["Appeal"], "version_id": p["DocumentVersion"], "attached_at": now}
			},
		},
		{
			name: "FeedEvent", policy: growing, change: values{"announced_at": now},
			row: func(map[string]uuid.UUID) values {
				return values{"sequence": sequence(), "subject_kind": "AP", "subject_id": uuid.New(), "occurred_at": now}
			},
		},
		{
			name: "AuditEntry", policy: appendOnly,
			row: func(map[string]uuid.UUID) values {
				return values{"sequence": sequence(), "actor": "a", "action": "a", "allowed": true, "occurred_at": now, "hash": s.bytes()}
			},
		},
		{
			name: "IdempotencyRecord", policy: growing,
			row: func(map[string]uuid.UUID) values {
				return values{"operation": "o", "key": uuid.NewString(), "input_hash": s.bytes(), "result": "r", "created_at": now}
			},
		},
		{
			name: "Announcement", policy: public, change: values{"title_ru": "changed"},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"number": s.number(), "sequence": sequence(), "importance": "INFO", "title_ru": "title", "text_ru": "text", "published_at": now})
			},
		},
		{
			name: "SystemStatus", policy: public, change: values{"state": "DOWN"},
			row: func(map[string]uuid.UUID) values {
				return values{"system": s.number(), "state": "OPERATIONAL", "since": now, "updated_at": now}
			},
		},
		{
			name: "Maintenance", policy: public, change: values{"cancelled": true},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"number": s.number(), "systems": "FUND", "text_ru": "text", "starts_at": now, "ends_at": now})
			},
		},
		{
			name: "Deadline", policy: readOnly, change: values{"title": "changed"},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"number": s.number(), "state": "OPEN", "title": "title", "due_on": day})
			},
		},
		{
			name: "Contribution", policy: readOnly, change: values{"amount": int64(1)},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"number": s.number(), "kind": "PENSION", "period": day, "employer_name": "name"})
			},
		},
		{
			name: "Command", policy: growing, change: values{"attempts": 1},
			row: func(map[string]uuid.UUID) values {
				return stamped(values{"type": "ru.kabinet.appeal.submitted", "subject": s.number(), "sequence": sequence(), "payload": s.bytes(), "state": "PENDING"})
			},
		},
		{
			name: "Clarification", policy: owned, change: values{"state": "ANSWERED"},
			row: func(p map[string]uuid.UUID) values {
				return stamped(values{"sick_leave_id": p["SickLeave"], "addressee": "DOCTOR", "state": "ASKED"})
			},
		},
		{
			name: "FundEvent", policy: systemOnly, change: values{"reason": "changed"},
			row: func(map[string]uuid.UUID) values {
				return values{"source": "s", "event_id": uuid.NewString(), "type": "t", "subject": "s", "sequence": sequence(), "outcome": "APPLIED", "payload": s.bytes(), "received_at": now}
			},
		},
	}
}

func with(a, b values) values {
	a = maps.Clone(a)
	maps.Copy(a, b)
	return a
}

// ownedBy adds to a row whose it is.
func (e entity) ownedBy(owner uuid.UUID, v values) values {
	switch {
	case e.isOwner:
		return with(v, values{"id": owner})
	case e.policy == systemOnly || e.policy == public:
		return v
	}
	return with(v, values{"owner_id": owner})
}

// world is a database with the same rows for two people who have nothing to do with each other.
type world struct {
	store    *storage.Store
	entities []entity
	ann, bob uuid.UUID
	rows     map[uuid.UUID]map[string]uuid.UUID // by owner and entity
}

func newWorld(system context.Context, t *testing.T, s *storage.Store) *world {
	t.Helper()
	w := &world{store: s, entities: entities(), ann: uuid.Must(uuid.NewV7()), bob: uuid.Must(uuid.NewV7()), rows: map[uuid.UUID]map[string]uuid.UUID{}}
	for _, owner := range []uuid.UUID{w.ann, w.bob} {
		w.rows[owner] = map[string]uuid.UUID{}
		for _, e := range w.entities {
			id, err := w.create(system, e, e.ownedBy(owner, e.row(w.rows[owner])))
			require.NoError(t, err, e.name)
			w.rows[owner][e.name] = id
		}
	}
	return w
}

// The methods below call the generated client of an entity by name.

func (w *world) builder(name, method string, args ...any) reflect.Value {
	return call(reflect.ValueOf(w.store.Client).Elem().FieldByName(name), method, args...)[0]
}

func call(on reflect.Value, method string, args ...any) []reflect.Value {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	return on.MethodByName(method).Call(in)
}

func errorIn(results []reflect.Value) error {
	err, _ := reflect.TypeAssert[error](results[len(results)-1])
	return err
}

func set(builder reflect.Value, fields values) error {
	m, ok := reflect.TypeAssert[ent.Mutation](call(builder, "Mutation")[0])
	if !ok {
		panic("a builder without a mutation")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := m.SetField(name, fields[name]); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) create(ctx context.Context, e entity, fields values) (uuid.UUID, error) {
	builder := w.builder(e.name, "Create")
	id, given := fields["id"].(uuid.UUID)
	if !given {
		id = uuid.Must(uuid.NewV7())
	}
	builder = call(builder, "SetID", id)[0]
	fields = maps.Clone(fields)
	delete(fields, "id")
	if err := set(builder, fields); err != nil {
		return uuid.Nil, err
	}
	return id, errorIn(call(builder, "Exec", ctx))
}

// update changes every row that the context may change and tells how many that were.
func (w *world) update(ctx context.Context, e entity, fields values) (int, error) {
	builder := w.builder(e.name, "Update")
	if err := set(builder, fields); err != nil {
		return 0, err
	}
	results := call(builder, "Save", ctx)
	return int(results[0].Int()), errorIn(results)
}

func (w *world) updateOne(ctx context.Context, e entity, id uuid.UUID, fields values) error {
	builder := w.builder(e.name, "UpdateOneID", id)
	if err := set(builder, fields); err != nil {
		return err
	}
	return errorIn(call(builder, "Exec", ctx))
}

// remove deletes every row that the context may delete and tells how many that were.
func (w *world) remove(ctx context.Context, e entity) (int, error) {
	results := call(w.builder(e.name, "Delete"), "Exec", ctx)
	return int(results[0].Int()), errorIn(results)
}

func (w *world) removeOne(ctx context.Context, e entity, id uuid.UUID) error {
	return errorIn(call(w.builder(e.name, "DeleteOneID", id), "Exec", ctx))
}

// read asks in every way in which a query can be asked and gives how many rows each way has shown.
func (w *world) read(ctx context.Context, e entity) (map[string]int, error) {
	shown := map[string]int{}
	for _, way := range []string{"All", "IDs"} {
		results := call(w.builder(e.name, "Query"), way, ctx)
		if err := errorIn(results); err != nil {
			return nil, err
		}
		shown[way] = results[0].Len()
	}
	results := call(w.builder(e.name, "Query"), "Count", ctx)
	if err := errorIn(results); err != nil {
		return nil, err
	}
	shown["Count"] = int(results[0].Int())
	results = call(call(w.builder(e.name, "Query"), "Aggregate", ent.Count())[0], "Int", ctx)
	if err := errorIn(results); err != nil {
		return nil, err
	}
	shown["Aggregate"] = int(results[0].Int())
	for _, way := range []string{"Select", "GroupBy"} {
		results := call(call(w.builder(e.name, "Query"), way, "id")[0], "Strings", ctx)
		if err := errorIn(results); err != nil {
			return nil, err
		}
		shown[way] = results[0].Len()
	}
	return shown, nil
}

func (w *world) exists(ctx context.Context, e entity) (bool, error) {
	results := call(w.builder(e.name, "Query"), "Exist", ctx)
	return results[0].Bool(), errorIn(results)
}

func (w *world) get(ctx context.Context, e entity, id uuid.UUID) error {
	return errorIn(call(reflect.ValueOf(w.store.Client).Elem().FieldByName(e.name), "Get", ctx, id))
}
