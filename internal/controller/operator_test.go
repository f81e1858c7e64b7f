// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.uber.org/zap/zapcore"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/setup"
)

// operator is one run of the operator, from its start to its end. It sees one namespace, so that specs do not disturb
// each other; everything else is as in the manager binary.
type operator struct {
	namespace string
	// also are further namespaces that it sees.
	also []string
	// requests are those to the API server; log is everything that was logged.
	requests *requests
	log      *transcript
	// time is nil if the operator follows the real clock.
	time *timeline

	cache cache.Cache
	stop  func()
	// kill ends the run where it is and does not wait; stop or restart has to follow.
	kill   func()
	killed func() bool
	// between stands between the operator and the API server; nil for nothing. verbose lets it log everything it can.
	between func(http.RoundTripper) http.RoundTripper
	verbose bool
	// checked is how many writes had been made when the cache was compared with the API server last.
	checked int
}

// startOperator runs the operator until the spec ends or stop is called. A nil timeline means the real clock. It sees
// further namespaces too, if there are any.
func startOperator(namespace string, virtual *timeline, also ...string) *operator {
	GinkgoHelper()
	return (&operator{namespace: namespace, also: also, time: virtual}).start()
}

// start begins the run.
func (o *operator) start() *operator {
	GinkgoHelper()
	o.requests, o.log = &requests{}, &transcript{}
	cfg := setup.RESTConfig(operatorConfig)
	if o.between != nil {
		cfg.Wrap(o.between)
	}
	cfg.Wrap(o.requests.wrap)
	mgr, err := manager.New(cfg, o.options())
	Expect(err).NotTo(HaveOccurred())
	o.cache = mgr.GetCache()
	var clk clock.PassiveClock = clock.RealClock{}
	options := func() controller.Options { return setup.ControllerOptions(setup.DefaultWorkers) }
	if virtual := o.time; virtual != nil {
		clk = virtual
		options = func() controller.Options { return virtual.options(setup.ControllerOptions(setup.DefaultWorkers)) }
	}
	ctx, cancel := context.WithCancel(ctx)
	Expect(setup.Controllers(ctx, mgr, clk, options, setup.Scope{ClusterID: "test"}, "test")).To(Succeed())
	o.kill, o.killed = cancel, func() bool { return ctx.Err() != nil }
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		Eventually(ended).Should(Receive(Not(HaveOccurred())))
		if o.time != nil {
			o.time.forget()
		}
	})
	DeferCleanup(func() { o.stop() })
	Expect(o.cache.WaitForCacheSync(ctx)).To(BeTrue())
	return o
}

func (o *operator) options() manager.Options {
	options := manager.Options{
		Scheme:  setup.Scheme(),
		Cache:   setup.CacheOptions(),
		Client:  setup.ClientOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"},
		Logger:  zap.New(zap.WriteTo(o.log), zap.UseDevMode(true), zap.Level(o.level())),
		// A panic fails the suite, and a second run in one process may use the same names.
		Controller: config.Controller{RecoverPanic: new(false), SkipNameValidation: new(true)},
	}
	options.Cache.DefaultNamespaces = map[string]cache.Config{o.namespace: {}}
	for _, namespace := range o.also {
		options.Cache.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// level is how much is logged: the most that the manager permits, see its flags.
func (o *operator) level() zapcore.Level {
	if o.verbose {
		return zapcore.Level(-7)
	}
	return zapcore.DebugLevel
}

// restart ends this run and begins another one.
func (o *operator) restart() *operator {
	GinkgoHelper()
	o.stop()
	return (&operator{namespace: o.namespace, also: o.also, time: o.time, between: o.between, verbose: o.verbose}).start()
}

// runFor lets virtual time pass, from one due object to the next.
func (o *operator) runFor(d time.Duration) {
	GinkgoHelper()
	end := o.time.Now().Add(d)
	o.checked = -1
	for {
		o.settle()
		next, ok := o.time.next()
		if !ok || next.After(end) {
			break
		}
		o.time.moveTo(next)
	}
	o.time.moveTo(end)
	o.settle()
}

// settle waits until nothing is left to do at this instant.
func (o *operator) settle() {
	GinkgoHelper()
	calm, last := 0, int64(-1)
	Eventually(func() int {
		now := o.time.activity.Load()
		// What was killed while it started has queues that nobody works on.
		if now != last || !o.time.idle() && !o.killed() {
			calm, last = 0, now
			return calm
		}
		calm++
		// The last look is dear, so it comes when all seems quiet: has everything been seen that was written?
		if calm == 3 && !o.upToDate() {
			calm = 0
		}
		return calm
	}).WithTimeout(2 * time.Minute).WithPolling(4 * time.Millisecond).Should(BeNumerically(">", 4))
}

// upToDate tells whether the cache shows all objects as they are. That cannot change while the operator writes nothing.
func (o *operator) upToDate() bool {
	writes := len(o.requests.writes())
	if writes == o.checked || o.killed() {
		return true
	}
	servers := metadataList(v1alpha1.GroupVersion.WithKind(string(v1alpha1.ClusterWHMServerKind)))
	if !sameVersions(listed(o.cache, &v1alpha1.ClusterWHMServerList{}), listed(admin, servers)) {
		return false
	}
	for _, namespace := range append([]string{o.namespace}, o.also...) {
		if !o.upToDateIn(namespace) {
			return false
		}
	}
	o.checked = writes
	return true
}

func (o *operator) upToDateIn(namespace string) bool {
	within := inNamespace(namespace)
	for kind, cached := range ownLists() {
		live := metadataList(v1alpha1.GroupVersion.WithKind(kind))
		if !sameVersions(listed(o.cache, cached, within), listed(admin, live, within)) {
			return false
		}
	}
	secrets := corev1.SchemeGroupVersion.WithKind("Secret")
	managed := client.MatchingLabels{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}
	return sameVersions(listed(o.cache, metadataList(secrets), within), listed(admin, metadataList(secrets), within, managed))
}

// ownLists are lists of the namespaced kinds by name.
func ownLists() map[string]client.ObjectList {
	return map[string]client.ObjectList{
		"WHMServer": &v1alpha1.WHMServerList{}, "AccessHashRotation": &v1alpha1.AccessHashRotationList{},
		"APITokenRotation": &v1alpha1.APITokenRotationList{}, "PasswordRotation": &v1alpha1.PasswordRotationList{},
		"LoginSession": &v1alpha1.LoginSessionList{}, "StoreLogin": &v1alpha1.StoreLoginList{},
		"TwoFactorRotation": &v1alpha1.TwoFactorRotationList{},
	}
}

func metadataList(kind schema.GroupVersionKind) *metav1.PartialObjectMetadataList {
	kind.Kind += "List"
	l := &metav1.PartialObjectMetadataList{}
	l.SetGroupVersionKind(kind)
	return l
}

func listed(reader client.Reader, list client.ObjectList, options ...client.ListOption) map[types.UID]string {
	GinkgoHelper()
	Expect(reader.List(ctx, list, options...)).To(Succeed())
	return versions(list)
}

// transcript is a log that can be read while it is written. It is shown if the spec fails.
type transcript struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	return GinkgoWriter.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
