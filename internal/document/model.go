package document

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/batch"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
)

// Kind is the kind of a document.
type Kind string

// The kinds.
const (
	Identity        Kind = "IDENTITY"
	Medical         Kind = "MEDICAL"
	Certificate     Kind = "CERTIFICATE"
	Application     Kind = "APPLICATION"
	PowerOfAttorney Kind = "POWER_OF_ATTORNEY"
	Other           Kind = "OTHER"
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Identity, Medical, Certificate, Application, PowerOfAttorney, Other}
}

// Document is a paper.
type Document struct {
	ID        ref.Ref
	Title     string
	Kind      Kind
	State     State
	Verdict   *string
	CreatedAt time.Time
	UpdatedAt time.Time

	currentVersion int
	siblings       *siblings
}

// Version is one content of a document.
type Version struct {
	ID            uuid.UUID
	Document      ref.Ref
	DocumentTitle string
	Number        int
	FileName      string
	MediaType     string
	Size          int // bytes
	Checksum      [32]byte
	CreatedAt     time.Time

	blobKey string
}

// Sha256 is the checksum in hexadecimal.
func (v *Version) Sha256() string { return hex.EncodeToString(v.Checksum[:]) }

// DocumentID is the document that it is a version of.
func (v *Version) DocumentID() ref.Ref { return v.Document }

// URL is where the content is downloaded, within the cabinet.
func (v *Version) URL() *string {
	path := "/documents/" + v.Document.String() + "/versions/" + strconv.Itoa(v.Number)
	return &path
}

// StateText explains the state in the language of the request.
func (d *Document) StateText(ctx context.Context) string {
	return d.State.Text().In(locale.FromContext(ctx))
}

// siblings are the documents of one answer: their relations are loaded together.
type siblings struct {
	ids      []uuid.UUID
	titles   map[uuid.UUID]string
	versions batch.Lazy[[]*Version]
}

func fromRows(rows []*ent.Document) []*Document {
	group := &siblings{ids: make([]uuid.UUID, len(rows)), titles: make(map[uuid.UUID]string, len(rows))}
	documents := make([]*Document, len(rows))
	for i, row := range rows {
		group.ids[i] = row.ID
		group.titles[row.ID] = row.Title
		documents[i] = fromRow(row, group)
	}
	return documents
}

func fromRow(row *ent.Document, group *siblings) *Document {
	return &Document{
		ID: ref.Of(ref.Document, row.ID), Title: row.Title, Kind: Kind(row.Kind), State: State(row.State),
		Verdict: row.Verdict, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		currentVersion: row.CurrentVersion, siblings: group,
	}
}

// FromVersionRow makes a version of its row and its document's title.
func FromVersionRow(row *ent.DocumentVersion, title string) *Version {
	v := &Version{
		ID: row.ID, Document: ref.Of(ref.Document, row.DocumentID), DocumentTitle: title, Number: row.Number,
		FileName: row.FileName, MediaType: row.MediaType, Size: int(row.Size), CreatedAt: row.CreatedAt,
		blobKey: row.BlobKey,
	}
	copy(v.Checksum[:], row.Sha256)
	return v
}
