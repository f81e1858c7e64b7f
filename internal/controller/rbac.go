// SPDX-License-Identifier: Apache-2.0

package controller

// The operator's own kinds. It never writes a spec; it patches metadata only for its finalizer.
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=whmservers,verbs=get;list;watch
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=whmservers/status,verbs=patch
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=accesshashrotations,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=accesshashrotations/status,verbs=patch
// A journal blocks the deletion of its owner until it is gone, which clusters that check that ask this right for.
// +kubebuilder:rbac:groups=whm-credentials.dev,resources=accesshashrotations/finalizers,verbs=update

// Journals, published Secrets and auth Secrets. List and watch are for metadata of the operator's own Secrets by label
// and of auth Secrets by name.
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update;delete

// Workloads that are restarted: read live, and one annotation patched.
// +kubebuilder:rbac:groups=apps,resources=deployments;statefulsets;daemonsets,verbs=get;patch

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
