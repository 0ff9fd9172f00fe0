package seed

import (
	"kabinet/internal/benefit"
	"kabinet/internal/sickleave"
)

// ivanova has everything: more than a year with a birth, a broken ankle, an accident at work, an occupational disease
// and a child who brings home what goes around.
func ivanova() biography {
	return biography{
		job: job{
			employer: "АО «Примерский приборостроительный завод»", registrationNumber: "0000104217", twoYears: 1_284_360_50,
		},
		secondJob:     job{employer: "ИП Лебедева Анна Кирилловна", registrationNumber: "0000220063", twoYears: 328_500_00},
		insuredMonths: 101,
		leaves:        ivanovaLeaves(),
		benefits:      ivanovaBenefits(),
		documents:     ivanovaDocuments(),
		appeals:       ivanovaAppeals(),

		clarifications: ivanovaClarifications(),
		deadlines:      ivanovaDeadlines(),
	}
}

func ivanovaLeaves() []leafSpec {
	clinic := polyclinic()
	return []leafSpec{
		{
			key: "birth", start: 420, periods: []int{140}, state: sickleave.BenefitPaid,
			reason: sickleave.Maternity, outcome: sickleave.Fit, diagnosis: "Z34.8", clinic: maternityClinic(),
		},
		{
			key: "cold", start: 262, periods: []int{5, 4}, state: sickleave.BenefitPaid,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J06.9", clinic: clinic,
		},
		{
			key: "cold at the second job", start: 262, periods: []int{5, 4}, state: sickleave.BenefitPaid, secondJob: true,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J06.9", clinic: clinic,
		},
		{
			key: "bronchitis of the child", start: 240, periods: []int{7, 3}, state: sickleave.BenefitPaid,
			reason: sickleave.FamilyCare, outcome: sickleave.Fit, diagnosis: "J20.9", clinic: childrensPolyclinic(),
		},
		{
			key: "ankle", start: 222, periods: []int{7, 8, 10}, state: sickleave.BenefitPaid,
			reason: sickleave.Injury, outcome: sickleave.StillIll, diagnosis: "S82.6", clinic: hospital(),
		},
		{
			key: "ankle goes on", start: 197, periods: []int{10, 8}, state: sickleave.BenefitPaid, continues: "ankle",
			reason: sickleave.Injury, outcome: sickleave.Aftercare, diagnosis: "S82.6", clinic: hospital(),
		},
		{
			key: "sanatorium", start: 179, periods: []int{18}, state: sickleave.BenefitPaid, continues: "ankle goes on",
			reason: sickleave.Sanatorium, outcome: sickleave.Fit, diagnosis: "T93.2", clinic: sanatoriumClinic(),
		},
		{
			key: "quarantine", start: 150, periods: []int{7}, state: sickleave.BenefitPaid,
			reason: sickleave.Quarantine, outcome: sickleave.Fit, diagnosis: "Z20.8", clinic: childrensPolyclinic(),
		},
		{
			key: "misspelt", start: 131, periods: []int{5}, state: sickleave.Terminated,
			reason: sickleave.Illness, diagnosis: "J02.9", clinic: clinic,
		},
		{
			key: "spelt right", start: 131, periods: []int{5}, state: sickleave.BenefitPaid, replaces: "misspelt",
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J02.9", clinic: clinic,
		},
		{
			key: "accident at work", start: 118, periods: []int{7, 7}, state: sickleave.BenefitPaid,
			reason: sickleave.WorkAccident, outcome: sickleave.Fit, diagnosis: "S61.0", clinic: hospital(),
		},
		{
			key: "hearing", start: 92, periods: []int{15, 10, 5}, state: sickleave.SupplementedByAssessment,
			reason: sickleave.OccupationalDisease, outcome: sickleave.DisabilitySet, diagnosis: "H83.3", clinic: occupationalCentre(),
		},
		{
			key: "hearing, second job", start: 92, periods: []int{15, 10, 5}, state: sickleave.SentToAssessment, secondJob: true,
			reason: sickleave.OccupationalDisease, diagnosis: "H83.3", clinic: occupationalCentre(),
		},
		{
			key: "asthma of the child", start: 41, periods: []int{8}, state: sickleave.FilledByEmployerRegister,
			reason: sickleave.ChildListedDisease, outcome: sickleave.Fit, diagnosis: "J45.0", clinic: childrensPolyclinic(),
		},
		{
			key: "observation", start: 33, periods: []int{4, 3}, state: sickleave.FilledByEmployerRegister,
			reason: sickleave.OtherReason, outcome: sickleave.Fit, diagnosis: "T78.4", clinic: hospital(),
		},
		{
			key: "throat", start: 26, periods: []int{5}, state: sickleave.FilledByEmployer,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J03.9", clinic: clinic,
		},
		{
			key: "second quarantine", start: 21, periods: []int{4}, state: sickleave.FilledByEmployer,
			reason: sickleave.Quarantine, outcome: sickleave.Fit, diagnosis: "Z20.8", clinic: childrensPolyclinic(),
		},
		{
			key: "migraine", start: 17, periods: []int{3}, state: sickleave.Closed,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "G43.1", clinic: clinic,
		},
		{
			key: "otitis of the child", start: 14, periods: []int{7, 6}, state: sickleave.Extended,
			reason: sickleave.FamilyCare, diagnosis: "H66.0", clinic: childrensPolyclinic(),
		},
		{
			key: "flu", start: 1, periods: []int{5}, state: sickleave.Opened,
			reason: sickleave.Illness, diagnosis: "J11.1", clinic: clinic,
		},
	}
}

func ivanovaBenefits() []benefitSpec {
	disability := func(leave string, state benefit.State) benefitSpec {
		return benefitSpec{kind: benefit.TemporaryDisability, state: state, leave: leave}
	}
	noticed := disability("second quarantine", benefit.NoticeIssued)
	noticed.notice = "В сведениях работодателя не совпадает средний заработок за два года: в реестре указана одна сумма, " +
		"в отчётности по взносам другая. Исправленные сведения передаёт работодатель; от вас ничего не требуется."
	const born = 350
	return []benefitSpec{
		{kind: benefit.Maternity, state: benefit.Closed, leave: "birth"},
		{kind: benefit.ChildBirth, state: benefit.Closed, event: born, lump: 26_941_71},
		{kind: benefit.ChildCare, state: benefit.ReadyForCalculation, event: born, months: 8},
		disability("cold", benefit.Closed),
		disability("cold at the second job", benefit.Closed),
		disability("bronchitis of the child", benefit.Closed),
		disability("ankle", benefit.Closed),
		disability("ankle goes on", benefit.Closed),
		disability("sanatorium", benefit.Closed),
		disability("quarantine", benefit.Closed),
		disability("misspelt", benefit.Duplicate),
		disability("spelt right", benefit.Paid),
		{kind: benefit.WorkInjury, state: benefit.Paid, leave: "accident at work"},
		disability("asthma of the child", benefit.SentForPayment),
		disability("observation", benefit.Calculated),
		disability("throat", benefit.CalculationBeingConfirmed),
		noticed,
		{kind: benefit.Funeral, state: benefit.Loaded, event: 9},
	}
}
