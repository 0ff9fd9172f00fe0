package identifier_test

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/identifier"
)

func TestParsePhone(t *testing.T) {
	for _, s := range []string{"+79778318309", "+7(977)8318309"} {
		phone, err := identifier.ParsePhone(s)
		require.NoError(t, err, s)
		require.Equal(t, identifier.Phone("+79778318309"), phone)
	}
	for _, s := range []string{
		"89778318309", "79778318309", "9778318309", "+7 977 831 83 09", "+7(977)831-83-09", "+7(9778)318309",
		"+7(977)831830", "+74951234567", "+7(495)1234567", "+77011234567", "+49778318309", "+997783183099",
		"+7977831830", "+797783183091", "8(977)8318309", "+7[977]8318309", "tel:+79778318309",
	} {
		_, err := identifier.ParsePhone(s)
		require.ErrorIs(t, err, identifier.ErrPhone, s)
	}
}

func TestBothFormsOfAPhoneAreOneNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`9[0-9]{2}`).Draw(t, "code")
		number := rapid.StringMatching(`[0-9]{7}`).Draw(t, "number")
		plain, err := identifier.ParsePhone("+7" + code + number)
		require.NoError(t, err)
		esia, err := identifier.ParsePhone("+7(" + code + ")" + number)
		require.NoError(t, err)
		require.Equal(t, plain, esia)
		require.NotContains(t, plain.Masked(), code+number[:3])
	})
}

func TestParseEmail(t *testing.T) {
	for s, want := range map[string]identifier.Email{
		"ivanova@example.ru":                    "ivanova@example.ru",
		"Ivanova.A+fund@MAIL.Example.RU":        "Ivanova.A+fund@mail.example.ru",
		"i@ya.ru":                               "i@ya.ru",
		"o'neil_1%x@sub.example-1.com":          "o'neil_1%x@sub.example-1.com",
		"info@xn--80aswg.xn--p1ai":              "info@xn--80aswg.xn--p1ai",
		strings.Repeat("a", 64) + "@example.ru": identifier.Email(strings.Repeat("a", 64) + "@example.ru"),
		"a@" + strings.Repeat("b", 63) + ".ru":  identifier.Email("a@" + strings.Repeat("b", 63) + ".ru"),
		"a@" + strings.Repeat("b.", 125) + "ru": identifier.Email("a@" + strings.Repeat("b.", 125) + "ru"),
		"1234567890@7.example.ru":               "1234567890@7.example.ru",
		"#!$%&'*+-/=?^_`{|}~@example.ru":        "#!$%&'*+-/=?^_`{|}~@example.ru",
	} {
		email, err := identifier.ParseEmail(s)
		require.NoError(t, err, s)
		require.Equal(t, want, email)
	}
}

func TestParseEmailRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"no at":               "example.ru",
		"no local part":       "@example.ru",
		"no domain":           "ivanova@",
		"two ats":             "a@b@example.ru",
		"display name":        "Ivanova <ivanova@example.ru>",
		"angle brackets":      "<ivanova@example.ru>",
		"comment":             "ivanova(home)@example.ru",
		"quoted local part":   `"ivanova"@example.ru`,
		"quoted with a space": `"a b"@example.ru`,
		"list":                "a@example.ru,b@example.ru",
		"two dots":            "a..b@example.ru",
		"dot first":           ".a@example.ru",
		"dot last":            "a.@example.ru",
		"header injection":    "a@example.ru\r\nBcc: b@example.ru",
		"local host":          "root@localhost",
		"address literal":     "a@[127.0.0.1]",
		"address":             "a@127.0.0.1",
		"root dot":            "a@example.ru.",
		"empty label":         "a@example..ru",
		"hyphen first":        "a@-example.ru",
		"hyphen last":         "a@example-.ru",
		"underscore":          "a@exa_mple.ru",
		"short top":           "a@example.r",
		"cyrillic local part": "иванова@example.ru",
		"cyrillic domain":     "info@почта.рф",
		"cyrillic look-alike": "ivanova@exаmple.ru",
		"long local part":     strings.Repeat("a", 65) + "@example.ru",
		"long label":          "a@" + strings.Repeat("b", 64) + ".ru",
		"long address":        "ab@" + strings.Repeat("b.", 125) + "ru",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identifier.ParseEmail(s)
			require.ErrorIs(t, err, identifier.ErrEmail)
		})
	}
}

func TestMaskedEmail(t *testing.T) {
	require.Equal(t, "i***@ya.ru", identifier.Email("ivanova@ya.ru").Masked())
	require.Equal(t, "i***@ya.ru", identifier.Email("iv@ya.ru").Masked())
	require.Equal(t, "***@ya.ru", identifier.Email("i@ya.ru").Masked())
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"+79778318309", "+7(977)8318309", "+7(977)831830９"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A\+7(9[0-9]{9}|\(9[0-9]{2}\)[0-9]{7})\z`)
	f.Fuzz(func(t *testing.T, s string) {
		phone, err := identifier.ParsePhone(s)
		require.Equal(t, form.MatchString(s), err == nil)
		if err != nil {
			require.ErrorIs(t, err, identifier.ErrPhone)
			return
		}
		require.Equal(t, strings.NewReplacer("(", "", ")", "").Replace(s), string(phone))
	})
}

func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{"ivanova@example.ru", "A@B.RU", `"a"@b.ru`, "a@[1.1.1.1]", "a <a@b.ru>", "a@b.ru\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		email, err := identifier.ParseEmail(s)
		if err != nil {
			require.ErrorIs(t, err, identifier.ErrEmail)
			require.Empty(t, email)
			return
		}
		require.True(t, strings.EqualFold(s, string(email)))
		require.LessOrEqual(t, len(email), 254)
		require.NotContains(t, string(email), " ")
		address, err := mail.ParseAddress(string(email))
		require.NoError(t, err)
		require.Equal(t, string(email), address.Address)
		again, err := identifier.ParseEmail(string(email))
		require.NoError(t, err)
		require.Equal(t, email, again)
	})
}
