package controlplane

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The node that all pods are bound to, and its address.
const (
	nodeName    = "node"
	nodeAddress = "192.0.2.1" // reserved for documentation: nothing answers there
)

// registerNode creates the node, or takes over the one of an earlier call, and makes it ready.
func registerNode(ctx context.Context, c client.Client) error {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName, Labels: map[string]string{
		corev1.LabelHostname: nodeName, corev1.LabelOSStable: "linux",
	}}}
	if err := client.IgnoreAlreadyExists(c.Create(ctx, node)); err != nil {
		return fmt.Errorf("create node: %w", err)
	}
	// Admission taints every new node as not ready; the controller that would lift it is off.
	untaint := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"taints":null}}`))
	if err := c.Patch(ctx, node, untaint); err != nil {
		return fmt.Errorf("untaint node: %w", err)
	}
	before := client.MergeFrom(node.DeepCopy())
	node.Status = readyNodeStatus()
	if err := c.Status().Patch(ctx, node, before); err != nil {
		return fmt.Errorf("report node ready: %w", err)
	}
	return nil
}

func readyNodeStatus() corev1.NodeStatus {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("64"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("10000"),
	}
	return corev1.NodeStatus{
		Capacity:    capacity,
		Allocatable: capacity,
		Addresses:   []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeAddress}},
		Conditions: []corev1.NodeCondition{{
			Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady",
			LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
		}},
	}
}
