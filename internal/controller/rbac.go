// SPDX-License-Identifier: Apache-2.0

package controller

// The operator's own kinds. It never writes a spec; it patches metadata only for its finalizers.
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=whmservers;clusterwhmservers,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=whmservers/status;clusterwhmservers/status,verbs=patch
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=accesshashrotations;apitokenrotations;passwordrotations;loginsessions;storelogins;twofactorrotations,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=accesshashrotations/status;apitokenrotations/status;passwordrotations/status;loginsessions/status;storelogins/status;twofactorrotations/status,verbs=patch
// A journal blocks the deletion of its owner until it is gone, which clusters that check that ask this right for.
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=accesshashrotations/finalizers;apitokenrotations/finalizers;passwordrotations/finalizers;loginsessions/finalizers;storelogins/finalizers;twofactorrotations/finalizers,verbs=update

// Journals, published Secrets and auth Secrets. List and watch are for metadata of the operator's own Secrets by label
// and of auth Secrets by name; auth Secrets are patched for a finalizer.
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update;patch;delete

// The labels of namespaces, for the policies of ClusterWHMServers, and the cluster's id.
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// Workloads that are restarted: read live, and one annotation patched.
// +kubebuilder:rbac:groups=apps,resources=deployments;statefulsets;daemonsets,verbs=get;patch

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
