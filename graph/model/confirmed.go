package model

import (
	"kabinet/internal/network"
	"kabinet/internal/person"
	"kabinet/internal/verification"
)

// The inputs of actions that must be confirmed: what the domain wants to know, and the answer to the request for
// confirmation, which is the business of the directive @confirmed alone.
type (
	// SetContactInput is a contact to be entered.
	SetContactInput struct {
		person.ContactInput

		Confirmation *ConfirmationInput
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

// Answer implements Confirmed.
func (in ApproveNetworkInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in RemoveNetworkInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in RequestVerificationInput) Answer() *ConfirmationInput { return in.Confirmation }

// Answer implements Confirmed.
func (in ApproveThisNetworkInput) Answer() *ConfirmationInput { return in.Confirmation }
