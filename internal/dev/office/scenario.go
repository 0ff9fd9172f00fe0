package office

import (
	"errors"
	"slices"
	"time"
)

// Scenario is how the office behaves towards the cabinet.
type Scenario string

// The scenarios.
const (
	Normal Scenario = "normal"
	// Slow answers each command after a delay. One that is longer than the cabinet waits makes it send again.
	Slow Scenario = "slow"
	// Down answers 503 and sends nothing; the employees go on with what is there.
	Down Scenario = "down"
	// WrongSignature signs events with a key that nobody knows.
	WrongSignature Scenario = "wrong-signature"
	// Duplicates sends every event twice.
	Duplicates Scenario = "duplicates"
	// OutOfOrder sends the later of a subject's next two events first. One that stays alone for six hours of demo time
	// goes as it is.
	OutOfOrder Scenario = "out-of-order"
)

// Scenarios lists all scenarios.
func Scenarios() []Scenario {
	return []Scenario{Normal, Slow, Down, WrongSignature, Duplicates, OutOfOrder}
}

// Title names the scenario in Russian.
func (s Scenario) Title() string {
	switch s {
	case Normal:
		return "Обычная работа"
	case Slow:
		return "Медленно отвечает на команды"
	case Down:
		return "Не работает: отвечает 503 и ничего не отправляет"
	case WrongSignature:
		return "Подписывает события чужим ключом"
	case Duplicates:
		return "Отправляет каждое событие дважды"
	case OutOfOrder:
		return "Путает порядок событий"
	}
	return ""
}

// Bounds of what can be set.
const (
	// DefaultPace makes five seconds an hour.
	DefaultPace = 720
	maxPace     = 100_000
	// DefaultDelay is how late the slow office answers: within the ten seconds that the cabinet waits.
	DefaultDelay = 5 * time.Second
	maxDelay     = time.Minute
)

// Why something cannot be set.
var (
	ErrScenario = errors.New("office: there is no such scenario")
	ErrPace     = errors.New("office: the pace must be above 0 and at most 100000")
	ErrDelay    = errors.New("office: the delay must be above 0 and at most a minute")
)

// conduct is how the office behaves at present.
type conduct struct {
	scenario Scenario
	delay    time.Duration // of an answer, when slow
}

func (c conduct) check() error {
	switch {
	case !slices.Contains(Scenarios(), c.scenario):
		return ErrScenario
	case c.delay <= 0 || c.delay > maxDelay:
		return ErrDelay
	}
	return nil
}

func checkPace(pace float64) error {
	if !(pace > 0 && pace <= maxPace) { // not a number is neither
		return ErrPace
	}
	return nil
}
