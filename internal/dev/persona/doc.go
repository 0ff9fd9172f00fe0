// Package persona holds the people of the demonstration, as the identity provider knows them.
//
// It owns who they are: names, identifiers, contacts, organisations, and what each is there to
// show. It leaves to others how they log in (dev/esia) and what happens to them at the fund (the
// demo fund).
//
// None of them exists. SNILS are of the range that ESIA keeps for tests (up to 001-001-998), with
// right check digits all the same; tax and registration numbers and passports name region 00,
// which there is none of; the places are invented; mail goes to example.ru.
package persona
