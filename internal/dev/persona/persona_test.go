package persona_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/calendar"
	"kabinet/internal/dev/persona"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
)

// What is written by hand has to pass the same doors as what comes from outside.
func TestIdentifiersAreValid(t *testing.T) {
	for _, p := range persona.All() {
		t.Run(p.Name, func(t *testing.T) {
			profile := p.Profile
			snils, err := identifier.ParseSnils(profile.Snils.String())
			require.NoError(t, err)
			require.Equal(t, snils, profile.Snils)
			require.Less(t, snils.String(), "001-001-999", "outside ESIA's test range")
			if profile.Inn != "" {
				inn, err := identifier.ParseInn(string(profile.Inn))
				require.NoError(t, err)
				require.True(t, inn.IsPerson())
			}
			if profile.Passport != (identity.Passport{}) {
				_, err := identifier.NewPassport(profile.Passport.Series, profile.Passport.Number)
				require.NoError(t, err)
				require.Len(t, profile.Passport.IssuerCode, 6)
				require.False(t, profile.Passport.IssuedOn.IsZero())
			}
			if profile.Phone.Number != "" {
				phone, err := identifier.ParsePhone(string(profile.Phone.Number))
				require.NoError(t, err)
				require.Equal(t, phone, profile.Phone.Number)
			}
			if profile.Email.Address != "" {
				_, err := identifier.ParseEmail(string(profile.Email.Address))
				require.NoError(t, err)
			}
			for _, o := range profile.Organisations {
				_, err := identifier.ParseOgrn(string(o.Ogrn))
				require.NoError(t, err)
				_, err = identifier.ParseInn(string(o.Inn))
				require.NoError(t, err)
				require.NotEmpty(t, o.OID)
			}
		})
	}
}

func TestPeopleAreDifferent(t *testing.T) {
	names, oids, snils, uids := map[string]bool{}, map[int64]bool{}, map[identifier.Snils]bool{}, map[string]bool{}
	for _, p := range persona.All() {
		names[p.Name], oids[p.OID], snils[p.Profile.Snils], uids[p.FundUID] = true, true, true, true
		require.NotEmpty(t, p.Title)
		require.NotEmpty(t, p.FullName())
	}
	n := len(persona.All())
	require.Len(t, names, n)
	require.Len(t, oids, n)
	require.Len(t, snils, n)
	require.Len(t, uids, n)
}

func TestEachShowsWhatItPromises(t *testing.T) {
	find := func(name string) persona.Persona {
		p, ok := persona.ByName(name)
		require.True(t, ok, name)
		return p
	}
	require.True(t, find("ivanova").Trusted)
	require.True(t, find("petrov").Trusted)
	require.False(t, find("sidorov").Trusted)

	incomplete := find("empty").Profile
	require.Empty(t, incomplete.Inn)
	require.Empty(t, incomplete.Email.Address)
	for _, a := range incomplete.Addresses {
		require.NotEqual(t, identity.Registration, a.Kind)
	}

	head, worker, agent := find("director").Profile, find("employee").Profile, find("agent").Profile
	require.True(t, head.Organisations[0].Chief)
	require.False(t, worker.Organisations[0].Chief)
	require.False(t, worker.Organisations[0].Admin)
	require.Equal(t, head.Organisations[0].OID, worker.Organisations[0].OID)
	require.Equal(t, head.Organisations[0].OID, agent.Organisations[0].OID)
	require.True(t, agent.Organisations[0].Admin)
	require.Equal(t, identity.Business, agent.Organisations[1].Kind)
	require.True(t, agent.Organisations[1].Ogrn.IsEntrepreneur())

	require.True(t, find("child").Profile.BirthDate.After(calendar.NewDate(2010, 1, 1)))

	_, ok := persona.ByName("nobody")
	require.False(t, ok)
}

func TestAllBelongsToTheCaller(t *testing.T) {
	first := persona.All()
	first[0].Profile.Addresses[0].Text = "changed"
	require.NotEqual(t, "changed", persona.All()[0].Profile.Addresses[0].Text)
}
