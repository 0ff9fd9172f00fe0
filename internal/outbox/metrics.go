package outbox

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators watch. Pending and its age are the same on every instance.
type metrics struct {
	pending   prometheus.Gauge
	oldest    prometheus.Gauge
	attempts  *prometheus.CounterVec
	delivered prometheus.Counter
	failed    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		pending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kabinet_commands_pending", Help: "Commands that the fund has not taken yet.",
		}),
		oldest: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kabinet_commands_oldest_pending_seconds", Help: "Age of the oldest command that the fund has not taken yet.",
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kabinet_command_attempts_failed_total", Help: "Attempts at delivering a command that have failed.",
		}, []string{"error"}),
		delivered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kabinet_commands_delivered_total", Help: "Commands that the fund has taken.",
		}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kabinet_commands_failed_total", Help: "Commands that are not tried any more.",
		}, []string{"error"}),
	}
	for _, code := range ErrorCodes() {
		m.failed.WithLabelValues(string(code)) // so that the first failure is a rise and can be alerted on
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.pending, m.oldest, m.attempts, m.delivered, m.failed} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
