package signal

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// Bell is answered when it rings, on a goroutine that is there for the answer alone: whoever waits for something rare, and
// there are thousands of them, waits without one. It is answered by one goroutine at a time; however often it rings
// meanwhile, it is answered once more.
type Bell struct {
	answer func()
	state  atomic.Int32
}

// What a Bell may be.
const (
	silent    int32 = iota
	answering       // and what rang it is being seen to
	ringing         // it is being answered, and has rung since
)

// NewBell makes a bell that nothing rings yet.
func NewBell(answer func()) *Bell { return &Bell{answer: answer} }

// Ring never waits.
func (b *Bell) Ring() {
	for {
		switch state := b.state.Load(); {
		case state == ringing:
			return
		case state == answering && b.state.CompareAndSwap(answering, ringing):
			return
		case state == silent && b.state.CompareAndSwap(silent, answering):
			go b.see()
			return
		}
	}
}

func (b *Bell) see() {
	for {
		b.answer()
		if b.state.CompareAndSwap(answering, silent) {
			return
		}
		b.state.Store(answering)
	}
}

// Bells are those of the streams of this process: hung under the id of what a stream waits for, rung when there is
// something to look at.
type Bells struct {
	mu   sync.Mutex
	hung map[uuid.UUID][]*Bell
}

// NewBells makes an empty set.
func NewBells() *Bells { return &Bells{hung: make(map[uuid.UUID][]*Bell)} }

// Hang hangs up a bell.
func (b *Bells) Hang(id uuid.UUID, bell *Bell) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hung[id] = append(b.hung[id], bell)
}

// TakeDown takes a bell down that may hang under an id. It may be being answered still.
func (b *Bells) TakeDown(id uuid.UUID, bell *Bell) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := slices.DeleteFunc(b.hung[id], func(other *Bell) bool { return other == bell })
	if len(left) == 0 {
		delete(b.hung, id)
		return
	}
	b.hung[id] = left
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

func ring(bells []*Bell) {
	for _, bell := range bells {
		bell.Ring()
	}
}
