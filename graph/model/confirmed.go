package model

import (
	"context"
	"strings"

	"kabinet/internal/appeal"
	"kabinet/internal/clientaddr"
	"kabinet/internal/network"
	"kabinet/internal/person"
	"kabinet/internal/verification"
	"kabinet/internal/viewer"
)

// The inputs of actions that must be confirmed: what the domain wants to know, and the answer to the request for
// confirmation, which is the business of the directive @confirmed alone.
type (
	// SetContactInput is a contact to be entered.
	SetContactInput struct {
		person.ContactInput

		CurrentConfirmation *ConfirmationInput
		Confirmation        *ConfirmationInput
	}

	// ApproveNetworkInput is a network to be approved.
	ApproveNetworkInput struct {
		network.ApproveInput

		Confirmation *ConfirmationInput
	}

	// RemoveNetworkInput is a network to be removed.
	RemoveNetworkInput struct {
		network.RemoveInput

		Confirmation *ConfirmationInput
	}

	// SubmitAppealInput is an appeal to be submitted.
	SubmitAppealInput struct {
		appeal.SubmitInput

		Confirmation *ConfirmationInput
	}

	// RequestVerificationInput are the scans by which an identity is to be confirmed.
	RequestVerificationInput struct {
		verification.RequestInput

		Confirmation *ConfirmationInput
	}
)

// Confirmed is an input that may hold the answer to a request for confirmation.
type Confirmed interface{ Answer() *ConfirmationInput }

// Answer implements Confirmed.
func (in SetContactInput) Answer() *ConfirmationInput { return in.Confirmation }

// CurrentAnswer is the answer of the phone that was confirmed before; nil when there is none.
func (in SetContactInput) CurrentAnswer() *ConfirmationInput { return in.CurrentConfirmation }

// Answer implements Confirmed.
func (in ApproveNetworkInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in RemoveNetworkInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in SubmitAppealInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in RequestVerificationInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in ApproveThisNetworkInput) Answer() *ConfirmationInput { return in.Confirmation }

// Current is the input without its answer.
func (in ApproveThisNetworkInput) Current() network.CurrentInput {
	return network.CurrentInput{Title: in.Title, IdempotencyKey: in.IdempotencyKey}
}

// Validate finds the faults of the input.
func (in ApproveThisNetworkInput) Validate() error { return in.Current().Validate() }

// Refusal tells, before a code is sent, that the action would be refused whatever is answered.
func (ApproveThisNetworkInput) Refusal(ctx context.Context) error {
	return network.MayApproveCurrent(viewer.FromContext(ctx), clientaddr.FromContext(ctx))
}

// Bound is what a confirmation is bound to beside the input: the network that is approved, as people read it.
func (ApproveThisNetworkInput) Bound(ctx context.Context) string {
	return strings.TrimSuffix(network.SiteOf(clientaddr.FromContext(ctx)), "/32")
}
