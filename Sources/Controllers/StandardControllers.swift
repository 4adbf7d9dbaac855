public import TimeZones

/// Every controller that a cluster runs, as kube-controller-manager starts them with its default settings. Those that sign
/// run only where the cluster's keys are at hand.
/// `nodeRanges` gives Nodes ranges for their pods; nil when they come with their own (`--allocate-node-cidrs=false`).
/// `timeZone` gives the rules of a zone of the tz database, for schedules in local time.
public func standardControllers(
    caCertificate: String, secrets: ClusterSecrets? = nil, nodeRanges: NodeIPAMController? = nil,
    timeZone: @escaping @Sendable (String) -> TimeZoneRules? = { _ in nil }
) -> [any Controller] {
    var all: [any Controller] = [
        NamespaceController(), ServiceAccountController(), RootCAPublisher(certificate: caCertificate),
        DeploymentController(),
        ReplicaSetController(.replicaSet), ReplicaSetController(.replicationController), EndpointsController(),
        EndpointSliceController(),
        EndpointSliceMirroringController(), GarbageCollector(), PodGarbageCollector(), NodeLifecycleController(),
        TaintEvictionController(), NodeTTLController(), StatefulSetController(), DaemonSetController(), JobController(),
        TTLAfterFinishedController(), CronJobController(timeZone: timeZone), DisruptionController(),
        ResourceQuotaController(),
        HorizontalPodAutoscalerController(), ClusterRoleAggregationController(), PersistentVolumeController(),
        ClaimProtectionController(), VolumeProtectionController(), EphemeralVolumeController(), TokenCleaner(),
        BootstrapSigner(), ServiceCIDRController(), ServiceAddressRepair(), AttributesClassProtectionController(),
        CertificateCleaner(), VolumeExpandController(), ValidatingAdmissionPolicyStatusController(),
    ]
    if let nodeRanges { all.append(nodeRanges) }
    if let secrets {
        all +=
            [
                TokensController(secrets: secrets, caCertificate: caCertificate),
                CertificateApprovingController(secrets: secrets), CertificateSigningController(secrets: secrets),
            ] as [any Controller]
    }
    return all
}
