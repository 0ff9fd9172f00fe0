package seed

import (
	"kabinet/internal/appeal"
	"kabinet/internal/dev/persona"
)

// biography is all that is told of a person.
type biography struct {
	job           job
	secondJob     job
	insuredMonths int // insurance record as of today
	leaves        []leafSpec
	benefits      []benefitSpec
	documents     []documentSpec
	appeals       []appealSpec

	clarifications []clarificationSpec
	deadlines      []deadlineSpec
}

// job is an employer and what it has paid.
type job struct {
	employer           string
	registrationNumber string // at the fund
	twoYears           int64  // earnings of two years, in kopecks
}

// biographyOf gives the biography of a demo person; somebody without one has none.
func biographyOf(name string) biography {
	switch name {
	case "ivanova":
		return ivanova()
	case "petrov":
		return petrov()
	case "sidorov":
		return sidorov()
	case "director":
		return director()
	case "employee":
		return employee()
	case "agent":
		return agent()
	case "child":
		return child()
	case "newcomer":
		return newcomer()
	}
	return biography{}
}

// jobAt is a job at the first organisation of a demo person.
func jobAt(name string, twoYears int64) job {
	p, ok := persona.ByName(name)
	if !ok || len(p.Profile.Organisations) == 0 {
		return job{twoYears: twoYears}
	}
	o := p.Profile.Organisations[0]
	return job{employer: o.Name, registrationNumber: registrationNumber(o), twoYears: twoYears}
}

// The steps that most appeals take.

func drafted(when moment) stepSpec { return stepSpec{to: appeal.Draft, by: appeal.Citizen, when: when} }

func submitted(when moment) stepSpec {
	return stepSpec{to: appeal.Submitted, by: appeal.Citizen, when: when}
}

func registered(when moment) stepSpec {
	return stepSpec{appeal.Registered, appeal.Fund, when, "Обращение принято и зарегистрировано."}
}

func underReview(when moment) stepSpec {
	return stepSpec{appeal.UnderReview, appeal.Fund, when, "Назначен ответственный специалист."}
}

func decided(to appeal.State, when moment, comment string) stepSpec {
	return stepSpec{to, appeal.Fund, when, comment}
}

func fromFund(when moment, text string) messageSpec { return messageSpec{appeal.Fund, when, text} }

func fromCitizen(when moment, text string) messageSpec {
	return messageSpec{appeal.Citizen, when, text}
}
