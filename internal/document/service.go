package document

import (
	"context"
	"fmt"
	"io"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/document"
	"kabinet/ent/documentversion"
	"kabinet/internal/batch"
	"kabinet/internal/blob"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Service reads documents and applies the fund's verdicts.
type Service struct {
	store *storage.Store
	blobs blob.Store
	feed  *feed.Recorder
	clock clock.Clock
}

// New makes the service.
func New(s *storage.Store, b blob.Store, f *feed.Recorder, c clock.Clock) *Service {
	return &Service{store: s, blobs: b, feed: f, clock: c}
}

// Get gives one document, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Document, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the documents that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Document, error) {
	rows, err := s.store.Document.Query().Where(document.IDIn(ids...), document.DeletedAtIsNil()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get documents: %w", err)
	}
	return batch.Index(fromRows(rows), func(d *Document) uuid.UUID { return d.ID.ID }), nil
}

// Versions gives the versions of a document, newest first.
func (s *Service) Versions(ctx context.Context, d *Document) ([]*Version, error) {
	return d.siblings.versions.Get(ctx, d.ID.ID, d.siblings.ids,
		func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Version, error) {
			return s.versionsByIDs(ctx, ids, d.siblings.titles)
		})
}

// CurrentVersion gives the newest version of a document.
func (s *Service) CurrentVersion(ctx context.Context, d *Document) (*Version, error) {
	versions, err := s.Versions(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.Number == d.currentVersion {
			return v, nil
		}
	}
	return nil, fmt.Errorf("document %s has no version %d", d.ID, d.currentVersion)
}

func (s *Service) versionsByIDs(ctx context.Context, ids []uuid.UUID, titles map[uuid.UUID]string) (map[uuid.UUID][]*Version, error) {
	rows, err := s.store.DocumentVersion.Query().Where(documentversion.DocumentIDIn(ids...)).
		Order(documentversion.ByDocumentID(), documentversion.ByNumber(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get versions: %w", err)
	}
	return batch.Group(ids, rows, func(r *ent.DocumentVersion) uuid.UUID { return r.DocumentID },
		func(r *ent.DocumentVersion) *Version { return FromVersionRow(r, titles[r.DocumentID]) }), nil
}

// Content opens the content of a version of the viewer's document for reading; the caller closes it.
func (s *Service) Content(ctx context.Context, id uuid.UUID, number int) (*Version, io.ReadCloser, error) {
	if viewer.FromContext(ctx).Level < viewer.Extended {
		return nil, nil, fault.ErrAccessLevel
	}
	row, err := s.store.DocumentVersion.Query().
		Where(documentversion.DocumentID(id), documentversion.Number(number),
			documentversion.HasDocumentWith(document.DeletedAtIsNil())).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, nil, fault.ErrNotFound
	case err != nil:
		return nil, nil, fmt.Errorf("get version: %w", err)
	}
	v := FromVersionRow(row, "")
	content, err := s.blobs.Open(ctx, v.blobKey)
	if err != nil {
		return nil, nil, fmt.Errorf("open content of version: %w", err)
	}
	return v, content, nil
}
