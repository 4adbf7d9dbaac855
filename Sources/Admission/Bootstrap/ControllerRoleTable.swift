/// The ClusterRoles of the controllers, in the form of `ClusterRoleTable`; each is bound to the service account of its name in
/// kube-system. Names leave out `system:controller:`.
enum ControllerRoleTable {
    static let text = """
        attachdetach-controller
        list,watch core persistentvolumeclaims,persistentvolumes
        R core nodes
        patch,update core nodes/status
        list,watch core pods
        EVENTS
        create,delete,get,list,watch storage.k8s.io volumeattachments
        R storage.k8s.io csidrivers
        R storage.k8s.io csinodes

        clusterrole-aggregation-controller
        escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles

        cronjob-controller
        get,list,update,watch batch cronjobs
        create,delete,get,list,patch,update,watch batch jobs
        update batch cronjobs/status
        update batch cronjobs/finalizers
        delete,list,watch core pods
        EVENTS

        daemon-set-controller
        R apps,extensions daemonsets
        update apps,extensions daemonsets/status
        update apps,extensions daemonsets/finalizers
        list,watch core nodes
        create,delete,list,patch,watch core pods
        create core pods/binding
        create,delete,get,list,patch,update,watch apps controllerrevisions
        EVENTS

        deployment-controller
        get,list,update,watch apps,extensions deployments
        update apps,extensions deployments/status
        update apps,extensions deployments/finalizers
        create,delete,get,list,patch,update,watch apps,extensions replicasets
        get,list,update,watch core pods
        EVENTS

        disruption-controller
        R apps,extensions deployments
        R apps,extensions replicasets
        R core replicationcontrollers
        R policy poddisruptionbudgets
        R apps statefulsets
        update policy poddisruptionbudgets/status
        patch,update core pods/status
        get * */scale
        EVENTS

        endpoint-controller
        R core pods,services
        create,delete,get,list,update,watch core endpoints
        create core endpoints/restricted
        EVENTS

        endpointslice-controller
        R core nodes,pods,services
        update core services/finalizers
        create,delete,get,list,update,watch discovery.k8s.io endpointslices
        create discovery.k8s.io endpointslices/restricted
        EVENTS

        endpointslicemirroring-controller
        R core endpoints,services
        update core services/finalizers
        update core endpoints/finalizers
        create,delete,get,list,update,watch discovery.k8s.io endpointslices
        create discovery.k8s.io endpointslices/restricted
        EVENTS

        expand-controller
        get,list,patch,update,watch core persistentvolumes
        patch,update core persistentvolumeclaims/status
        R core persistentvolumeclaims
        EVENTS

        ephemeral-volume-controller
        R core pods
        update core pods/finalizers
        create,get,list,watch core persistentvolumeclaims
        EVENTS

        resource-claim-controller
        R core pods
        update core pods/finalizers
        create,delete,get,list,watch resource.k8s.io resourceclaims
        patch,update resource.k8s.io resourceclaims,resourceclaims/status
        patch,update core pods/status
        patch,update resource.k8s.io resourceclaims/binding
        EVENTS

        generic-garbage-collector
        delete,get,list,patch,update,watch * *
        EVENTS

        horizontal-pod-autoscaler
        R autoscaling horizontalpodautoscalers
        update autoscaling horizontalpodautoscalers/status
        get,update * */scale
        list,watch core pods
        list,watch metrics.k8s.io pods
        R custom.metrics.k8s.io *
        R external.metrics.k8s.io *
        EVENTS

        job-controller
        get,list,patch,update,watch batch jobs
        update batch jobs/status
        update batch jobs/finalizers
        create,delete,list,patch,watch core pods
        EVENTS

        namespace-controller
        delete,get,list,watch core namespaces
        update core namespaces/finalize,namespaces/status
        delete,deletecollection,get,list,watch * *

        node-controller
        delete,get,list,patch,update,watch core nodes
        patch,update core nodes/status
        patch,update core pods/status
        delete,list,watch core pods
        EVENTS
        get core pods

        persistent-volume-binder
        create,delete,get,list,update,watch core persistentvolumes
        update core persistentvolumes/status
        get,list,update,watch core persistentvolumeclaims
        update core persistentvolumeclaims/status
        create,delete,get,list,watch core pods
        R storage.k8s.io storageclasses
        list,watch core nodes
        watch core events
        EVENTS

        pod-garbage-collector
        delete,list,watch core pods
        R core nodes
        patch core pods/status

        replicaset-controller
        get,list,update,watch apps,extensions replicasets
        update apps,extensions replicasets/status
        update apps,extensions replicasets/finalizers
        create,delete,list,patch,watch core pods
        EVENTS

        replication-controller
        get,list,update,watch core replicationcontrollers
        update core replicationcontrollers/status
        update core replicationcontrollers/finalizers
        create,delete,list,patch,watch core pods
        EVENTS

        resourcequota-controller
        list,watch * *
        update core resourcequotas/status
        EVENTS

        route-controller
        list,watch core nodes
        patch core nodes/status
        EVENTS

        service-account-controller
        create core serviceaccounts
        EVENTS

        service-controller
        R core services
        patch,update core services/status
        list,watch core nodes
        EVENTS

        statefulset-controller
        list,watch core pods
        R apps statefulsets
        update apps statefulsets/status
        update apps statefulsets/finalizers
        create,delete,get,patch,update core pods
        update core pods/finalizers
        create,delete,get,list,patch,update,watch apps controllerrevisions
        create,get,list,watch core persistentvolumeclaims
        EVENTS
        delete,update core persistentvolumeclaims

        ttl-controller
        list,patch,update,watch core nodes
        EVENTS

        certificate-controller
        delete,get,list,watch certificates.k8s.io certificatesigningrequests
        update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status
        approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
        sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
        create authorization.k8s.io subjectaccessreviews
        EVENTS

        pvc-protection-controller
        get,list,update,watch core persistentvolumeclaims
        update core persistentvolumeclaims/status
        R core pods
        EVENTS

        pv-protection-controller
        get,list,update,watch core persistentvolumes
        EVENTS

        volumeattributesclass-protection-controller
        R core persistentvolumeclaims
        R core persistentvolumes
        get,list,update,watch storage.k8s.io volumeattributesclasses
        EVENTS

        ttl-after-finished-controller
        delete,get,list,watch batch jobs
        EVENTS

        root-ca-cert-publisher
        create,update core configmaps
        EVENTS

        validatingadmissionpolicy-status-controller
        R admissionregistration.k8s.io validatingadmissionpolicies
        get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status
        EVENTS

        service-cidrs-controller
        get,list,patch,update,watch networking.k8s.io servicecidrs
        patch,update networking.k8s.io servicecidrs/finalizers
        patch,update networking.k8s.io servicecidrs/status
        R networking.k8s.io ipaddresses
        EVENTS

        legacy-service-account-token-cleaner
        get core configmaps kube-apiserver-legacy-service-account-token-tracking
        delete,patch core secrets

        device-taint-eviction-controller
        delete,get,list,watch core pods
        patch,update core pods/status
        R resource.k8s.io resourceclaims
        R resource.k8s.io resourceslices
        R resource.k8s.io deviceclasses
        EVENTS

        podcertificaterequestcleaner
        delete,get,list,watch certificates.k8s.io podcertificaterequests
        """
}
