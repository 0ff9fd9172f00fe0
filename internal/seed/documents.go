package seed

import (
	"crypto/sha256"
	"fmt"

	"kabinet/ent"
	"kabinet/internal/document"
	"kabinet/internal/ref"
)

// documentSpec is what is told of a document.
type documentSpec struct {
	key      string // by which appeals name it
	title    string
	kind     document.Kind
	versions []versionSpec
}

// versionSpec is what is told of one version: its file, and what the fund said.
type versionSpec struct {
	added   int // working days ago
	name    string
	format  format
	lines   []string
	state   document.State // in which the fund left it
	after   int            // working days until it did
	verdict string
}

// paper is a document made up.
type paper struct{ versions []*ent.DocumentVersion }

func (a *author) writeDocument(s documentSpec) {
	row := &ent.Document{ID: a.id(), OwnerID: a.owner, Title: s.title, Kind: string(s.kind), CurrentVersion: len(s.versions)}
	p := &paper{}
	a.documents[s.key] = p
	var turns []turn
	for i, v := range s.versions {
		day := a.workdaysAgo(v.added)
		added := turn{to: string(document.Processing), at: a.at(day, 19)}
		if i > 0 {
			added.comment = "Загружена новая версия."
		}
		turns = append(turns, added)
		row.State, row.Verdict = string(v.state), optional(v.verdict)
		if v.state != document.Processing {
			turns = append(turns, turn{string(v.state), a.at(addWorkdays(day, v.after), 11), v.verdict})
		}
		content, err := a.press.file(v.format, s.title, a.lines(v.lines))
		if err != nil {
			a.fail(fmt.Errorf("print: %w", err))
		}
		sum := sha256.Sum256(content)
		version := &ent.DocumentVersion{
			ID: a.id(), OwnerID: a.owner, DocumentID: row.ID, Number: i + 1, FileName: v.name + "." + v.format.extension(),
			MediaType: v.format.mediaType(), Size: int64(len(content)), Sha256: sum[:], BlobKey: "demo/" + a.id().String(),
			CreatedAt: added.at,
		}
		p.versions = append(p.versions, version)
		a.records.versions = append(a.records.versions, version)
		a.records.files = append(a.records.files, file{key: version.BlobKey, content: content})
	}
	subject := ref.Of(ref.Document, row.ID)
	a.written[about{ref.Document, s.key}] = subject
	row.CreatedAt, row.UpdatedAt = a.tell(subject, turns)
	a.records.documents = append(a.records.documents, row)
}

// lines are those of a document under the name of its owner.
func (a *author) lines(given []string) []string {
	return append([]string{a.persona.FullName()}, given...)
}
