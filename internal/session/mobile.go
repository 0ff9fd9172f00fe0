package session

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/session"
	"kabinet/ent/sessiontoken"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

const (
	// codeLife is how long the app may take to exchange a login code.
	codeLife = time.Minute
	// grace is for how long a used refresh token may be sent again, while its successor is unused: the answer may have
	// been lost on its way.
	grace = 30 * time.Second
	// Bounds of a PKCE verifier, in characters (RFC 7636, 4.1).
	minVerifier, maxVerifier = 43, 128
)

// The refusals of the app's tokens.
var (
	// ErrSignInAgain refuses a login code or refresh token, whatever is wrong with it.
	ErrSignInAgain = fault.New(fault.Unauthenticated,
		locale.Text{Ru: "Этот код входа или токен обновления не действует.", En: "This login code or refresh token is not valid."},
		locale.Text{Ru: "Войдите снова.", En: "Sign in again."})
	// ErrGrant refuses a login of the app that could not be exchanged for tokens.
	ErrGrant = fault.New(fault.BadInput,
		locale.Text{Ru: "Вход из приложения начат неправильно.", En: "The app has begun the login wrongly."},
		locale.Text{Ru: "Нужны адрес возврата и code_challenge по методу S256.", En: "It needs a redirect address and an S256 code_challenge."})
)

// Grant is what the app binds its login code to.
type Grant struct {
	// Challenge is the PKCE challenge of the method S256 (RFC 7636): SHA-256 of the verifier, in base64url.
	Challenge string
	// RedirectURI is where the code is sent.
	RedirectURI string
}

// Pair is what the app holds a session with.
type Pair struct {
	Access string
	// AccessEndsAt is when the access token stops working if nothing is done with it.
	AccessEndsAt time.Time
	Refresh      string
	// RefreshEndsAt is the absolute end of the session.
	RefreshEndsAt time.Time
}

// BeginMobile begins a session of the app and gives the code for which the app gets its tokens: once, within a minute.
// A grant that no app could use is ErrGrant.
func (s *Service) BeginMobile(ctx context.Context, start Start, grant Grant) (code string, err error) {
	if sum, err := base64.RawURLEncoding.Strict().DecodeString(grant.Challenge); err != nil || len(sum) != sha256.Size || grant.RedirectURI == "" {
		return "", ErrGrant
	}
	start.Kind = Mobile
	d, err := s.first(start)
	if err != nil {
		return "", err
	}
	t, key := newToken(loginCode), newDataKey(d.Session)
	h, err := t.hold(key, d)
	if err != nil {
		return "", err
	}
	now, hash := s.clock.Now(), t.hash()
	// The column asks for a hash; there is no token yet, and nobody ever knew this one.
	nobodys := newToken(accessToken).hash()
	if err := s.begin(ctx, start, d, func(c *ent.SessionCreate) {
		c.SetTokenHash(nobodys[:]).SetSealed(h.sealed).SetIdleEndsAt(now.Add(codeLife))
	}, func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.SessionToken.Create().SetOwnerID(d.Person).SetSessionID(d.Session).SetKind(string(t.kind)).
			SetTokenHash(hash[:]).SetWrapped(h.wrapped).SetChallenge(grant.Challenge).SetRedirectURI(grant.RedirectURI).
			SetCreatedAt(now).SetExpiresAt(minTime(now.Add(codeLife), d.Absolute)).Exec(ctx); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
		return nil
	}); err != nil {
		return "", err
	}
	return t.text(), nil
}

// Exchange gives the app its tokens for a login code. The code is used up by it, whether or not the verifier and the
// redirect address are those that it was given for; if they are not, or if the code has been used before, the session
// ends, for somebody else has the code. Every refusal is ErrSignInAgain.
func (s *Service) Exchange(ctx context.Context, code, verifier, redirectURI string) (Pair, error) {
	return s.spend(ctx, loginCode, code, func(_ context.Context, _ *storage.Tx, used *ent.SessionToken) (refused string, err error) {
		if used.UsedAt != nil {
			return ReasonReused, nil
		}
		if !grantedFor(used, verifier, redirectURI) {
			return ReasonMismatch, nil
		}
		return "", nil
	})
}

// grantedFor compares in a time that tells nothing of what was expected.
func grantedFor(code *ent.SessionToken, verifier, redirectURI string) bool {
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	same := subtle.ConstantTimeCompare([]byte(challenge), []byte(code.Challenge)) &
		subtle.ConstantTimeCompare([]byte(redirectURI), []byte(code.RedirectURI))
	return same == 1 && len(verifier) >= minVerifier && len(verifier) <= maxVerifier
}

// Refresh gives the app a new pair for its refresh token, and the session goes on: the access token before stops working
// at once, everywhere. It works after the idle end too, until the absolute one. A refresh token that has been used before
// ends the session, unless its successor is unused and the grace has not passed. Every refusal is ErrSignInAgain.
func (s *Service) Refresh(ctx context.Context, text string) (Pair, error) {
	return s.spend(ctx, refreshToken, text, func(ctx context.Context, tx *storage.Tx, used *ent.SessionToken) (refused string, err error) {
		if used.UsedAt == nil {
			return "", nil
		}
		now := s.clock.Now()
		if used.ReplacedBy == nil || now.Sub(*used.UsedAt) >= grace {
			return ReasonReused, nil
		}
		// The answer may have been lost. If it was not, whoever has the successor is found out when they use it.
		n, err := tx.SessionToken.Update().Where(sessiontoken.ID(*used.ReplacedBy), sessiontoken.UsedAtIsNil()).SetUsedAt(now).Save(ctx)
		if err != nil {
			return "", fmt.Errorf("use refresh token: %w", err)
		}
		if n == 0 {
			return ReasonReused, nil
		}
		return "", nil
	})
}

// judge tells, under the lock of the session's row, for what reason a token ends the session; empty if it serves.
type judge func(ctx context.Context, tx *storage.Tx, used *ent.SessionToken) (refused string, err error)

// spend uses a code or refresh token up and gives a new pair.
func (s *Service) spend(ctx context.Context, kind tokenKind, text string, judged judge) (Pair, error) {
	t, err := parseToken(kind, text)
	if err != nil {
		return Pair{}, ErrSignInAgain
	}
	hash, system := t.hash(), viewer.NewSystemContext(ctx, "session tokens")
	// A token never changes its session, so that its row tells which one is to be locked.
	found, err := s.store.SessionToken.Query().
		Where(sessiontoken.TokenHash(hash[:]), sessiontoken.Kind(string(kind))).Only(system)
	switch {
	case ent.IsNotFound(err):
		return Pair{}, ErrSignInAgain
	case err != nil:
		return Pair{}, fmt.Errorf("find token of session: %w", err)
	}
	var given *given
	var refused string
	err = s.store.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
		now := s.clock.Now()
		row, err := forUpdate(tx, tx.Session.Query().
			Where(session.ID(found.SessionID), session.EndedAtIsNil(), session.AbsoluteEndsAtGT(now))).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return ErrSignInAgain
		case err != nil:
			return fmt.Errorf("use token of session: %w", err)
		}
		// As it is now that nobody else can use it.
		used, err := tx.SessionToken.Get(ctx, found.ID)
		if err != nil {
			return fmt.Errorf("use token of session: %w", err)
		}
		if used.UsedAt == nil && !now.Before(used.ExpiresAt) {
			return ErrSignInAgain
		}
		if refused, err = judged(ctx, tx, used); err != nil {
			return err
		}
		if refused != "" {
			return markUsed(ctx, tx, used, now, nil)
		}
		given, err = s.give(ctx, tx, row, t, used, now)
		return err
	})
	if err != nil {
		return Pair{}, err
	}
	if refused != "" {
		open := Open{Viewer: viewer.Viewer{PersonID: found.OwnerID, SessionID: found.SessionID}}
		if err := s.End(ctx, open, refused); err != nil {
			return Pair{}, err
		}
		return Pair{}, ErrSignInAgain
	}
	s.swapCopy(ctx, given)
	return given.pair, nil
}

// given is a pair that was just given.
type given struct {
	pair     Pair
	replaced []tokenHash // of the access token before, if there was one
	hash     tokenHash   // of the new access token
	held     held
}

// give writes a new pair in place of a code or refresh token.
func (s *Service) give(ctx context.Context, tx *storage.Tx, row *ent.Session, t token, used *ent.SessionToken, now time.Time) (*given, error) {
	var replaced []tokenHash
	if before, ok := hashOf(row.TokenHash); ok && len(row.Wrapped) > 0 {
		replaced = append(replaced, before)
	}
	key, err := t.unwrap(used.Wrapped)
	if err != nil {
		return nil, err
	}
	access, refresh := newToken(accessToken), newToken(refreshToken)
	wrapped, err := access.wrap(key)
	if err != nil {
		return nil, err
	}
	wrappedNext, err := refresh.wrap(key)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("give tokens: %w", err)
	}
	if err := markUsed(ctx, tx, used, now, &id); err != nil {
		return nil, err
	}
	after, hash := access.hash(), refresh.hash()
	if err := tx.SessionToken.Create().SetID(id).SetOwnerID(row.OwnerID).SetSessionID(row.ID).SetKind(string(refresh.kind)).
		SetTokenHash(hash[:]).SetWrapped(wrappedNext).SetCreatedAt(now).SetExpiresAt(row.AbsoluteEndsAt).Exec(ctx); err != nil {
		return nil, fmt.Errorf("give tokens: %w", err)
	}
	end := minTime(now.Add(s.limits.Idle), row.AbsoluteEndsAt)
	if err := tx.Session.Update().Where(session.ID(row.ID)).
		SetTokenHash(after[:]).SetWrapped(wrapped).SetIdleEndsAt(now.Add(s.limits.Idle)).Exec(ctx); err != nil {
		return nil, fmt.Errorf("give tokens: %w", err)
	}
	return &given{
		pair:     Pair{Access: access.text(), AccessEndsAt: end, Refresh: refresh.text(), RefreshEndsAt: row.AbsoluteEndsAt},
		replaced: replaced, hash: after, held: held{wrapped, row.Sealed},
	}, nil
}

// markUsed notes that a token was used, when it was first, and what was given for it last.
func markUsed(ctx context.Context, tx *storage.Tx, used *ent.SessionToken, now time.Time, next *uuid.UUID) error {
	update := tx.SessionToken.UpdateOneID(used.ID)
	if used.UsedAt == nil {
		update.SetUsedAt(now)
	}
	if next != nil {
		update.SetReplacedBy(*next)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("use token of session: %w", err)
	}
	return nil
}

// swapCopy has the access token before open nothing any more, and the new one its copy. It is owed even if the caller
// has gone; what fails the sweep repeats.
func (s *Service) swapCopy(ctx context.Context, g *given) {
	after := context.WithoutCancel(ctx)
	if err := s.forget(after, g.replaced...); err != nil {
		s.stale.add(g.replaced...)
		s.log.WarnContext(after, "session: a replaced token's copy is not forgotten; the sweep will do it", "error", err)
		return // and no copy for a cache that does not answer
	}
	s.cache(after, g.hash, g.held, s.limits.Idle, true)
}
