package document_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/internal/blob"
	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/transition"
	"kabinet/internal/viewer"
)

// place is the service with a person whose documents it keeps.
type place struct {
	*document.Service

	store *storage.Store
	seen  *storagetest.Statements
	blobs blob.Store
	clock *clock.Fixed
	ann   uuid.UUID
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		blobs, err := blob.NewDirectory(t.TempDir())
		require.NoError(t, err)
		p := &place{
			store: s, seen: seen, blobs: blobs, ann: persontest.New(t, s),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		p.Service = document.New(s, blobs, feed.NewRecorder(p.clock, nobodyToTell{}), p.clock)
		test(t, p)
	})
}

// add makes a document; change may alter it before it is kept.
func (p *place) add(ctx context.Context, t require.TestingT, owner uuid.UUID, change func(*ent.DocumentCreate)) *ent.Document {
	create := p.store.Document.Create().SetOwnerID(owner).SetTitle("title").SetKind(string(document.Other)).SetState(string(document.Processing)).
		SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

func (p *place) addVersion(ctx context.Context, t require.TestingT, of *ent.Document, number int) *ent.DocumentVersion {
	row, err := p.store.DocumentVersion.Create().SetOwnerID(of.OwnerID).SetDocumentID(of.ID).SetNumber(number).SetFileName("f.pdf").
		SetMediaType("application/pdf").SetSize(3).SetSha256(make([]byte, 32)).SetBlobKey("documents/" + of.ID.String()).
		SetCreatedAt(p.clock.Now()).Save(ctx)
	require.NoError(t, err)
	return row
}

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Document, f *document.Filter, o *document.Order) []uuid.UUID {
	if o == nil {
		o = &document.Order{Field: document.ByCreatedAt, Direction: page.Descending}
	}
	if f == nil {
		f = &document.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Document) bool {
		return r.DeletedAt != nil || f.States != nil && !slices.Contains(f.States, document.State(r.State)) ||
			f.Kinds != nil && !slices.Contains(f.Kinds, document.Kind(r.Kind))
	})
	slices.SortFunc(kept, func(a, b *ent.Document) int {
		c := a.CreatedAt.Compare(b.CreatedAt)
		if o.Field == document.ByUpdatedAt {
			c = a.UpdatedAt.Compare(b.UpdatedAt)
		}
		if c == 0 {
			c = slices.Compare(a.ID[:], b.ID[:])
		}
		if o.Direction == page.Descending {
			c = -c
		}
		return c
	})
	ids := make([]uuid.UUID, len(kept))
	for i, r := range kept {
		ids[i] = r.ID
	}
	return ids
}

func TestTheListIsWhatTheFilterAndTheOrderSay(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		kinds := document.Kinds()[:3]
		var rows []*ent.Document
		for i := range 30 {
			rows = append(rows, p.add(system, t, p.ann, func(c *ent.DocumentCreate) {
				c.SetState(string(document.States()[i%3])).SetKind(string(kinds[i/3%3])).
					SetCreatedAt(p.clock.Now().Add(time.Duration(i*7%5) * time.Microsecond)).
					SetUpdatedAt(p.clock.Now().Add(time.Duration(i*11%4) * time.Microsecond))
				if i%6 == 5 {
					c.SetDeletedAt(p.clock.Now())
				}
			}))
			p.add(system, t, uuid.New(), nil)
		}
		rapid.Check(t, func(r *rapid.T) {
			filter := rapid.OneOf(rapid.Just[*document.Filter](nil), rapid.Custom(func(r *rapid.T) *document.Filter {
				f := &document.Filter{}
				if rapid.Bool().Draw(r, "by state") {
					f.States = rapid.SliceOfN(rapid.SampledFrom(document.States()), 0, 3).Draw(r, "states")
				}
				if rapid.Bool().Draw(r, "by kind") {
					f.Kinds = rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 3).Draw(r, "kinds")
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*document.Order](nil), rapid.Custom(func(r *rapid.T) *document.Order {
				return &document.Order{
					Field:     rapid.SampledFrom([]document.OrderField{document.ByCreatedAt, document.ByUpdatedAt}).Draw(r, "field"),
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(d *document.Document) uuid.UUID { return d.ID.ID },
				func(first *int, after *page.Cursor) (*document.Connection, error) {
					return p.List(ann, first, after, filter, order)
				})
		})
	})
}

func TestStatementsDoNotGrowWithTheList(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		for _, more := range []int{1, 4, 20} {
			for range more {
				row := p.add(system, t, p.ann, func(c *ent.DocumentCreate) { c.SetCurrentVersion(2) })
				for number := range 3 {
					p.addVersion(system, t, row, number+1)
				}
			}
			size := 100
			p.seen.Take()
			c, err := p.List(ann, &size, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, p.seen.Take(), 1, "the list")
			for _, d := range c.Nodes {
				versions, err := p.Versions(ann, d)
				require.NoError(t, err)
				require.Len(t, versions, 3)
				require.Equal(t, 3, versions[0].Number, "newest first")
				present, err := p.CurrentVersion(ann, d)
				require.NoError(t, err)
				require.Equal(t, 2, present.Number)
				require.Equal(t, d.Title, present.DocumentTitle)
				require.Equal(t, "/documents/"+d.ID.String()+"/versions/2", *present.URL())
				require.Len(t, present.Sha256(), 64)
			}
			require.Len(t, p.seen.Take(), 1, "versions")
		}
	})
}

func TestADocumentIsItsOwnersOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann, stranger := persontest.System(t), persontest.As(t, p.ann), persontest.As(t, uuid.New())
		row := p.add(system, t, p.ann, nil)
		p.addVersion(system, t, row, 1)
		require.NoError(t, p.blobs.Put(t.Context(), "documents/"+row.ID.String(), strings.NewReader("%PD")))

		_, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		version, content, err := p.Content(ann, row.ID, 1)
		require.NoError(t, err)
		read, err := io.ReadAll(content)
		require.NoError(t, errors.Join(err, content.Close()))
		require.Equal(t, "%PD", string(read))
		require.Equal(t, "f.pdf", version.FileName)

		basic := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: p.ann, Level: viewer.Basic})
		_, _, err = p.Content(basic, row.ID, 1)
		require.ErrorIs(t, err, fault.ErrAccessLevel)

		_, err = p.Get(stranger, row.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)
		_, _, err = p.Content(stranger, row.ID, 1)
		require.ErrorIs(t, err, fault.ErrNotFound)
		_, _, err = p.Content(ann, row.ID, 2)
		require.ErrorIs(t, err, fault.ErrNotFound)

		require.NoError(t, p.store.Document.UpdateOneID(row.ID).SetDeletedAt(p.clock.Now()).Exec(system))
		_, err = p.Get(ann, row.ID)
		require.ErrorIs(t, err, fault.ErrNotFound, "deleted is like none")
		_, _, err = p.Content(ann, row.ID, 1)
		require.ErrorIs(t, err, fault.ErrNotFound)
	})
}

func TestVerdicts(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		apply := func(r document.Report) error {
			return p.store.InTx(system, func(ctx context.Context, tx *storage.Tx) error { return p.Apply(ctx, tx, r) })
		}
		sequence := func() int64 {
			n, err := owner.Sequence(system, p.store, p.ann)
			require.NoError(t, err)
			return n
		}
		row := p.add(system, t, p.ann, func(c *ent.DocumentCreate) { c.SetFundSequence(5) })
		id := ref.Of(ref.Document, row.ID)
		verdict := "the page is not readable"
		for name, c := range map[string]struct {
			report document.Report
			want   error
		}{
			"older":      {document.Report{Document: id, Sequence: 4, State: document.Approved}, transition.ErrStale},
			"again":      {document.Report{Document: id, Sequence: 5, State: document.Approved}, transition.ErrStale},
			"impossible": {document.Report{Document: id, Sequence: 6, State: document.Processing}, transition.ErrImpossible},
			"another":    {document.Report{Document: ref.Of(ref.Document, uuid.New()), Sequence: 6, State: document.Approved}, fault.ErrNotFound},
		} {
			require.ErrorIs(t, apply(c.report), c.want, name)
		}
		require.Zero(t, sequence(), "nothing is told")

		p.clock.Advance(time.Hour)
		require.NoError(t, apply(document.Report{Document: id, Sequence: 6, State: document.Rejected, Verdict: &verdict}))
		d, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Equal(t, document.Rejected, d.State)
		require.Equal(t, &verdict, d.Verdict)
		require.Equal(t, p.clock.Now(), d.UpdatedAt)
		require.EqualValues(t, 1, sequence())
		event, err := p.store.FeedEvent.Query().Only(ann)
		require.NoError(t, err)
		require.Equal(t, id, ref.Of(ref.Kind(event.SubjectKind), event.SubjectID))
		require.Equal(t, []string{"PROCESSING", "REJECTED", verdict}, []string{*event.From, *event.To, *event.Comment})

		require.NoError(t, apply(document.Report{Document: id, Sequence: 7, State: document.Processing}))
		d, err = p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Nil(t, d.Verdict, "the old verdict was on the old content")
		require.EqualValues(t, 2, sequence())
	})
}

func TestSeveralAreReadAtOnceAndOnlyTheOwners(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		first, second, strangers := p.add(system, t, p.ann, nil), p.add(system, t, p.ann, nil), p.add(system, t, uuid.New(), nil)
		p.seen.Take()
		found, err := p.ByIDs(ann, []uuid.UUID{second.ID, strangers.ID, uuid.New(), first.ID})
		require.NoError(t, err)
		require.Len(t, p.seen.Take(), 1)
		require.Len(t, found, 2)
		for _, id := range []uuid.UUID{first.ID, second.ID} {
			v := found[id]
			require.Equal(t, id, v.ID.ID)
			versions, err := p.Versions(ann, v)
			require.NoError(t, err)
			require.Equal(t, []*document.Version{}, versions, "a list without items, not none")
		}
		require.Len(t, p.seen.Take(), 1, "they share what is loaded")
	})
}
