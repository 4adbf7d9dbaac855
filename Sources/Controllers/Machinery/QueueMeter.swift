/// What a controller's queue has had and holds: client-go's `workqueue_*` metrics.
public struct QueueMeter: Sendable, Equatable {
    /// The queue's name: upstream's for a queue of the same keys, else the controller's.
    public let name: String
    /// Keys that are due.
    public let depth: Int
    /// Keys that became due since the process began, and those that were to be tried again.
    public let adds: UInt64
    public let retries: UInt64

    init(controller: String, _ queue: WorkQueue) {
        name = Self.names[controller] ?? controller
        depth = queue.count
        adds = queue.adds
        retries = queue.retries
    }

    private static let names = [
        "namespace-controller": "namespace", "service-account-controller": "serviceaccount",
        "tokens-controller": "serviceaccount_tokens_service", "root-ca-cert-publisher": "root_ca_cert_publisher",
        "deployment-controller": "deployment", "replicaset-controller": "replicaset",
        "replication-controller": "replicationmanager", "statefulset-controller": "statefulset",
        "daemon-set-controller": "daemonset", "job-controller": "job", "cronjob-controller": "cronjob",
        "ttl-after-finished-controller": "ttl_jobs_to_delete", "endpoint-controller": "endpoint",
        "endpointslice-controller": "endpoint_slice",
        "endpointslicemirroring-controller": "endpoint_slice_mirroring",
        "generic-garbage-collector": "garbage_collector_attempt_to_delete",
        "node-controller": "node_lifecycle_controller", "taint-eviction-controller": "noexec_taint_pod",
        "ttl-controller": "ttlcontroller", "node-ipam-controller": "cidrallocator_node",
        "disruption-controller": "disruption", "resourcequota-controller": "resourcequota_primary",
        "horizontal-pod-autoscaler": "horizontalpodautoscaler",
        "clusterrole-aggregation-controller": "ClusterRoleAggregator",
        "pvc-protection-controller": "pvcprotection", "pv-protection-controller": "pvprotection",
        "volumeattributesclass-protection-controller": "vacprotection",
        "ephemeral-volume-controller": "ephemeral_volume", "token-cleaner": "token_cleaner",
        "bootstrap-signer": "bootstrap_signer_queue", "service-cidr-controller": "ipaddresses",
        "certificate-controller": "certificate", "expand-controller": "volume_expand",
    ]
}
