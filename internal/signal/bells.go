package signal

import (
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// Bells are those of the streams of this process: hung under the id of what a stream waits for, rung when there is
// something to look at. A bell that was rung and not heard yet is not rung again.
type Bells struct {
	mu   sync.Mutex
	hung map[uuid.UUID]map[chan struct{}]struct{}
}

// NewBells makes an empty set.
func NewBells() *Bells { return &Bells{hung: make(map[uuid.UUID]map[chan struct{}]struct{})} }

// Hang hangs up a bell; stop takes it down.
func (b *Bells) Hang(id uuid.UUID) (rung <-chan struct{}, stop func()) {
	bell := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hung[id] == nil {
		b.hung[id] = make(map[chan struct{}]struct{})
	}
	b.hung[id][bell] = struct{}{}
	return bell, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.hung[id], bell)
		if len(b.hung[id]) == 0 {
			delete(b.hung, id)
		}
	}
}

// Ring rings the bells under an id. It never waits.
func (b *Bells) Ring(id uuid.UUID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ring(b.hung[id])
}

// RingAll rings every bell.
func (b *Bells) RingAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, bells := range b.hung {
		ring(bells)
	}
}

// IDs are those under which bells hang, in no order.
func (b *Bells) IDs() []uuid.UUID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.hung))
}

// Count is the number of bells that hang.
func (b *Bells) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, bells := range b.hung {
		n += len(bells)
	}
	return n
}

func ring(bells map[chan struct{}]struct{}) {
	for bell := range bells {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
}
