/// Every controller that a cluster runs, as kube-controller-manager starts them.
public func standardControllers(caCertificate: String) -> [any Controller] {
    [
        NamespaceController(), ServiceAccountController(), RootCAPublisher(certificate: caCertificate), DeploymentController(),
        ReplicaSetController(.replicaSet), ReplicaSetController(.replicationController), EndpointsController(), EndpointSliceController(),
        EndpointSliceMirroringController(), GarbageCollector(), PodGarbageCollector(), NodeLifecycleController(),
        TaintEvictionController(), NodeTTLController(),
        StatefulSetController(), DaemonSetController(), JobController(), TTLAfterFinishedController(), DisruptionController(),
        ClusterRoleAggregationController(), PersistentVolumeController(), ClaimProtectionController(), VolumeProtectionController(),
        EphemeralVolumeController(), CronJobController(), HorizontalPodAutoscalerController(), ResourceQuotaController(),
    ]
}
