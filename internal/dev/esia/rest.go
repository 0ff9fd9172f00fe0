package esia

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kabinet/internal/calendar"
	"kabinet/internal/dev/persona"
	"kabinet/internal/identity"
	protocol "kabinet/internal/identity/esia"
)

const (
	// updatedOn is when all records were last changed, in seconds since 1970: they never change.
	updatedOn  = 1_767_225_600
	passportID = 1
)

// record is one JSON object of an answer.
type record = map[string]any

// shelfMark is one collection of a person: its address, its name in embed, and the scopes that open it.
type shelfMark struct {
	path   string
	embed  string
	scopes []string
	read   func(persona.Persona, []string) []record
}

func collections() []shelfMark {
	return []shelfMark{
		{"ctts", "contacts", []string{"contacts", "email", "mobile"}, contacts},
		{"addrs", "addresses", []string{"addresses"}, addresses},
		{"docs", "documents", []string{"id_doc"}, documents},
		{"orgs", "organizations", []string{"usr_org"}, orgs},
		{"roles", "", []string{"usr_org"}, roles},
	}
}

// admit finds the person that a request may read. It has answered when it gives false.
func (e *Emulator) admit(w http.ResponseWriter, r *http.Request) (persona.Persona, []string, bool) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	claims, good := e.readAccess(token)
	if !bearer || !good {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, record{"error": "invalid_token"})
		return persona.Persona{}, nil, false
	}
	if code, ok := e.failures.take(Person); ok {
		refuse(code).answer(w, http.StatusBadRequest, "")
		return persona.Persona{}, nil, false
	}
	person, exists := e.bySubject(r.PathValue("oid"))
	// A token opens one person; whether another exists is not told.
	if !exists || person.OID != claims.Subject {
		refuse(protocol.CodeNoPermission).answer(w, http.StatusForbidden, "")
		return persona.Persona{}, nil, false
	}
	return person, strings.Fields(claims.Scope), true
}

func allowed(scopes, needed []string) bool {
	return slices.ContainsFunc(needed, func(s string) bool { return slices.Contains(scopes, s) })
}

// person answers /rs/prns/{oid}.
func (e *Emulator) person(w http.ResponseWriter, r *http.Request) {
	person, scopes, ok := e.admit(w, r)
	if !ok {
		return
	}
	answer := personRecord(person, scopes)
	embedded := embedded(r)
	for _, c := range collections() {
		if c.embed != "" && slices.Contains(embedded, c.embed+".elements") && allowed(scopes, c.scopes) {
			answer[c.embed] = wrap(c.read(person, scopes))
		}
	}
	writeJSON(w, http.StatusOK, answer)
}

// collection answers /rs/prns/{oid}/ctts and its like: addresses of the elements, or the
// elements themselves with embed=(elements).
func (e *Emulator) collection(w http.ResponseWriter, r *http.Request) {
	person, scopes, ok := e.admit(w, r)
	if !ok {
		return
	}
	c, records, ok := e.records(w, r, person, scopes)
	if !ok {
		return
	}
	if slices.Contains(embedded(r), "elements") {
		writeJSON(w, http.StatusOK, wrap(records))
		return
	}
	links := make([]string, len(records))
	for i, element := range records {
		links[i] = fmt.Sprintf("%s/rs/prns/%s/%s/%s", e.base, person.Subject(), c.path, identify(element))
	}
	writeJSON(w, http.StatusOK, wrap(links))
}

// element answers one of the addresses in a collection.
func (e *Emulator) element(w http.ResponseWriter, r *http.Request) {
	person, scopes, ok := e.admit(w, r)
	if !ok {
		return
	}
	_, records, ok := e.records(w, r, person, scopes)
	if !ok {
		return
	}
	i := slices.IndexFunc(records, func(element record) bool { return identify(element) == r.PathValue("id") })
	if i < 0 {
		writeJSON(w, http.StatusNotFound, record{"error": "not_found"})
		return
	}
	writeJSON(w, http.StatusOK, records[i])
}

func (e *Emulator) records(w http.ResponseWriter, r *http.Request, person persona.Persona, scopes []string) (shelfMark, []record, bool) {
	for _, c := range collections() {
		if c.path != r.PathValue("collection") {
			continue
		}
		if !allowed(scopes, c.scopes) {
			refuse(protocol.CodeNoPermission).answer(w, http.StatusForbidden, "")
			return shelfMark{}, nil, false
		}
		return c, c.read(person, scopes), true
	}
	writeJSON(w, http.StatusNotFound, record{"error": "not_found"})
	return shelfMark{}, nil, false
}

// embedded reads embed=(a,b-1): names, with the depth that ESIA allows after them left out.
func embedded(r *http.Request) []string {
	list := strings.TrimSuffix(strings.TrimPrefix(r.URL.Query().Get("embed"), "("), ")")
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i], _, _ = strings.Cut(strings.TrimSpace(name), "-")
	}
	return names
}

func wrap[T any](elements []T) record {
	if elements == nil {
		elements = []T{}
	}
	return record{
		"stateFacts": []string{"hasSize"},
		"size":       len(elements),
		"eTag":       tag(strconv.Itoa(len(elements))),
		"elements":   elements,
	}
}

func tag(of string) string {
	sum := sha256.Sum256([]byte(of))
	return strings.ToUpper(hex.EncodeToString(sum[:20]))
}

// identify is the last part of an element's address.
func identify(element record) string {
	for _, name := range []string{"id", "oid"} {
		if id, ok := element[name]; ok {
			return fmt.Sprint(id)
		}
	}
	return ""
}

// personRecord is the person without collections, as far as the scopes go.
func personRecord(p persona.Persona, scopes []string) record {
	answer := record{
		"stateFacts": []string{"EntityRoot"},
		"status":     "REGISTERED",
		"verifying":  false,
		"trusted":    p.Trusted,
		"updatedOn":  updatedOn,
		"eTag":       tag(p.Subject()),
	}
	told := func(scope, name, value string) {
		if value != "" && slices.Contains(scopes, scope) {
			answer[name] = value
		}
	}
	told("fullname", "lastName", p.Profile.LastName)
	told("fullname", "firstName", p.Profile.FirstName)
	told("fullname", "middleName", p.Profile.MiddleName)
	told("birthdate", "birthDate", dotted(p.Profile.BirthDate))
	told("snils", "snils", p.Profile.Snils.String())
	told("inn", "inn", p.Profile.Inn.String())
	switch p.Profile.Gender {
	case identity.Male:
		told("gender", "gender", "M")
	case identity.Female:
		told("gender", "gender", "F")
	}
	if p.Profile.Passport.Number != "" && slices.Contains(scopes, "id_doc") {
		answer["rIdDoc"] = number(p, passportID)
		answer["citizenship"] = "RUS"
	}
	return answer
}

// number makes the id of the n-th thing of a person.
func number(p persona.Persona, n int64) int64 { return p.OID*10 + n }

func contacts(p persona.Persona, scopes []string) []record {
	var list []record
	add := func(n int64, kind, scope, value string, confirmed bool) {
		if value != "" && allowed(scopes, []string{"contacts", scope}) {
			list = append(list, record{
				"stateFacts": []string{"Identifiable"}, "id": number(p, n),
				"type": kind, "vrfStu": standing(confirmed), "value": value, "eTag": tag(value),
			})
		}
	}
	add(1, "MBT", "mobile", bracketed(p.Profile.Phone.Number.String()), p.Profile.Phone.Confirmed)
	add(2, "EML", "email", p.Profile.Email.Address.String(), p.Profile.Email.Confirmed)
	return list
}

func addresses(p persona.Persona, _ []string) []record {
	var list []record
	for i, a := range p.Profile.Addresses {
		kind := "PLV"
		if a.Kind == identity.Registration {
			kind = "PRG"
		}
		list = append(list, record{
			"stateFacts": []string{"Identifiable"}, "id": number(p, int64(i+1)),
			"type": kind, "countryId": "RUS", "zipCode": a.PostalCode, "addressStr": a.Text, "vrfStu": standing(true),
		})
	}
	return list
}

func documents(p persona.Persona, _ []string) []record {
	passport := p.Profile.Passport
	if passport.Number == "" {
		return nil
	}
	return []record{{
		"stateFacts": []string{"EntityRoot"}, "id": number(p, passportID),
		"type": "RF_PASSPORT", "vrfStu": standing(true),
		"series": passport.Series, "number": passport.Number,
		"issueDate": dotted(passport.IssuedOn), "issueId": passport.IssuerCode, "issuedBy": passport.IssuedBy,
	}}
}

func orgs(p persona.Persona, _ []string) []record {
	var list []record
	for _, o := range p.Profile.Organisations {
		list = append(list, record{
			"stateFacts": []string{"EntityRoot"}, "oid": account(o.OID),
			"fullName": o.Name, "type": string(o.Kind), "ogrn": o.Ogrn.String(), "inn": o.Inn.String(), "isLiquidated": false,
		})
	}
	return list
}

// roles say what the person may do in an organisation; unlike orgs they tell no INN.
func roles(p persona.Persona, _ []string) []record {
	var list []record
	for _, o := range p.Profile.Organisations {
		list = append(list, record{
			"oid": account(o.OID), "prnOid": p.OID,
			"fullName": o.Name, "shortName": o.Name, "ogrn": o.Ogrn.String(), "type": string(o.Kind),
			"chief": o.Chief, "admin": o.Admin, "active": true, "hasRightOfSubstitution": o.Chief,
		})
	}
	return list
}

// account writes an account number as the JSON number that ESIA gives.
func account(oid string) any {
	n, err := strconv.ParseInt(oid, 10, 64)
	if err != nil {
		return oid
	}
	return n
}

func standing(confirmed bool) string {
	if confirmed {
		return "VERIFIED"
	}
	return "NOT_VERIFIED"
}

func dotted(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d.%02d.%04d", d.Day(), int(d.Month()), d.Year())
}

// bracketed writes +79001234567 as +7(900)1234567.
func bracketed(phone string) string {
	if len(phone) != len("+79001234567") {
		return phone
	}
	return phone[:2] + "(" + phone[2:5] + ")" + phone[5:]
}
