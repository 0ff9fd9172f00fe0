package esia_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/esia"
	protocol "kabinet/internal/identity/esia"
)

func TestScopesDecideWhatIsTold(t *testing.T) {
	s := newStand(t)
	const path = "/rs/prns/1000000005"
	const everything = "?embed=(contacts.elements,addresses.elements-1,documents.elements-1,organizations.elements)"
	for scope, told := range map[string][]string{
		"":          {},
		"fullname":  {"lastName", "firstName", "middleName"},
		"birthdate": {"birthDate"},
		"gender":    {"gender"},
		"snils":     {"snils"},
		"inn":       {"inn"},
		"id_doc":    {"rIdDoc", "citizenship", "documents"},
		"email":     {"contacts"},
		"mobile":    {"contacts"},
		"contacts":  {"contacts"},
		"addresses": {"addresses"},
		"usr_org":   {"organizations"},
	} {
		t.Run(scope, func(t *testing.T) {
			bearer := "Bearer " + s.tokens(t, "director", strings.TrimSpace("openid "+scope))["access_token"].(string)
			w := s.get(path+everything, "Authorization", bearer)
			require.Equal(t, http.StatusOK, w.Code)
			var person map[string]any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &person))
			for _, always := range []string{"stateFacts", "status", "verifying", "trusted", "updatedOn", "eTag"} {
				require.Contains(t, person, always)
				delete(person, always)
			}
			names := make([]string, 0, len(person))
			for name := range person {
				names = append(names, name)
			}
			require.ElementsMatch(t, told, names)

			for collection, scopes := range map[string]string{
				"ctts": "contacts email mobile", "addrs": "addresses", "docs": "id_doc", "orgs": "usr_org", "roles": "usr_org",
			} {
				want := http.StatusForbidden
				if scope != "" && strings.Contains(scopes, scope) {
					want = http.StatusOK
				}
				require.Equal(t, want, s.get(path+"/"+collection, "Authorization", bearer).Code, collection)
			}
		})
	}
	t.Run("one kind of contact", func(t *testing.T) {
		bearer := "Bearer " + s.tokens(t, "director", "openid mobile")["access_token"].(string)
		body := s.get(path+"/ctts?embed=(elements)", "Authorization", bearer).Body.String()
		require.Contains(t, body, "+7(900)0000005")
		require.NotContains(t, body, "example.ru")
	})
}

func TestCollectionsAsLinks(t *testing.T) {
	s := newStand(t)
	bearer := "Bearer " + s.tokens(t, "agent", "openid contacts addresses id_doc usr_org")["access_token"].(string)
	for collection, count := range map[string]int{"ctts": 2, "addrs": 1, "docs": 1, "orgs": 2, "roles": 2} {
		path := "/rs/prns/1000000007/" + collection
		var links struct {
			Size     int
			Elements []string
		}
		require.NoError(t, json.Unmarshal(s.get(path, "Authorization", bearer).Body.Bytes(), &links))
		require.Equal(t, count, links.Size)
		require.Len(t, links.Elements, count)
		var embedded struct{ Elements []map[string]any }
		require.NoError(t, json.Unmarshal(s.get(path+"?embed=(elements)", "Authorization", bearer).Body.Bytes(), &embedded))
		for i, link := range links.Elements {
			require.True(t, strings.HasPrefix(link, "http://esia.test"+path+"/"), link)
			var element map[string]any
			w := s.get(strings.TrimPrefix(link, "http://esia.test"), "Authorization", bearer)
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &element))
			require.Equal(t, embedded.Elements[i], element)
		}
		require.Equal(t, http.StatusNotFound, s.get(path+"/0", "Authorization", bearer).Code)
	}
	require.Equal(t, http.StatusNotFound, s.get("/rs/prns/1000000007/vhls", "Authorization", bearer).Code)
}

func TestEmptyCollectionIsAList(t *testing.T) {
	s := newStand(t)
	bearer := "Bearer " + s.tokens(t, "child", "openid id_doc")["access_token"].(string)
	require.Contains(t, s.get("/rs/prns/1000000008/docs?embed=(elements)", "Authorization", bearer).Body.String(), `"elements":[]`)
}

func TestDataIsNotForEverybody(t *testing.T) {
	s := newStand(t)
	answer := s.tokens(t, "ivanova", "openid fullname")
	own := "/rs/prns/1000000001"
	bearer := "Bearer " + answer["access_token"].(string)
	require.Equal(t, http.StatusUnauthorized, s.get(own).Code)
	require.Equal(t, http.StatusUnauthorized, s.get(own, "Authorization", "Bearer x").Code)
	require.Equal(t, http.StatusUnauthorized, s.get(own, "Authorization", answer["access_token"].(string)).Code)
	require.Equal(t, http.StatusUnauthorized, s.get(own, "Authorization", "Bearer "+answer["id_token"].(string)).Code, "an id_token opens nothing")

	somebody := s.get("/rs/prns/1000000002", "Authorization", bearer)
	nobody := s.get("/rs/prns/5", "Authorization", bearer)
	require.Equal(t, http.StatusForbidden, somebody.Code)
	require.Equal(t, somebody.Code, nobody.Code)
	require.Equal(t, somebody.Body.String(), nobody.Body.String())

	require.Equal(t, http.StatusOK, s.get(own, "Authorization", bearer).Code)
	s.Fail(esia.Person, protocol.CodeInternal)
	require.Equal(t, http.StatusBadRequest, s.get(own, "Authorization", bearer).Code)
	require.Equal(t, http.StatusOK, s.get(own, "Authorization", bearer).Code, "one failure spoils one request")
	s.clock.Advance(esia.AccessLifetime)
	require.Equal(t, http.StatusUnauthorized, s.get(own, "Authorization", bearer).Code)
}
