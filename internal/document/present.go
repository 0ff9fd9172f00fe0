package document

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/document"
	"kabinet/ent/documentversion"
	"kabinet/internal/storage"
)

// Present is what is needed of a document to send its present version along with something else.
type Present struct {
	Kind    Kind
	Version uuid.UUID
}

// PresentVersions finds those of the documents that are the person's and are not deleted, by their ids.
func PresentVersions(ctx context.Context, tx *storage.Tx, person uuid.UUID, ids ...uuid.UUID) (map[uuid.UUID]Present, error) {
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // none of none
	}
	rows, err := tx.Document.Query().
		Where(document.IDIn(ids...), document.OwnerID(person), document.DeletedAtIsNil()).
		WithVersions(func(q *ent.DocumentVersionQuery) {
			q.Select(documentversion.FieldDocumentID, documentversion.FieldNumber)
		}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find present versions: %w", err)
	}
	present := make(map[uuid.UUID]Present, len(rows))
	for _, row := range rows {
		for _, v := range row.Edges.Versions {
			if v.Number == row.CurrentVersion {
				present[row.ID] = Present{Kind: Kind(row.Kind), Version: v.ID}
			}
		}
	}
	return present, nil
}
