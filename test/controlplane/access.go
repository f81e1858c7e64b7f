package controlplane

import (
	"context"
	"fmt"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenLifetime outlives every suite, and a control plane that a person keeps up for a day.
const tokenLifetime = 24 * time.Hour

// contextName is what cluster, user and context are called in the kubeconfigs of this package.
const contextName = "controlplane"

// AdminConfig returns the access of a member of system:masters, whom RBAC allows everything. The
// caller owns the returned copy.
func (cp *ControlPlane) AdminConfig() *rest.Config { return rest.CopyConfig(cp.env.Config) }

// AdminKubeconfig returns the access of [ControlPlane.AdminConfig] as the content of a kubeconfig file.
func (cp *ControlPlane) AdminKubeconfig() []byte { return slices.Clone(cp.env.KubeConfig) }

// ServiceAccountConfig returns access as an existing service account, through a token of 24 hours
// that the TokenRequest API issues. The account can do what RBAC binds to it and nothing else.
func (cp *ControlPlane) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	set, err := kubernetes.NewForConfig(cp.env.Config)
	if err != nil {
		return nil, fmt.Errorf("request a token: %w", err)
	}
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(tokenLifetime.Seconds()))},
	}
	issued, err := set.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("request a token for service account %s/%s: %w", namespace, name, err)
	}
	cfg := rest.AnonymousClientConfig(cp.env.Config)
	cfg.BearerToken = issued.Status.Token
	cfg.QPS, cfg.Burst = cp.env.Config.QPS, cp.env.Config.Burst
	return cfg, nil
}

// KubeconfigFor returns the content of a kubeconfig file with the address and the credentials of
// cfg: its certificates, or its token. Credentials that cfg names by file are read and embedded.
func KubeconfigFor(cfg *rest.Config) ([]byte, error) {
	cfg = rest.CopyConfig(cfg)
	if err := rest.LoadTLSFiles(cfg); err != nil {
		return nil, fmt.Errorf("make kubeconfig: %w", err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[contextName] = &clientcmdapi.Cluster{
		Server: cfg.Host, CertificateAuthorityData: cfg.CAData,
	}
	config.AuthInfos[contextName] = &clientcmdapi.AuthInfo{
		ClientCertificateData: cfg.CertData, ClientKeyData: cfg.KeyData, Token: cfg.BearerToken,
	}
	config.Contexts[contextName] = &clientcmdapi.Context{Cluster: contextName, AuthInfo: contextName}
	config.CurrentContext = contextName
	text, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("make kubeconfig: %w", err)
	}
	return text, nil
}
