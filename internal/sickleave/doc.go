// Package sickleave is the sick leave certificate (электронный листок нетрудоспособности, ЭЛН) as its owner sees it.
//
// It owns the states and what may follow what, the list with its filters, the detail with periods, employer's part and
// payment, and the application of what the fund reports. Certificates are issued and changed by clinics, employers and
// the fund; the citizen only reads. The codes of the classifier are those of the fund's exchange format (приказы ФСС
// о формате ЭЛН): 010–090 states, 01–15 reasons, 31–37 outcomes.
package sickleave
