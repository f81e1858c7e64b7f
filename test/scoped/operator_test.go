// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"context"
	"io"
	"net"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"k8s.io/client-go/rest"

	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/test/testbed"
)

// operator is one run of the manager binary as a service account.
type operator struct {
	*recorder
	manager *testbed.Manager
	log     *gbytes.Buffer
}

// startOperator runs the manager until stop is called or the specs around it end.
func startOperator(account *rest.Config, args ...string) *operator {
	GinkgoHelper()
	o := &operator{recorder: newRecorder(account), log: gbytes.NewBuffer()}
	DeferCleanup(o.close)
	var err error
	o.manager, err = testbed.StartManager(testbed.ManagerOptions{
		Binary: binary, Config: o.config(), Args: args, Log: io.MultiWriter(o.log, GinkgoWriter),
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(o.manager.Kill)
	return o
}

// stop lets the manager end in order.
func (o *operator) stop() {
	GinkgoHelper()
	Expect(o.manager.Stop()).To(Succeed())
}

// expectClusterID waits until the log says that the manager starts with the id.
func (o *operator) expectClusterID(ctx context.Context, id string) {
	GinkgoHelper()
	Eventually(o.log).WithContext(ctx).Should(gbytes.Say(`"Starting manager".*"clusterID":"` + id + `"`))
}

// freeAddress is one that nobody listens at yet.
func freeAddress() string {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	return listener.Addr().String()
}

// answer is the status that the manager answers a probe with.
func answer(ctx context.Context, address, probe string) func() (int, error) {
	return func() (int, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+probe, http.NoBody)
		if err != nil {
			return 0, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}
}

// expectSelected asserts that every list and watch of Secrets asked for metadata, by label or by name.
func (o *operator) expectSelected() {
	GinkgoHelper()
	many := o.matching(request.ofManySecrets)
	Expect(many).NotTo(BeEmpty())
	for _, q := range many {
		selector := q.query.Get("labelSelector") + q.query.Get("fieldSelector")
		Expect(selector).To(Or(Equal("whm-credentials.dev/managed=true"), MatchRegexp(`^metadata\.name=[a-z-]+$`)), q.String())
		Expect(q.metadata).To(BeTrue(), q.String())
	}
}

// expectNothingRefused asserts that the service account has every right that the manager needs.
func (o *operator) expectNothingRefused() {
	GinkgoHelper()
	Expect(o.requests()).NotTo(BeEmpty())
	Expect(o.matching(func(q request) bool { return q.status == 401 || q.status == 403 })).To(BeEmpty())
}

// idOf is the cluster's id that the UID of a namespace makes.
func idOf(ctx context.Context, cluster *testbed.Cluster, namespace string) string {
	GinkgoHelper()
	return names.ClusterID(read(ctx, cluster, "", namespace, newNamespace("")).GetUID())
}
