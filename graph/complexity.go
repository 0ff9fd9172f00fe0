package graph

import (
	"kabinet/graph/generated"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/notice"
	"kabinet/internal/page"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
)

// maxCost is the greatest cost of an operation. A field costs one; a page costs its size times what one item costs; a
// relation that is not paged is taken to have relationSize items. The dashboard costs about 700, a page of 100
// appeals with everything, their total too, about 15,000.
const maxCost = 16_000

// relationSize is the number of items that a relation usually has at most.
const relationSize = 5

// nodeCost is what finding a thing by its id costs beside its fields: each that is not found is an error in the answer.
const nodeCost = 10

// totalCost is what counting a whole list costs: the database reads all of it.
const totalCost = 20

// costs are the fields that cost more than one.
func costs() generated.ComplexityRoot {
	var c generated.ComplexityRoot
	c.Viewer.SickLeaves = func(child int, first *int, _ *page.Cursor, _ *sickleave.Filter, _ *sickleave.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Benefits = func(child int, first *int, _ *page.Cursor, _ *benefit.Filter, _ *benefit.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Appeals = func(child int, first *int, _ *page.Cursor, _ *appeal.Filter, _ *appeal.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Documents = func(child int, first *int, _ *page.Cursor, _ *document.Filter, _ *document.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Journal = func(child int, first *int, _ *page.Cursor, _ *audit.Filter, _ *audit.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Clarifications = func(child int, first *int, _ *page.Cursor, _ *clarification.Filter, _ *clarification.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Deadlines = func(child int, first *int, _ *page.Cursor, _ *deadline.Filter, _ *deadline.Order) int {
		return pageCost(child, first)
	}
	c.Viewer.Contributions = func(child int, first *int, _ *page.Cursor, _ *contribution.Filter, _ *contribution.Order) int {
		return pageCost(child, first)
	}
	c.Query.Announcements = func(child int, first *int, _ *page.Cursor, _ *notice.Filter, _ *notice.Order) int {
		return pageCost(child, first)
	}
	c.Query.Systems = relationCost
	c.Subscription.SystemsChanged = relationCost
	c.Query.Maintenances = relationCost
	c.Maintenance.Systems = relationCost
	c.SickLeave.Clarifications = relationCost
	c.Viewer.Sessions = relationCost
	c.Viewer.Networks = relationCost
	c.Verification.Needs = relationCost
	c.VerificationRequest.Faults = relationCost
	c.Entry.Steps = relationCost
	c.Entry.Missing = relationCost
	c.Entry.Terms = relationCost
	c.Entry.SetUp = relationCost
	c.ApproveNetworkPayload.Networks = relationCost
	c.RemoveNetworkPayload.Networks = relationCost
	c.Person.Addresses = relationCost
	c.Person.Mismatches = relationCost
	c.SickLeave.Periods = relationCost
	c.Benefit.Accruals = relationCost
	c.Appeal.Timeline = relationCost
	c.Appeal.Messages = relationCost
	c.Appeal.Attachments = relationCost
	c.Document.Versions = relationCost
	c.SickLeaveConnection.TotalCount = countCost
	c.BenefitConnection.TotalCount = countCost
	c.AppealConnection.TotalCount = countCost
	c.DocumentConnection.TotalCount = countCost
	c.JournalConnection.TotalCount = countCost
	c.ClarificationConnection.TotalCount = countCost
	c.DeadlineConnection.TotalCount = countCost
	c.ContributionConnection.TotalCount = countCost
	c.AnnouncementConnection.TotalCount = countCost
	c.Query.Nodes = func(child int, ids []*ref.Ref) int { return 1 + len(ids)*(nodeCost+child) }
	return c
}

func pageCost(child int, first *int) int {
	size := page.DefaultSize
	if first != nil {
		size = min(max(*first, 1), page.MaxSize) // a size out of bounds is refused by the list itself
	}
	return 1 + size*child
}

func relationCost(child int) int { return 1 + relationSize*child }

func countCost(int) int { return totalCost }
